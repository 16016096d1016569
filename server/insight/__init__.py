"""Figures for the administrator: how long people wait, whether the forecast keeps its word, who did not come, what
patients said. Counted from what the features keep; nothing of a person, and nothing is written.
"""
