"""Delivery: numbered, gap-free, once; resume; limits of slow readers."""

from __future__ import annotations

import asyncio
import json

from signaling.bus_memory import Exchange, MemoryBus
from signaling.connection import Timing
from signaling.frames import Bye, Eph, Err, Ev, Hb, Hello, Join, Leave, Ping, Pong, Ready, Reset, Skip
from signaling.hub import CARRIED, Hub
from signaling.session import SOFT
from tests.signaling.conftest import Clinic
from tests.signaling.kit import Page, until

Pair = tuple[Hub, Hub]
V = "visit:1"


async def test_an_event_reaches_both_instances(clinic: Clinic, pair: Pair) -> None:
    pages = [await clinic.page(hub, f"u{n}", [V]).ready() for n, hub in enumerate(pair)]
    for n in range(50):
        clinic.happen(pair[n % 2], V, {"n": n})
    for page in pages:
        await until(lambda page=page: page.last(V) == 50)  # type: ignore[misc]
        assert [json.loads(bytes(ev.d)) for ev in page.of(Ev)] == [{"n": n} for n in range(50)]


async def test_ready_names_the_heads_and_nothing_old_is_sent_without_a_cursor(clinic: Clinic, pair: Pair) -> None:
    for _ in range(3):
        clinic.log.append(V)
    page = await clinic.page(pair[0], "u", [V, "user:u"]).ready()
    ready = page.of(Ready)[0]
    assert ready.topics == {V: 3, "user:u": 0}
    assert ready.epoch == "e1"
    clinic.happen(pair[1], V)
    await until(lambda: page.last(V) == 4)
    assert [ev.seq for ev in page.of(Ev)] == [4]


async def test_resume_from_the_cursor_sends_what_was_missed(clinic: Clinic, pair: Pair) -> None:
    clinic.log.page = 7
    for _ in range(40):
        clinic.log.append(V)
    page = await clinic.page(pair[0], "u", [V], cur={V: 5}).ready()
    await until(lambda: page.last(V) == 40)
    assert [ev.seq for ev in page.of(Ev)] == list(range(6, 41))


async def test_resume_at_the_head_of_a_live_topic_asks_the_database_nothing(clinic: Clinic, pair: Pair) -> None:
    await clinic.page(pair[0], "a", [V]).ready()
    seq = clinic.happen(pair[0], V)
    await until(lambda: clinic.log.ranges == 1)
    before = (clinic.log.ranges, clinic.log.head_queries)
    page = await clinic.page(pair[0], "b", [V], cur={V: seq}).ready()
    assert (clinic.log.ranges, clinic.log.head_queries) == before
    assert page.last(V) == seq


async def test_a_cursor_that_cannot_be_replayed_is_reset(clinic: Clinic, pair: Pair) -> None:
    for _ in range(10):
        clinic.log.append(V)
    clinic.log.oldest[V] = 5
    old = await clinic.page(pair[0], "a", [V], cur={V: 2}).ready()
    ahead = await clinic.page(pair[0], "b", [V], cur={V: 99}).ready()
    ticket = clinic.gate.issue("c", [V])
    stranger = await Page(pair[0], Hello(ticket, {V: 9}, epoch="before the restore")).ready()
    for page in (old, ahead, stranger):
        await until(lambda page=page: page.of(Reset) == [Reset(V, 10)])  # type: ignore[misc]
    clinic.happen(pair[1], V)
    for page in (old, ahead, stranger):
        await until(lambda page=page: page.last(V) == 11)  # type: ignore[misc]


async def test_events_for_others_are_skipped_by_number(clinic: Clinic, pair: Pair) -> None:
    one = await clinic.page(pair[0], "one", [V]).ready()
    two = await clinic.page(pair[0], "two", [V]).ready()
    for audience in ("*", "one", "one", "*", "two"):
        clinic.happen(pair[1], V, audience, audience)
    await until(lambda: one.last(V) == two.last(V) == 5)
    assert [ev.seq for ev in one.of(Ev)] == [1, 2, 3, 4]
    assert [ev.seq for ev in two.of(Ev)] == [1, 4, 5]
    assert Skip(V, 5) in one.of(Skip)


async def test_listeners_of_one_audience_share_one_read(clinic: Clinic, pair: Pair) -> None:
    pages = [await clinic.page(pair[0], "staff", [V]).ready() for _ in range(20)]
    seq = clinic.happen(pair[1], V)
    await until(lambda: all(page.last(V) == seq for page in pages))
    assert clinic.log.ranges == 1


async def test_an_event_that_comes_with_its_hint_is_read_by_nobody(clinic: Clinic, pair: Pair) -> None:
    pages = [await clinic.page(hub, name, [V]).ready() for hub in pair for name in ("one", "two")]
    for number in range(5):
        clinic.tell(pair[number % 2], V, clinic.log.append(V, {"number": number}))
        await until(lambda seq=number + 1: all(page.last(V) == seq for page in pages))  # type: ignore[misc]
    assert clinic.log.ranges == 0
    assert [bytes(ev.d) for ev in pages[3].of(Ev)] == [d for _, d in clinic.log.topics[V]]


async def test_events_that_come_early_twice_or_not_at_all_are_served_from_the_log(clinic: Clinic, pair: Pair) -> None:
    page = await clinic.page(pair[0], "one", [V]).ready()
    for _ in range(6):
        clinic.log.append(V)
    for seq in (3, 1, 1, 6, 5, 3):  # 2 and 4 are lost on the way
        clinic.tell(pair[1], V, seq)
    await until(lambda: page.last(V) == 6)
    assert [ev.seq for ev in page.of(Ev)] == [1, 2, 3, 4, 5, 6]
    for seq in (6, 2):
        clinic.tell(pair[1], V, seq)
    clinic.tell(pair[1], V, clinic.log.append(V))
    await until(lambda: page.last(V) == 7)


async def test_an_event_that_comes_with_its_hint_is_for_its_tenant_only(clinic: Clinic, pair: Pair) -> None:
    page = await clinic.page(pair[0], "one", [V]).ready()
    clinic.log.broken = True  # nothing can be read: what arrives came with a hint
    clinic.tell(pair[1], V, clinic.log.append(V), tenant="t2")
    clinic.tell(pair[0], V, 1, tenant="t2")
    await until(lambda: pair[0].channels[V].head == 1)
    assert page.of(Ev) == []
    clinic.tell(pair[1], V, 1)
    await until(lambda: page.last(V) == 1)


async def test_a_long_event_is_read_where_somebody_listens(clinic: Clinic, pair: Pair) -> None:
    page = await clinic.page(pair[0], "one", [V]).ready()
    clinic.tell(pair[1], V, clinic.log.append(V, "x" * CARRIED))
    await until(lambda: page.last(V) == 1)
    assert clinic.log.ranges == 1


async def test_a_database_that_comes_back_loses_nothing(clinic: Clinic, pair: Pair) -> None:
    page = await clinic.page(pair[0], "u", [V]).ready()
    clinic.log.broken = True
    for _ in range(5):
        clinic.happen(pair[1], V)
    refused = clinic.page(pair[1], "v", [V])
    await until(lambda: refused.wire.code == 1013)
    assert refused.of(Err)[0].slug == "unavailable"
    clinic.log.broken = False
    await until(lambda: page.last(V) == 5)


async def test_a_false_hint_is_taken_back(clinic: Clinic, pair: Pair) -> None:
    page = await clinic.page(pair[0], "u", [V]).ready()
    pair[0].announce(V, 1000)
    await until(lambda: pair[0].channels[V].head == 0)
    assert clinic.happen(pair[0], V) == 1
    await until(lambda: page.last(V) == 1)


async def test_the_sweep_finds_what_no_hint_told(clinic: Clinic, exchange: Exchange) -> None:
    hub = await clinic.hub(MemoryBus(exchange), Timing(sweep=0.05))
    page = await clinic.page(hub, "u", [V]).ready()
    clinic.log.append(V)
    await until(lambda: page.last(V) == 1)
    assert hub.stats.gaps == 0


async def test_what_an_instance_committed_and_did_not_live_to_say_is_found_when_it_falls_silent(
    clinic: Clinic, exchange: Exchange
) -> None:
    hub = await clinic.hub(MemoryBus(exchange), Timing(gap_jitter=0.01, beat=0.05, silent=0.2))
    await clinic.hub(MemoryBus(exchange), Timing(beat=600))  # says once that it runs, then no more
    page = await clinic.page(hub, "u", [V]).ready()
    clinic.log.append(V)
    await until(lambda: page.last(V) == 1)
    assert (hub.stats.gaps, hub.stats.sweeps) == (1, 0)


async def test_instances_that_run_are_not_taken_for_dead(clinic: Clinic, exchange: Exchange) -> None:
    hub, other = [await clinic.hub(MemoryBus(exchange), Timing(beat=0.02, silent=5)) for _ in range(2)]
    before = other.bus.stats().received
    await until(lambda: other.bus.stats().received > before + 3)
    assert (hub.stats.gaps, other.stats.gaps) == (0, 0)


async def test_a_slow_reader_keeps_its_place_and_goes_on(clinic: Clinic, pair: Pair) -> None:
    page = await clinic.page(pair[0], "u", [V]).ready()
    page.wire.stalled = True
    for _ in range(40):
        clinic.happen(pair[1], V, "x" * 8000)
    await until(lambda: page.wire.buffered() > SOFT)
    pair[0].whisper(V, "typing", "x")
    assert page.of(Eph) == []
    assert page.wire.buffered() < SOFT + 9000
    page.wire.read_all()
    page.session.drained()
    await until(lambda: page.last(V) == 40)
    assert not page.wire.aborted


async def test_a_reader_that_stands_still_is_cut_and_others_are_not(clinic: Clinic, exchange: Exchange) -> None:
    hub = await clinic.hub(MemoryBus(exchange), Timing(stuck=0.1, heartbeat=1))
    dead, live = [await clinic.page(hub, name, [V]).ready() for name in ("dead", "live")]
    dead.wire.stalled = True
    for _ in range(60):
        clinic.happen(hub, V, "x" * 8000)
    await until(lambda: dead.wire.aborted and live.last(V) == 60)
    assert not live.wire.aborted
    assert hub.stats.sessions == 1
    assert dead.wire.buffered() < SOFT + 9000


async def test_heartbeats_carry_heads_and_a_ticket_that_works(clinic: Clinic, exchange: Exchange) -> None:
    hub = await clinic.hub(MemoryBus(exchange), Timing(heartbeat=0.1))
    page = await clinic.page(hub, "u", [V]).ready()
    clinic.happen(hub, V)
    await until(lambda: any(hb.heads == {V: 1} for hb in page.of(Hb)))
    again = await Page(hub, Hello(page.of(Hb)[-1].ticket, {V: 0})).ready()
    await until(lambda: again.last(V) == 1)


async def test_silence_ends_a_connection_and_any_frame_keeps_it(clinic: Clinic, exchange: Exchange) -> None:
    hub = await clinic.hub(MemoryBus(exchange), Timing(heartbeat=0.1, dead=0.4))
    silent, alive = [await clinic.page(hub, name, [V]).ready() for name in ("silent", "alive")]
    answered = 0
    async with asyncio.timeout(10):
        while not silent.wire.aborted:
            if len(alive.of(Hb)) > answered:
                answered = len(alive.of(Hb))
                alive.say(Ping(answered))
            await asyncio.sleep(0.005)
    assert not alive.wire.aborted
    assert alive.of(Pong)[-1].n == answered


async def test_presence_counts_people_not_pages(clinic: Clinic, pair: Pair) -> None:
    seen: list[str] = []
    pair[0].presence.on_present = lambda subject: seen.append(f"+{subject}")
    pair[0].presence.on_absent = lambda subject: seen.append(f"-{subject}")
    one, two = [await clinic.page(pair[0], "u", []).ready() for _ in range(2)]
    one.session.lost()
    assert pair[0].presence.here("u")
    two.session.lost()
    two.session.lost()
    assert seen == ["+u", "-u"]


async def test_topics_are_added_and_taken_on_every_instance(clinic: Clinic, pair: Pair) -> None:
    pages = [await clinic.page(hub, "u", ["user:u"]).ready() for hub in pair]
    clinic.log.append(V)
    await pair[0].join("u", V)
    await until(lambda: all(page.of(Join) == [Join(V, 1)] for page in pages))
    clinic.happen(pair[1], V)
    await until(lambda: all([ev.seq for ev in page.of(Ev)] == [2] for page in pages))
    pair[1].leave("u", V)
    await until(lambda: all(page.of(Leave) == [Leave(V)] for page in pages))
    assert V not in pair[0].channels
    assert V not in pair[1].channels


async def test_an_ended_sign_in_is_closed_everywhere(clinic: Clinic, pair: Pair) -> None:
    pages = [await clinic.page(hub, "u", [V]).ready() for hub in pair]
    other = await clinic.page(pair[1], "other", [V]).ready()
    pair[0].expel("s-u")
    await until(lambda: all(page.wire.code == 4003 for page in pages))
    assert other.wire.code is None


async def test_drain_says_when_to_come_back_and_lets_nobody_in(clinic: Clinic, pair: Pair) -> None:
    pages = [await clinic.page(pair[0], f"u{n}", [V]).ready() for n in range(5)]
    await pair[0].drain(over=0.05)
    assert all(page.wire.code == 1012 and page.of(Bye)[0].retry_in > 0 for page in pages)
    late = clinic.page(pair[0], "late", [V])
    await until(lambda: late.wire.code == 1012)


async def test_a_client_that_leaves_during_admission_leaves_nothing_behind(clinic: Clinic, pair: Pair) -> None:
    page = clinic.page(pair[0], "u", [V], seat="s1")
    page.session.lost()
    other = await clinic.page(pair[0], "v", ["visit:2"]).ready()
    other.session.lost()
    await until(lambda: not pair[0].channels)
    assert pair[0].stats.sessions == 0
    assert pair[0].presence.subjects() == frozenset()


async def test_a_forged_ticket_or_another_seat_is_refused(clinic: Clinic, pair: Pair) -> None:
    forged = Page(pair[0], Hello("v1.e30.AAAA"))
    wrong_seat = Page(pair[0], Hello(clinic.gate.issue("u", [V], "s1"), seat="s2"))
    for page in (forged, wrong_seat):
        await until(lambda page=page: page.wire.code == 4003)  # type: ignore[misc]
        assert page.of(Err)[0].slug == "ticket-refused"
        assert page.of(Ready) == []
