"""Waitlist and standby: what becomes free is offered to who would come earlier; the first who takes it has it.

Keeps its own list and offers; the time itself is taken by moving the visit, so nobody can have it twice. It never sends
anything: it asks for a message.
"""
