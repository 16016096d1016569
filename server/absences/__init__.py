"""A provider is away (ill today): the day goes to colleagues, to other times, or to the patients to choose.

A draft says who would go where and why; nothing moves or leaves before it was applied and the moment in which that can
be taken back is over. Then one visit after the other moves, each in a transaction of its own.
"""
