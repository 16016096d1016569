"""The waiting room: a durable queue, not a lobby.

A place is a row, so a reload, a lost socket or a restarted server keep it. It
knows appointments and the door; it never touches media.
"""
