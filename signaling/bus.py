"""The bus between instances: a port with two adapters, one conformance suite (tests/ports/test_bus.py).

The bus may lose, repeat and reorder. What it must do is say so: after anything that
may have lost a message it calls `on_gap`, once it is able to carry messages again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

OnEvent = Callable[[str, bytes], None]
OnGap = Callable[[str], None]


@dataclass(slots=True)
class BusStats:
    """Counters since start, except `connected`, `buffered` (bytes) and `lag` (seconds, last PING)."""

    connected: bool = False
    lag: float = 0.0
    buffered: int = 0
    published: int = 0
    refused: int = 0
    received: int = 0
    reconnects: int = 0
    gaps: int = 0
    zero_receivers: int = 0
    errors: int = 0


class Bus(Protocol):
    name: str

    async def start(self, on_event: OnEvent, on_gap: OnGap) -> None:
        """Begin; returns when the bus is connected or the first attempt has failed (it then goes on trying).

        Both callbacks run on the event loop, never inside a call to the bus.
        """
        ...

    def subscribe(self, topic: str) -> None:
        """Hear a topic. Counted: as many `unsubscribe` as `subscribe` end it. Never blocks."""
        ...

    def unsubscribe(self, topic: str) -> None:
        """Give back one `subscribe`. Raises KeyError when there is none."""
        ...

    async def settled(self) -> bool:
        """Return when every subscription asked for so far is in force: True; False when the bus is down.

        After False an `on_gap` follows as soon as the bus is back.
        """
        ...

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand one message over. False: not accepted (down, or the buffer is full)."""
        ...

    def stats(self) -> BusStats: ...

    async def check(self) -> float:
        """Seconds for one round trip. Raises ConnectionError when there is none."""
        ...

    async def aclose(self) -> None: ...


def open_bus(url: str) -> Bus:
    """The adapter for a URL: `memory:` (one process) or `redis://`, `rediss://`, `unix://`. ValueError otherwise."""
    scheme = url.partition(":")[0]
    if scheme == "memory":
        from signaling.bus_memory import MemoryBus

        return MemoryBus()
    if scheme in ("redis", "rediss", "unix"):
        from signaling.bus_redis import RedisBus

        return RedisBus(url)
    raise ValueError(f"{scheme!r} is no bus: use memory: or redis://host:6379/0")
