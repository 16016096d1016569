"""No sender is ever faster than its rate: one process with a bucket in memory, or several with one in Redis."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.pace import BURST_SECONDS, SLOW_SECONDS, MemoryPace, open_pace
from notifications.pace_redis import RedisPace
from tests.parts.redis import Redis

RATE = 10.0
ROOM = int(RATE * BURST_SECONDS)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 80), st.floats(0, 1)), max_size=30))
def test_what_leaves_never_exceeds_a_burst_and_the_rate(steps: list[tuple[float, int, float]]) -> None:
    clock = Clock()
    pace = MemoryPace({"sms": RATE}, monotonic=clock)

    async def run() -> None:
        left = 0
        for wait, most, used in steps:
            clock.now += wait
            granted = await pace.take("sms", most)
            assert 0 <= granted <= most
            sent = int(granted * used)
            await pace.give_back("sms", granted - sent)
            left += sent
            assert left <= ROOM + RATE * (clock.now - 100.0) + 1e-6

    asyncio.run(run())


async def test_a_provider_that_asks_for_it_is_served_at_half_the_rate_for_a_minute() -> None:
    clock = Clock()
    pace = MemoryPace({"sms": RATE}, monotonic=clock)
    assert await pace.take("sms", 1000) == ROOM
    await pace.slow_down("sms")
    clock.now += 2
    assert await pace.take("sms", 1000) == RATE
    clock.now += SLOW_SECONDS
    assert await pace.take("sms", 1000) == ROOM
    clock.now += 2
    assert await pace.take("sms", 1000) == 2 * RATE, "the minute is over"
    assert await pace.take("email", 7) == 7, "what has no rate is not held back"


async def test_two_instances_on_one_redis_share_one_bucket(redis_url: str) -> None:
    one, other = open_pace(redis_url, {"sms": RATE}), open_pace(redis_url, {"sms": RATE})
    began = time.monotonic()
    taken = await asyncio.gather(*((one, other)[number % 2].take("sms", 9) for number in range(20)))
    assert ROOM <= sum(taken) <= ROOM + RATE * (time.monotonic() - began)
    assert min(taken) == 0, "who comes late waits"
    await one.give_back("sms", 1000)
    again = time.monotonic()
    assert ROOM <= await other.take("sms", 1000) <= ROOM + RATE * (time.monotonic() - again), "never more than it holds"
    await one.aclose()
    await other.aclose()


async def test_one_instance_is_told_to_slow_down_and_the_other_slows_down_too(redis_url: str) -> None:
    fast = 1000.0
    one, other = RedisPace(redis_url, {"sms": fast}), RedisPace(redis_url, {"sms": fast})
    assert await other.take("sms", 100_000) == fast * BURST_SECONDS
    await one.slow_down("sms")
    began, taken = time.monotonic(), 0
    while time.monotonic() - began < 0.5:
        taken += await other.take("sms", 100_000)
    assert 0 < taken <= fast * 0.5 * (time.monotonic() - began) + fast * 0.1
    await one.aclose()
    await other.aclose()


async def test_without_its_redis_an_instance_goes_on_by_a_bucket_of_its_own(redis: Redis) -> None:
    pace = RedisPace(redis.url, {"sms": RATE})
    assert await pace.take("sms", 5) == 5
    await asyncio.to_thread(redis.kill)
    assert await pace.take("sms", 1000) == ROOM
    assert await pace.take("sms", 1000) == 0, "and no faster"
    await asyncio.to_thread(redis.start)
    assert await pace.take("sms", 5) == 5
    await pace.aclose()


def test_a_bucket_stands_nowhere_else() -> None:
    with pytest.raises(ValueError, match=r"memory: or redis:, not in mysql"):
        open_pace("mysql://host", {"sms": RATE})
