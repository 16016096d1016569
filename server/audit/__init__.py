"""The audit trail: every step, chained by hash, written in the transaction of what it tells.

Knows no feature; it is handed lines. Nothing in the product changes or deletes a line.
"""
