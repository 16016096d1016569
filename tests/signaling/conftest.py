"""Two hubs on one bus is the normal set-up; in memory, and on Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from signaling.bus import Bus
from signaling.bus_memory import Exchange, MemoryBus
from signaling.bus_redis import RedisBus
from signaling.connection import Timing
from signaling.frames import Hello
from signaling.hub import Hub
from signaling.ports import Event
from tests.parts.redis import Redis
from tests.signaling.kit import QUICK, Log, Page, TicketGate


class Clinic:
    """Instances with one log and one gate."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.log, self.gate = Log(), TicketGate()
        self.hubs: list[Hub] = []
        self._stack = stack

    async def hub(self, bus: Bus, timing: Timing = QUICK, epoch: str = "e1") -> Hub:
        hub = Hub(bus, self.log, self.gate, epoch=epoch, timing=timing)
        await hub.start()
        self._stack.push_async_callback(bus.aclose)
        self._stack.push_async_callback(hub.aclose)
        self.hubs.append(hub)
        return hub

    def page(self, hub: Hub, subject: str, topics: list[str], **more: object) -> Page:
        seat, epoch = more.get("seat"), more.get("seat_epoch", 0)
        assert seat is None or isinstance(seat, str)
        assert isinstance(epoch, int)
        cur = more.get("cur", {})
        assert isinstance(cur, dict)
        return Page(hub, Hello(self.gate.issue(subject, topics, seat, epoch), cur))

    def happen(self, hub: Hub, topic: str, d: object = None, audience: str = "*") -> int:
        """Commit, then announce, as the server does."""
        seq = self.log.append(topic, d, audience)
        hub.announce(topic, seq)
        return seq

    def tell(self, hub: Hub, topic: str, seq: int, tenant: str = "t1") -> None:
        """Announce a committed event together with what it says."""
        event = Event(seq, "thing.happened", "2026-03-02T09:30:00Z", self.log.topics[topic][seq - 1][1])
        hub.announce(topic, seq, event, tenant)


@pytest.fixture
async def clinic() -> AsyncIterator[Clinic]:
    async with AsyncExitStack() as stack:
        yield Clinic(stack)


@pytest.fixture
async def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
async def pair(clinic: Clinic, exchange: Exchange) -> tuple[Hub, Hub]:
    """Two hubs on one memory exchange."""
    return await clinic.hub(MemoryBus(exchange)), await clinic.hub(MemoryBus(exchange))


@pytest.fixture
async def redis_pair(clinic: Clinic, redis: Redis) -> tuple[Hub, Hub]:
    """Two hubs on a Redis that may be killed."""
    first, second = await asyncio.gather(clinic.hub(RedisBus(redis.url)), clinic.hub(RedisBus(redis.url)))
    return first, second
