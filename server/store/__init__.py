"""Where truth is kept: the engine, the Unit, the outbox and the migrations.

`Unit` is the only place that commits. Nothing here knows a patient, a policy
or a page; who is told what after a commit is decided by the projector that
`server.app` hands in.
"""
