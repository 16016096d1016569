"""The rules of the house, as checks: sizes, imports, packaging, locks, and what must not stand in the repository."""
