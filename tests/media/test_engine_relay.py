"""The relay engine with its real worker processes: placement, death, replacement, draining."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.engine import Away, Offer, Refused
from media.engine_relay import Relay, RelayConfig
from media.placement import Leases, rendezvous
from tests.media.sfu.wire import audio, offer, video
from tests.parts.ports import eventually

OFFER = Offer("s", offer(audio("sendonly"), video("sendonly")), {})
names = st.sets(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=6)


class Heard:
    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def __call__(self, visit: str, participant: str, what: str) -> None:
        self.events.append((visit, participant, what))


@pytest.fixture
async def heard() -> Heard:
    return Heard()


@pytest.fixture
async def engine(heard: Heard) -> AsyncIterator[Relay]:
    made = Relay(RelayConfig("127.0.0.1", announce=("127.0.0.1",)))
    await made.start(heard)
    yield made
    await made.aclose()


async def test_a_visit_is_on_one_worker_and_is_told_when_that_dies_and_finds_another(
    engine: Relay, heard: Heard
) -> None:
    await engine.check()
    for pid in ("a", "b"):
        assert "a=ice-lite" in await engine.negotiate("v", pid, OFFER)
    stats = await engine.stats()
    assert sorted(worker["peers"] for worker in stats.values()) == [0, 2]
    victim = next(worker["pid"] for worker in stats.values() if worker["peers"])
    os.kill(victim, signal.SIGKILL)
    await eventually(lambda: ("v", "", "relay-lost") in heard.events)
    assert "a=ice-lite" in await engine.negotiate("v", "a", OFFER)
    await eventually(lambda: len(engine._workers) == 2, what="a worker in place of the dead one")
    pids = {worker["pid"] for worker in (await engine.stats()).values()}
    assert victim not in pids
    assert len(pids) == 2


async def test_a_worker_that_gets_a_sigterm_keeps_its_visits_takes_no_more_and_is_replaced_after_the_last(
    engine: Relay, heard: Heard
) -> None:
    await engine.negotiate("old", "a", OFFER)
    home = engine._of("old")
    assert home
    os.kill(home.pid, signal.SIGTERM)
    await eventually(lambda: home.name in engine._draining, what="the worker says that it drains")
    for number in range(8):
        await engine.negotiate(f"new{number}", "a", OFFER)
    await engine.negotiate("old", "b", OFFER)
    assert (await engine.stats())[home.name]["visits"] == 1
    assert (await engine.stats())[home.name]["peers"] == 2
    await engine.close_visit("old")
    await eventually(lambda: engine._workers.get(home.name) not in (None, home), what="a fresh worker of that name")
    assert engine._draining == set()
    assert not [event for event in heard.events if event[2] == "relay-lost"]
    assert engine._deaths == {}


async def test_new_visits_leave_the_spare_worker_alone(engine: Relay) -> None:
    for number in range(12):
        await engine.negotiate(f"v{number}", "a", OFFER)
    assert sorted(worker["visits"] for worker in (await engine.stats()).values()) == [0, 12]


async def test_refusals_come_back_as_words_and_a_closed_engine_is_away(engine: Relay) -> None:
    with pytest.raises(Refused, match="fingerprint"):
        await engine.negotiate("v", "a", Offer("s", offer(audio("sendonly")).replace("sha-256", "md5"), {}))
    await engine.negotiate("v", "a", OFFER)
    await engine.set_publish("v", "a", frozenset({"audio"}))
    await engine.set_rooms("v", {"a": frozenset()})
    await engine.evict("v", "a")
    await engine.close_visit("v")
    await engine.close_visit("never was")
    assert all(worker["peers"] == 0 for worker in (await engine.stats()).values())
    await engine.aclose()
    with pytest.raises(Away):
        await engine.negotiate("v", "a", OFFER)


@given(names, st.lists(st.text(max_size=8), max_size=30))
def test_only_the_visits_of_a_lost_worker_move(workers: set[str], visits: list[str]) -> None:
    before = {visit: rendezvous(visit, workers) for visit in visits}
    for gone in workers if len(workers) > 1 else ():
        for visit, home in before.items():
            assert rendezvous(visit, workers - {gone}) == home or home == gone


@given(names, names, st.lists(st.text(max_size=8), max_size=30))
def test_a_lease_sticks_whatever_is_added(workers: set[str], more: set[str], visits: list[str]) -> None:
    leases = Leases()
    before = {visit: leases.place(visit, workers) for visit in visits}
    assert {visit: leases.place(visit, workers | more) for visit in visits} == before
    worker = min(workers)
    assert set(leases.lost(worker)) == {visit for visit, home in before.items() if home == worker}
