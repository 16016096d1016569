"""Fault tests: `scripts/chaos NAME`. What is killed, while what runs, and what must not be lost."""
