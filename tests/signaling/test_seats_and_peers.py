"""One connection per seat over all instances, and call frames between the seats."""

from __future__ import annotations

from signaling.bus_memory import Exchange
from signaling.frames import Eph, Err, Fenced, Hello, Ready, Typing
from signaling.hub import Hub
from tests.signaling.conftest import Clinic
from tests.signaling.kit import Page, until

Pair = tuple[Hub, Hub]
V = "visit:1"


def said(page: Page, kind: str) -> list[tuple[str, bytes]]:
    return [(eph.sender, bytes(eph.d)) for eph in page.of(Eph) if eph.type == kind]


async def seated(clinic: Clinic, hub: Hub, seat: str, epoch: int = 0) -> Page:
    return await clinic.page(hub, f"person of {seat}", [V], seat=seat, seat_epoch=epoch).ready()


async def test_a_newer_page_fences_the_older_on_the_same_instance(clinic: Clinic, pair: Pair) -> None:
    old = await seated(clinic, pair[0], "s1", 1)
    new = await seated(clinic, pair[0], "s1", 2)
    assert old.wire.code == 4001
    assert old.of(Fenced)
    assert new.wire.code is None


async def test_a_newer_page_fences_the_older_on_the_other_instance(clinic: Clinic, pair: Pair) -> None:
    old = await seated(clinic, pair[0], "s1", 1)
    witness = await seated(clinic, pair[1], "s2")
    new = await seated(clinic, pair[1], "s1", 2)
    await until(lambda: old.wire.code == 4001)
    assert new.wire.code is None
    assert said(witness, "absent") == []


async def test_the_old_page_cannot_take_the_seat_back(clinic: Clinic, pair: Pair) -> None:
    new = await seated(clinic, pair[0], "s1", 2)
    same_instance = clinic.page(pair[0], "x", [V], seat="s1", seat_epoch=1)
    other_instance = clinic.page(pair[1], "x", [V], seat="s1", seat_epoch=1)
    await until(lambda: same_instance.wire.code == other_instance.wire.code == 4001)
    assert same_instance.of(Ready) == []
    assert new.wire.code is None


async def test_a_page_keeps_its_rank_when_it_reconnects_with_the_ticket_it_was_given(
    clinic: Clinic, pair: Pair
) -> None:
    half_dead = await seated(clinic, pair[0], "s1", 2)
    back = await Page(pair[1], Hello(half_dead.of(Ready)[0].ticket)).ready()
    await until(lambda: half_dead.wire.code == 4001)
    assert back.wire.code is None


async def test_of_many_at_once_exactly_one_stays(clinic: Clinic, pair: Pair) -> None:
    pages = [clinic.page(pair[n % 2], "x", [V], seat="s1") for n in range(20)]
    await until(lambda: sum(page.wire.code == 4001 for page in pages) == 19)
    left = next(page for page in pages if page.wire.code is None)
    assert left.session.open


async def test_two_holders_after_a_cut_are_sorted_out(clinic: Clinic, exchange: Exchange, pair: Pair) -> None:
    old = await seated(clinic, pair[0], "s1", 1)
    exchange.cut()
    new = await seated(clinic, pair[1], "s1", 2)
    assert old.wire.code is None
    exchange.mend()
    await until(lambda: old.wire.code == 4001)
    assert new.wire.code is None


async def test_a_call_goes_to_the_other_seats_with_its_true_sender(clinic: Clinic, pair: Pair) -> None:
    patient, doctor = await seated(clinic, pair[0], "p"), await seated(clinic, pair[1], "d")
    third = await seated(clinic, pair[0], "i")
    patient.call(V, {"candidate": "a"})
    await until(lambda: bool(said(doctor, "call")) and bool(said(third, "call")))
    doctor.call(V, {"to": "p"}, to="p")
    await until(lambda: bool(said(patient, "call")))
    assert said(doctor, "call") == said(third, "call") == [("p", b'{"candidate": "a"}')]
    assert said(patient, "call") == [("d", b'{"to": "p"}')]


async def test_seats_learn_who_comes_and_goes(clinic: Clinic, pair: Pair) -> None:
    patient = await seated(clinic, pair[0], "p")
    doctor = await seated(clinic, pair[1], "d")
    await until(lambda: said(patient, "present") == [("d", b"null")])
    assert said(doctor, "present") == []
    doctor.session.lost()
    await until(lambda: said(patient, "absent") == [("d", b"null")])


async def test_what_may_not_be_said_is_not_passed_on(clinic: Clinic, pair: Pair) -> None:
    patient, doctor = await seated(clinic, pair[0], "p"), await seated(clinic, pair[1], "d")
    seatless = await clinic.page(pair[0], "u", [V]).ready()
    seatless.call(V, 1)
    patient.call("visit:other", 1)
    clinic.gate.allowed = False
    patient.call(V, 1)
    clinic.gate.allowed = True
    for page, count in ((seatless, 1), (patient, 2)):
        assert [err.slug for err in page.of(Err)] == ["not-allowed"] * count
    patient.call(V, "after")
    await until(lambda: bool(said(doctor, "call")))
    assert said(doctor, "call") == [("p", b'"after"')]


async def test_typing_reaches_the_others_only(clinic: Clinic, pair: Pair) -> None:
    one, two = [await clinic.page(hub, f"u{n}", ["conversation:1"]).ready() for n, hub in enumerate(pair)]
    one.say(Typing("conversation:1"))
    await until(lambda: said(two, "typing") == [("u0", b"null")])
    assert said(one, "typing") == []


async def test_an_ephemeral_frame_heals_a_lost_hint(clinic: Clinic, pair: Pair) -> None:
    patient, doctor = await seated(clinic, pair[0], "p"), await seated(clinic, pair[1], "d")
    clinic.log.append(V)
    pair[0].channels[V].hint(1)
    await until(lambda: patient.last(V) == 1)
    assert doctor.last(V) == 0
    patient.call(V, 1)
    await until(lambda: doctor.last(V) == 1)
