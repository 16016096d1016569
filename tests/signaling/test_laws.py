"""Whatever the bus does to hints, every listener ends at the head, without a gap; also when Redis dies."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack

from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.bus_memory import Exchange, MemoryBus
from signaling.hub import Hub
from tests.parts.redis import Redis
from tests.signaling.conftest import Clinic
from tests.signaling.kit import until

TOPICS = ("visit:1", "queue:1", "user:1")
Step = tuple[str, int, int]


class UnreliableBus(MemoryBus):
    """Loses, doubles, holds back and reorders, as its script says."""

    def __init__(self, exchange: Exchange, script: list[str]) -> None:
        super().__init__(exchange)
        self._script = script
        self._held: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes) -> bool:
        fate = self._script.pop() if self._script else "carry"
        if fate == "hold":
            self._held.append((topic, payload))
        elif fate == "release":
            self.release()
        if fate in ("carry", "double", "release"):
            super().publish(topic, payload)
        if fate == "double":
            super().publish(topic, payload)
        return fate != "refuse"

    def release(self) -> None:
        """What was held back arrives now, newest first."""
        while self._held:
            super().publish(*self._held.pop())


fates = st.lists(st.sampled_from(["carry", "lose", "refuse", "double", "hold", "release"]), max_size=60)
steps = st.lists(
    st.tuples(
        st.sampled_from(["event", "hidden", "open", "leave", "slow", "read", "yield"]),
        st.integers(0, 1),
        st.integers(0, 2),
    ),
    max_size=60,
)


async def play(script: list[str], moves: list[Step], page_size: int) -> None:
    async with AsyncExitStack() as stack:
        clinic, exchange = Clinic(stack), Exchange()
        clinic.log.page = page_size
        buses = [UnreliableBus(exchange, script) for _ in range(2)]
        hubs = [await clinic.hub(bus) for bus in buses]
        pages = [await clinic.page(hub, f"first{n}", list(TOPICS)).ready() for n, hub in enumerate(hubs)]
        for move, which, what in moves:
            topic = TOPICS[what]
            if move in ("event", "hidden"):
                clinic.happen(hubs[which], topic, "x" * 3000 * what, "nobody" if move == "hidden" else "*")
            elif move == "open":
                cur = {topic: len(clinic.log.topics[topic]) // 2}
                pages.append(clinic.page(hubs[which], f"later{len(pages)}", list(TOPICS), cur=cur))
            elif move == "yield":
                await asyncio.sleep(0)
            else:
                page = pages[(which + what) % len(pages)]
                if move == "leave" and len(pages) > 2:
                    pages.remove(page)
                    page.session.lost()
                elif move == "slow":
                    page.wire.stalled = True
                elif move == "read":
                    page.wire.read_all()
                    page.session.drained()
        for bus in buses:
            bus.release()
        exchange.mend()
        for page in pages:
            page.wire.read_all()
            page.session.drained()
        for page in pages:
            await page.ready()
            for topic in TOPICS:
                await until(lambda page=page, topic=topic: page.last(topic) == len(clinic.log.topics[topic]))  # type: ignore[misc]


@settings(max_examples=60, deadline=None)
@given(script=fates, moves=steps, page_size=st.integers(1, 5))
def test_no_loss_doubling_or_reordering_of_hints_can_make_a_gap(
    script: list[str], moves: list[Step], page_size: int
) -> None:
    asyncio.run(play(list(script), moves, page_size))


async def test_redis_killed_and_restarted_in_the_middle_loses_no_event(
    clinic: Clinic, redis: Redis, redis_pair: tuple[Hub, Hub]
) -> None:
    topics = [f"visit:{n}" for n in range(20)]
    pages = [await clinic.page(hub, f"u{n}", topics).ready() for n, hub in enumerate(redis_pair)]
    done = asyncio.Event()

    async def events() -> None:
        dice = random.Random(1)
        while not done.is_set():
            clinic.happen(redis_pair[dice.randrange(2)], dice.choice(topics))
            await asyncio.sleep(0.002)

    writer = asyncio.create_task(events())
    await until(lambda: sum(len(rows) for rows in clinic.log.topics.values()) > 100)
    await asyncio.to_thread(redis.kill)
    at_kill = sum(len(rows) for rows in clinic.log.topics.values())
    await until(lambda: sum(len(rows) for rows in clinic.log.topics.values()) > at_kill + 200)
    await asyncio.to_thread(redis.start)
    await until(lambda: all(hub.bus.stats().reconnects >= 1 for hub in redis_pair))
    done.set()
    await writer
    for page in pages:
        await until(
            lambda page=page: all(page.last(t) == len(clinic.log.topics[t]) for t in topics),  # type: ignore[misc]
            seconds=5,
        )
    assert all(hub.stats.gaps >= 1 for hub in redis_pair)


async def test_an_event_committed_while_redis_is_away_reaches_the_other_instance(
    clinic: Clinic, redis: Redis, redis_pair: tuple[Hub, Hub]
) -> None:
    near, far = [await clinic.page(hub, f"u{n}", ["visit:1"]).ready() for n, hub in enumerate(redis_pair)]
    await asyncio.to_thread(redis.kill)
    await until(lambda: not any(hub.bus.stats().connected for hub in redis_pair))
    clinic.happen(redis_pair[0], "visit:1")
    await until(lambda: near.last("visit:1") == 1)
    await asyncio.to_thread(redis.start)
    await until(lambda: far.last("visit:1") == 1, seconds=5)
