"""The bus inside one process: the same order and the same "never re-entrant" rule as Redis.

Several `MemoryBus` on one `Exchange` behave like several instances on one Redis. The
exchange can be cut and mended, so that the healing code is exercised without Redis.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from signaling.bus import BusStats, OnEvent, OnGap


class Exchange:
    """What the buses of one process share."""

    def __init__(self) -> None:
        self.members: list[MemoryBus] = []
        self.up = True

    def cut(self) -> None:
        """From now on nothing is accepted and what is under way is lost."""
        self.up = False

    def mend(self) -> None:
        """Carry messages again, and tell every member that some were lost."""
        self.up = True
        for member in list(self.members):
            member.reconnected()


class MemoryBus:
    name = "memory"

    def __init__(self, exchange: Exchange | None = None) -> None:
        self._exchange = exchange or Exchange()
        self._topics: Counter[str] = Counter()
        self._stats = BusStats()
        self._on_event: OnEvent | None = None
        self._on_gap: OnGap | None = None

    async def start(self, on_event: OnEvent, on_gap: OnGap) -> None:
        self._on_event, self._on_gap = on_event, on_gap
        self._exchange.members.append(self)

    def subscribe(self, topic: str) -> None:
        self._topics[topic] += 1

    def unsubscribe(self, topic: str) -> None:
        if topic not in self._topics:
            raise KeyError(topic)
        self._topics[topic] -= 1
        if not self._topics[topic]:
            del self._topics[topic]

    async def settled(self) -> bool:
        return self._exchange.up and self in self._exchange.members

    def publish(self, topic: str, payload: bytes) -> bool:
        if not self._exchange.up or self not in self._exchange.members:
            self._stats.refused += 1
            return False
        self._stats.published += 1
        receivers = [member for member in self._exchange.members if topic in member._topics]
        if not receivers:
            self._stats.zero_receivers += 1
        loop = asyncio.get_running_loop()
        for member in receivers:
            loop.call_soon(member._receive, topic, payload)
        return True

    def reconnected(self) -> None:
        """Count a reconnect and report the gap on the next tick."""
        self._stats.reconnects += 1
        self._stats.gaps += 1
        if self._on_gap is not None:
            asyncio.get_running_loop().call_soon(self._on_gap, "reconnect")

    def stats(self) -> BusStats:
        self._stats.connected = self._exchange.up and self in self._exchange.members
        return self._stats

    async def check(self) -> float:
        if not self.stats().connected:
            raise ConnectionError("the memory bus is cut")
        return 0.0

    async def aclose(self) -> None:
        if self in self._exchange.members:
            self._exchange.members.remove(self)

    def _receive(self, topic: str, payload: bytes) -> None:
        if self._on_event is None or topic not in self._topics or not self._exchange.up:
            return
        self._stats.received += 1
        self._on_event(topic, payload)
