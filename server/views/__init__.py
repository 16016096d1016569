"""Read models: what each viewer sees, worked out in one place for snapshots and for events alike.

A snapshot is the whole of a view, an event the part that changed, both from
the same function; so merging the events into an old snapshot cannot differ
from a fresh one. Nothing here writes.
"""
