"""The ground floor: errors, machines, clock, ids, log, metrics, limits.

Imports nothing of ours. Everything above may import it.
"""
