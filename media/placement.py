"""Which worker a visit is on: chosen by rendezvous hashing, kept by a lease.

Rendezvous hashing (Thaler and Ravishankar, 1996) moves only the visits of a worker that is gone. The lease makes it
stick: a
visit does not move because a worker was added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection


def rendezvous(visit: str, workers: Collection[str]) -> str:
    """The worker with the highest hash for this visit. ValueError when there is none."""
    return max(workers, key=lambda worker: hashlib.blake2b(f"{worker}\0{visit}".encode(), digest_size=8).digest())


class Leases:
    """Sticky placement in one process. A worker that drains takes no new visits and keeps its own."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}

    def place(self, visit: str, live: Collection[str], draining: Collection[str] = ()) -> str:
        """Where the visit is, or from now on will be. ValueError when no worker lives."""
        held = self._held.get(visit)
        if held is not None and held in live:
            return held
        takes = [worker for worker in live if worker not in draining] or list(live)
        self._held[visit] = rendezvous(visit, takes)
        return self._held[visit]

    def of(self, visit: str) -> str | None:
        return self._held.get(visit)

    def release(self, visit: str) -> None:
        self._held.pop(visit, None)

    def lost(self, worker: str) -> list[str]:
        """The worker is gone; returns the visits that were on it, which are free now."""
        gone = [visit for visit, held in self._held.items() if held == worker]
        for visit in gone:
            del self._held[visit]
        return gone
