"""The relay: a selective forwarding unit (RFC 7667 section 3.7) that moves packets and understands none of their
content.

Packets come in on one UDP port (and one TCP port) per worker. A packet of a stranger costs
one look into a dictionary. ICE (`ice_lite`) says which addresses belong to whom, DTLS
(`dtls`) gives the keys of the hop, a `Producer` keeps what is needed to repair loss, and a
`Consumer` passes packets on with another payload type and nothing else changed.

What it never does: decode, record, hold a frame's key, decide who may come in (the server
does, before it hands in an offer), or know a name.
"""
