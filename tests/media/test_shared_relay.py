"""Two instances, one relay: in one process over memory, and over a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from media.engine import Away, Offer, Refused
from media.engine_relay import Relay, RelayConfig
from media.leases import MemoryLeases, VisitLeases, open_leases
from media.shared_relay import SharedRelay, Wire
from signaling.bus import open_bus
from signaling.bus_memory import Exchange, MemoryBus
from tests.media.sfu.wire import audio, offer, video
from tests.media.test_engine_relay import Heard
from tests.parts.redis import Redis

OFFER = Offer("s", offer(audio("sendonly"), video("sendonly")), {})
CONFIG = RelayConfig("127.0.0.1", announce=("127.0.0.1",))
Pair = tuple[SharedRelay, SharedRelay, Heard]


@pytest.fixture(params=["memory", "redis"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    heard = Heard()
    async with AsyncExitStack() as stack:
        wires: list[Wire]
        leases: list[VisitLeases]
        if request.param == "memory":
            exchange, shared = Exchange(), MemoryLeases()
            wires, leases = [MemoryBus(exchange), MemoryBus(exchange)], [shared, shared]
        else:
            redis = stack.enter_context(Redis())
            wires = [open_bus(redis.url), open_bus(redis.url)]
            leases = [open_leases(redis.url), open_leases(redis.url)]
        one, two = (SharedRelay(Relay(CONFIG), *both) for both in zip(leases, wires, strict=True))
        for engine in (one, two):
            stack.push_async_callback(engine.aclose)
        await asyncio.gather(one.start(heard), two.start(heard))
        yield one, two, heard


async def peers(engine: SharedRelay) -> int:
    return sum(worker["peers"] for worker in (await engine.local.stats()).values())


async def test_two_seats_at_two_instances_meet_at_one_worker(pair: Pair) -> None:
    one, two, _ = pair
    assert "a=ice-lite" in await one.negotiate("v", "a", OFFER)
    assert "a=ice-lite" in await two.negotiate("v", "b", OFFER)
    assert (await peers(one), await peers(two)) == (2, 0)
    await two.set_publish("v", "a", frozenset({"audio"}))
    await two.set_rooms("v", {"a": frozenset({"b"}), "b": frozenset({"a"})})
    await two.set_first("v", ["b"])
    await two.evict("v", "b")
    assert await peers(one) == 1
    await two.close_visit("v")
    assert await peers(one) == 0
    assert "a=ice-lite" in await two.negotiate("v", "a", OFFER)
    assert (await peers(one), await peers(two)) == (0, 1)


async def test_both_ask_at_once_and_one_has_the_visit(pair: Pair) -> None:
    one, two, _ = pair
    await asyncio.gather(*(engine.negotiate("v", pid, OFFER) for engine, pid in ((one, "a"), (two, "b"))))
    assert sorted([await peers(one), await peers(two)]) == [0, 2]


async def test_a_refusal_comes_back_from_the_other_instance_as_itself(pair: Pair) -> None:
    one, two, _ = pair
    await one.negotiate("v", "a", OFFER)
    with pytest.raises(Refused, match="no media"):
        await two.negotiate("v", "b", Offer("s", "v=0", {}))


async def test_an_instance_that_is_gone_loses_its_visits_to_who_asks(pair: Pair) -> None:
    one, two, heard = pair
    await one.negotiate("v", "a", OFFER)
    await one._wire.aclose()  # it hears nobody any more, and says nothing
    began = asyncio.get_running_loop().time()
    assert "a=ice-lite" in await two.negotiate("v", "b", OFFER)
    assert asyncio.get_running_loop().time() - began < 4
    assert ("v", "", "relay-lost") in heard.events
    assert await peers(two) == 1


async def test_an_instance_that_ends_hands_its_visits_over(pair: Pair) -> None:
    """Everybody in them is told at once, and whoever asks next has them: nobody waits for a lease to run out."""
    one, two, heard = pair
    await one.negotiate("v", "a", OFFER)
    await one.hand_over()
    assert ("v", "", "relay-lost") in heard.events
    with pytest.raises(Away, match="being stopped"):
        await one.negotiate("v", "a", OFFER)
    began = asyncio.get_running_loop().time()
    assert "a=ice-lite" in await two.negotiate("v", "a", OFFER)
    assert asyncio.get_running_loop().time() - began < 1
    assert (await peers(one), await peers(two)) == (0, 1)


async def test_without_the_leases_nobody_guesses(pair: Pair) -> None:
    one, _, _ = pair

    class Gone(MemoryLeases):
        async def take(self, _visit: str, _me: str) -> str:
            raise ConnectionError("away")

    one._leases = Gone()
    with pytest.raises(Away, match="cannot be reached"):
        await one.negotiate("v", "a", OFFER)
    assert await peers(one) == 0
