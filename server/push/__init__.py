"""Push: browsers of staff and patients that asked to be told "You have an update", and the clinic's on-call phones.

It listens to what happens below it and plans alerts in the same transaction; the worker sends them. An alert names
nobody and nothing: what it is about stands on the page it leads to.
"""
