"""Reminders: planned in the booking's own transaction, claimed by lease, sent once.

Plans, claims and remembers; `notifications` delivers and knows nothing of appointments.
"""
