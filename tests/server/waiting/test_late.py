"""Running late: said once, everybody whom it concerns hears how much, in their language, and may choose otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.reminders.tables import Reminder
from server.waiting import drift
from server.waiting.drift import WORTH, proposal
from server.waiting.late import NOTICED, delays
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.waiting.test_line import ADMIT, act, arrived, own, pool

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)


def visit(minutes: int, long: int = 15, held: str | None = None) -> tuple[datetime, datetime, str]:
    start = NINE + timedelta(minutes=minutes)
    return start, start + timedelta(minutes=long), held or str(minutes)


def test_a_gap_in_the_day_swallows_lateness_and_a_group_begins_together() -> None:
    day = [visit(0), visit(15), visit(45), visit(45, held="45"), visit(60), visit(120)]
    assert delays(day, 20, NINE) == [20, 20, 5, 5, 5, 0]
    assert delays(day, 0, NINE) == [0] * 6
    assert delays(day[:2], 10, NINE + timedelta(minutes=32)) == [35, 35], "nobody begins in the past"
    assert delays([visit(0), visit(0, held="b"), visit(15)], 10, NINE, servers=2) == [10, 10, 10]
    assert delays([], 20, NINE) == []


@given(
    starts=st.lists(st.integers(0, 300), min_size=1, max_size=12), minutes=st.integers(0, 120),
    now=st.integers(-60, 120), servers=st.integers(1, 3),
)  # fmt: skip
def test_nobody_begins_early_or_before_now_and_lateness_is_said_in_round_numbers(
    starts: list[int], minutes: int, now: int, servers: int
) -> None:
    day = [visit(one, held=str(n)) for n, one in enumerate(sorted(starts))]
    at = NINE + timedelta(minutes=now)
    found = delays(day, minutes, at, servers)
    assert all(late >= 0 and late % NOTICED == 0 for late in found)
    assert found[0] >= minutes
    begun = [start + timedelta(minutes=late) for (start, _, _), late in zip(day, found, strict=True)]
    assert all(one >= at for one in begun[:servers])


def test_a_proposal_stands_still_and_is_not_repeated_after_a_no() -> None:
    assert [proposal(one, 0, None, None) for one in (4, 9.9, 12, 24)] == [None, None, 10, 20]
    assert proposal(18, 0, 10, None) == 10, "a number that jumps is not believed"
    assert proposal(21, 0, 10, None) == 20
    assert proposal(24, 20, None, None) is None
    assert proposal(31, 20, None, None) == 30
    assert proposal(3, 20, None, None) == 0, "in time again"
    assert proposal(24, 0, None, 20) is None
    assert proposal(31, 0, None, 20) == 30


async def line_of_three(clinic: Clinic) -> list[tuple[Booked, Any]]:
    """One who looks at the page, one who is booked and away from it, one of another provider."""
    since = clinic.clock.now()
    here = await arrived(clinic, 0, since=since)
    start = five_minutes(since) + timedelta(minutes=15)
    person = await clinic.person(given="Ivo", phone="+14155550124", language="es", zone="America/New_York")
    away = await clinic.book(person=person, start=start, provider="provider")
    other = await arrived(clinic, 0, provider="second", name="Uma", since=since)
    return [here, (away, None), other]


async def texts(clinic: Clinic, booked: Booked) -> list[tuple[str, str]]:
    rows = await clinic.all(Reminder, Reminder.appointment_id == booked.id)
    return sorted((one.step.partition(".")[0], one.status) for one in rows if one.step.startswith(("late", "in-time")))


def lane(clinic: Clinic, name: str = "provider") -> str:
    return clinic.north.accounts[name]


async def say(clinic: Clinic, minutes: int, who: str = "provider") -> dict[str, Any]:
    said: dict[str, Any] = await clinic.staff(who).post(f"/v1/late/{lane(clinic)}", {"minutes": minutes})
    return said


async def test_one_act_tells_the_page_or_the_phone_and_nobody_of_another_line(clinic: Clinic) -> None:
    (here, phone), (away, _), (other, other_phone) = await line_of_three(clinic)
    asked = await clinic.staff("provider").get(f"/v1/late?lane={lane(clinic)}&minutes=20")
    assert asked == {"people": 2, "here": 1}
    assert (await say(clinic, 20))["told"] == 2
    shown = await own(phone, here)
    assert shown["late"]["minutes"] == 20
    assert (await own(other_phone, other))["late"] is None
    board = await clinic.staff("scheduler").get("/v1/board")
    assert (board["late"][lane(clinic)]["minutes"], board["late"][lane(clinic)]["told"]) == (20, 2)
    assert board["rows"][away.id]["late"]["minutes"] == 20
    assert await texts(clinic, here) == [], "who looks at the page needs no text"
    assert await texts(clinic, away) == [("late", "scheduled")]
    await clinic.send_due()
    assert await texts(clinic, away) == [("late", "scheduled")], "ten seconds in which it can be taken back"
    clinic.clock.forward(timedelta(seconds=11))
    await clinic.send_due()
    assert await texts(clinic, away) in ([("late", "sent")], [("late", "delivered")])
    spool = clinic.house.settings.data_dir.rglob("*.json")
    sent = "".join(path.read_text() for path in spool)
    assert "lleva unos 20 min de retraso" in sent


async def test_what_is_taken_back_before_it_left_is_heard_by_nobody(clinic: Clinic) -> None:
    (here, phone), (away, _), _ = await line_of_three(clinic)
    await say(clinic, 20)
    await say(clinic, 0)
    assert (await own(phone, here))["late"] is None
    assert await texts(clinic, away) == [("late", "cancelled")]
    assert (await clinic.staff("provider").get("/v1/board"))["late"] == {}
    await say(clinic, 10)
    await say(clinic, 30)
    assert await texts(clinic, away) == [("late", "cancelled"), ("late", "cancelled"), ("late", "scheduled")]


async def test_who_was_told_is_told_too_that_it_is_in_time_again(clinic: Clinic) -> None:
    _, (away, _), _ = await line_of_three(clinic)
    await say(clinic, 20)
    clinic.clock.forward(timedelta(seconds=11))
    await clinic.send_due()
    await say(clinic, 0)
    assert [step for step, _ in await texts(clinic, away)] == ["in-time", "late"]
    clinic.clock.forward(timedelta(seconds=11))
    await clinic.send_due()
    assert {state for _, state in await texts(clinic, away)} <= {"sent", "delivered"}


async def test_a_provider_speaks_for_their_own_lines_and_the_desk_for_any(clinic: Clinic) -> None:
    await line_of_three(clinic)
    path = f"/v1/late/{lane(clinic)}"
    before = await clinic.everything()
    await clinic.staff("second").refused(409, "POST", path, {"minutes": 20})
    await clinic.staff("provider").refused(422, "POST", path, {"minutes": 241})
    await clinic.staff("provider").refused(404, "POST", f"/v1/late/{'A' * 22}", {"minutes": 20})
    assert await clinic.everything() == before
    assert (await say(clinic, 15, "scheduler"))["told"] == 2
    shared = await pool(clinic)
    await clinic.staff("second").post(f"/v1/late/{shared}", {"minutes": 10})


async def test_each_patient_chooses_waiting_elsewhere_another_time_or_the_telephone(clinic: Clinic) -> None:
    (here, phone), (away, _), _ = await line_of_three(clinic)
    early = clinic.browser("patient")
    clinic.clock.forward(timedelta(seconds=1))
    await early.post(f"/v1/links/{away.link_id}/ready", away.ready)
    await early.post("/v1/my/leave", {})
    await say(clinic, 30)
    assert (await phone.post("/v1/my/elsewhere", {"minutes": 10}))["late"]["minutes"] == 30
    shown = await phone.post("/v1/my/cannot-wait", {"wish": "rebook"})
    assert (shown["entry"]["left_as"], shown["stage"]) == ("rebook", "open")
    tasks = (await clinic.staff("scheduler").get("/v1/tasks"))["tasks"].values()
    assert [(one["kind"], one["appointment_id"]) for one in tasks] == [("rebook", here.id)]


async def test_who_has_not_come_yet_may_choose_too(clinic: Clinic) -> None:
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=90)
    booked = await clinic.book(start=start, provider="provider")
    phone = await clinic.arrive(booked)  # the door is not open: consented, not in line
    await phone.refused(409, "POST", "/v1/my/cannot-wait", {"wish": "phone"})
    await say(clinic, 45)
    shown = await phone.post("/v1/my/cannot-wait", {"wish": "phone"})
    assert (shown["late"]["minutes"], shown["late"]["wish"], shown["stage"]) == (45, "phone", "early")
    await phone.post("/v1/my/cannot-wait", {"wish": "phone"})
    tasks = (await clinic.staff("scheduler").get("/v1/tasks"))["tasks"].values()
    assert [(one["kind"], one["priority"]) for one in tasks] == [("call-back", "urgent")]


async def test_a_visit_that_moves_or_is_handed_over_loses_what_was_told_of_the_old_one(clinic: Clinic) -> None:
    _, (away, _), _ = await line_of_three(clinic)
    await say(clinic, 20)
    row = await clinic.row(away)
    start = (five_minutes(clinic.clock.now()) + timedelta(minutes=200)).isoformat()
    body = {"version": row["version"], "start": start}
    await clinic.staff("scheduler").post(f"/v1/appointments/{away.id}/move", body)
    assert (await clinic.row(away))["late"] is None
    assert await texts(clinic, away) == [("late", "cancelled")]


async def watch(clinic: Clinic, booked: Booked, minutes: float) -> dict[str, Any]:
    """What is said and proposed when a look falls `minutes` after the time of `booked`."""
    start = datetime.fromisoformat((await clinic.row(booked))["start"])
    clinic.clock.forward(start + timedelta(minutes=minutes) - clinic.clock.now())
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await drift.watch(unit, Random(5))
    late: dict[str, Any] = (await clinic.staff("provider").get("/v1/board"))["late"]
    return late.get(lane(clinic), {})


async def test_drift_is_proposed_from_facts_said_by_nobody_and_confirmed_by_one(clinic: Clinic) -> None:
    (here, phone), (away, _), _ = await line_of_three(clinic)
    assert await watch(clinic, here, 1) == {}
    found = await watch(clinic, here, 23)
    assert (found["proposed"], found["minutes"], found["at"]) == (20, 0, None)
    assert (await own(phone, here))["late"] is None, "nobody is told by itself"
    assert await texts(clinic, away) == []
    await clinic.staff("provider").post(f"/v1/late/{lane(clinic)}/decline", {})
    assert await watch(clinic, here, 23) == {}
    assert await watch(clinic, here, 28) == {}
    assert (await watch(clinic, here, 32))["proposed"] == 30, "it got worse"
    await say(clinic, 30)
    found = await watch(clinic, here, 32.5)
    assert (found["proposed"], found["minutes"]) == (None, 30)


@sqlite_only
async def test_in_time_again_is_proposed_when_nobody_waits_late(clinic: Clinic) -> None:
    (here, phone), _, _ = await line_of_three(clinic)
    assert (await watch(clinic, here, 23))["proposed"] == 20
    await say(clinic, 20)
    await phone.post("/v1/my/leave", {})
    assert (await watch(clinic, here, 24))["proposed"] == 0


async def test_a_visit_that_runs_over_is_proposed_before_the_next_one_has_come(clinic: Clinic) -> None:
    (here, _), (away, _), _ = await line_of_three(clinic)
    await act(clinic, here, "admit", **ADMIT)
    assert (await watch(clinic, away, 12))["proposed"] >= WORTH
