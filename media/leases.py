"""Which instance of the clinic has a visit at its relay: a lease that all instances share.

Two seats of one visit may be served by two instances, and must still meet at one worker.
"""

from __future__ import annotations

from typing import Protocol

LIFE = 30.0
"""Seconds a lease lives without being renewed: so long a dead instance may hold a visit that nobody asks for."""


class VisitLeases(Protocol):
    async def take(self, visit: str, me: str) -> str:
        """Who has the visit; me, when nobody had it. Raises ConnectionError when nobody can say."""
        ...

    async def renew(self, visit: str, me: str) -> bool:
        """Keep it for another `LIFE` seconds. False: it is another's by now."""
        ...

    async def take_over(self, visit: str, former: str, me: str) -> str:
        """From an instance that does not answer. Returns who has it then."""
        ...

    async def release(self, visit: str, me: str) -> None: ...

    async def aclose(self) -> None: ...


class MemoryLeases:
    """For one process, or for several engines in one test."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    async def take(self, visit: str, me: str) -> str:
        return self.held.setdefault(visit, me)

    async def renew(self, visit: str, me: str) -> bool:
        return self.held.get(visit) == me

    async def take_over(self, visit: str, former: str, me: str) -> str:
        if self.held.get(visit, former) == former:
            self.held[visit] = me
        return self.held[visit]

    async def release(self, visit: str, me: str) -> None:
        if self.held.get(visit) == me:
            del self.held[visit]

    async def aclose(self) -> None:
        """Nothing is held open."""


def open_leases(url: str) -> VisitLeases:
    """By BUS_URL: instances that share a bus share their leases."""
    if url.startswith("memory:"):
        return MemoryLeases()
    from media.leases_redis import RedisLeases

    return RedisLeases(url)
