"""The vault: what the server may read, sealed at rest.

One data key (DEK) per person and one per tenant, each wrapped by a key-encryption
key (KEK) that lives outside the database. Every sealed value ("cell") is bound to
its tenant, table, column and row, so it opens nowhere else. Blind indexes let the
server find a phone number or a name without storing it.

This room never opens an end-to-end encrypted message, never logs, and never
commits: `server.store.unit` does that. It imports `server.core` only.
"""
