"""How sound and picture travel between the people of a visit.

What this room is for: the media engine port (peer to peer now, a relay later), the ICE
servers with their short-lived credentials, and the rules who may send what, by which route.

What it never does: carry media itself while two people can talk directly, see a key or
a frame's content, name a public STUN or TURN server by default (that would tell a
stranger who talks to whom), read a database, import anything else of ours.
"""
