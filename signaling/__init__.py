"""The live plane: tells every listener what happened, in order, without loss.

What this room is for: sockets, their frames, who hears which topic, the bus
between instances, and passing call frames between the seats of a visit.

What it never does: decide what is true or who may do what (the server does, and
hands its decisions in as callbacks), touch a database, read the content of an
event or a call frame, know a web framework, import anything else of ours.

Start with docs/realtime-wire.md, then frames, connection, session, hub.
"""
