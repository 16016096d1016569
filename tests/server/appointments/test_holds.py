"""A time that is talked over is kept for two minutes, for one; races and kills leave nothing half done."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from sqlmodel import col

from server.access import sessions
from server.access.service import make_account
from server.appointments import busy
from server.appointments.busy import TICK
from server.appointments.tables import Appointment, Busy, Hold
from server.audit.tables import AuditEvent
from server.conversations.tables import Conversation
from server.core import clock as clocks
from server.core.ids import new_id
from server.core.principal import Role
from server.reminders.tables import Reminder
from server.store import unit as units
from server.visits.tables import Visit
from tests.parts.clinic import PASSWORD, Browser, Clinic
from tests.parts.halves import killed_half_way
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import find, held_part, kind, noon, open_hours, wish, z

RACERS = 200
HALF = timedelta(minutes=2, seconds=1)


async def colleague(clinic: Clinic) -> Browser:
    """Another scheduler of the practice."""
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        made = await make_account(
            unit, clinic.house.keys, name="Pat", email="pat@north.example", password=PASSWORD, roles=[Role.scheduler]
        )
        await unit.flush()
        token = await sessions.open_staff(unit, made, Role.scheduler, timedelta(days=1))
    return clinic.browser("scheduler", token)


async def consistent(clinic: Clinic) -> None:
    """Every tick belongs to a booked appointment or to a hold, and each of these has exactly its ticks."""
    expected = Counter[tuple[str, str]]()
    for one in await clinic.all(Appointment, Appointment.status == "booked"):
        expected[one.provider_id, one.id] = int((one.end - one.start).total_seconds()) // TICK
    for one in await clinic.all(Hold):
        expected[one.provider_id, one.id] = int((one.end - one.start).total_seconds()) // TICK
    found = await clinic.all(Busy)
    assert Counter((row.provider_id, row.appointment_id) for row in found) == expected
    held = {one.id for one in await clinic.all(Hold)}
    assert all((row.expires_at is not None) == (row.appointment_id in held) for row in found)
    visits = {one.appointment_id for one in await clinic.all(Visit)}
    assert visits == {one.id for one in await clinic.all(Appointment)}


@pytest.mark.parametrize("way", ["hold", "hold and book", "mixed"])
async def test_two_hundred_want_one_slot_and_one_gets_it(clinic: Clinic, way: str) -> None:
    await open_hours(clinic)
    at = noon(clinic)
    desks = [clinic.staff("scheduler"), await colleague(clinic)]
    body = await wish(clinic, at)

    async def want(number: int) -> Any:
        desk = desks[number % 2]
        if way == "mixed" and number % 3:
            return await desk.send("POST", "/v1/appointments", body)
        held = await desk.send("POST", "/v1/holds", held_part(body))
        if way == "hold" or held.status_code != 201:
            return held
        return await desk.send("POST", "/v1/appointments", {**body, "hold_id": held.json()["id"]})

    answers = await asyncio.gather(*(want(number) for number in range(RACERS)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: RACERS - 1}
    lost = [answer.json() for answer in answers if answer.status_code == 409]
    assert {one["slug"] for one in lost} == {"slot-taken"}
    after = [z(at + timedelta(minutes=15 * n)) for n in (1, 2, 3)]
    assert all([slot["start"] for slot in one["next_free"]] == after for one in lost)
    assert len(await clinic.all(Hold)) == (1 if way == "hold" else 0)
    assert len(await clinic.all(Appointment)) == (0 if way == "hold" else 1)
    await consistent(clinic)


async def test_one_hold_used_twice_at_once_books_once(clinic: Clinic) -> None:
    desk, body = clinic.staff("scheduler"), await wish(clinic, noon(clinic))
    hold = await desk.post("/v1/holds", held_part(body))
    answers = await asyncio.gather(
        *(desk.send("POST", "/v1/appointments", {**body, "hold_id": hold["id"]}) for _ in range(20))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    assert len(await clinic.all(Conversation)) == 1
    assert len({one.appointment_id for one in await clinic.all(Reminder)}) == 1
    await consistent(clinic)


async def test_a_hold_keeps_others_out_until_it_is_booked_released_or_over(clinic: Clinic) -> None:
    await open_hours(clinic)
    desk, other, at = clinic.staff("scheduler"), await colleague(clinic), noon(clinic)
    body = await wish(clinic, at)
    hold = await desk.post("/v1/holds", held_part(body))
    for by in (other, desk):  # without naming the hold even its holder is kept out
        assert (await by.refused(409, "POST", "/v1/appointments", body))["slug"] == "slot-taken"
    stolen = await other.refused(409, "POST", "/v1/appointments", {**body, "hold_id": hold["id"]})
    assert stolen["slug"] == "slot-taken", "a hold serves whoever holds it"
    await other.refused(404, "DELETE", f"/v1/holds/{hold['id']}")
    await clinic.staff("scheduler", clinic.south).refused(404, "DELETE", f"/v1/holds/{hold['id']}")
    assert (await desk.send("DELETE", f"/v1/holds/{hold['id']}")).status_code == 204
    await desk.refused(404, "DELETE", f"/v1/holds/{hold['id']}")
    again = await other.post("/v1/holds", held_part(body))
    clinic.clock.forward(HALF)
    mine = await desk.post("/v1/appointments", body)
    assert (await other.refused(409, "POST", "/v1/appointments", {**body, "hold_id": again["id"]}))["next_free"]
    assert mine["row"]["start"] == z(at)
    assert await clinic.all(Hold) == []
    await consistent(clinic)


async def test_a_hold_that_ran_out_is_no_obstacle_to_its_holder(clinic: Clinic) -> None:
    desk, body = clinic.staff("scheduler"), await wish(clinic, noon(clinic))
    hold = await desk.post("/v1/holds", held_part(body))
    clinic.clock.forward(HALF)
    await desk.post("/v1/appointments", {**body, "hold_id": hold["id"]})
    assert await clinic.all(Hold) == []
    await consistent(clinic)


@sqlite_only
async def test_the_worker_lets_go_of_what_ran_out(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    await desk.post("/v1/holds", held_part(await wish(clinic, noon(clinic))))
    await clinic.worker.tidy()
    assert len(await clinic.all(Hold)) == 1
    clinic.clock.forward(HALF)
    await clinic.worker.tidy()
    assert await clinic.all(Hold) == await clinic.all(Busy) == []


@sqlite_only
async def test_a_hold_of_something_else_is_refused_and_stays(clinic: Clinic) -> None:
    desk, body = clinic.staff("scheduler"), await wish(clinic, noon(clinic))
    hold = await desk.post("/v1/holds", held_part(body))
    before = await clinic.everything()
    for other in (
        {"start": z(noon(clinic) + timedelta(minutes=5))},
        {"provider_id": clinic.north.accounts["second"]},
    ):
        problem = await desk.refused(422, "POST", "/v1/appointments", {**body, **other, "hold_id": hold["id"]})
        assert [fault["pointer"] for fault in problem["errors"]] == ["/hold_id"]
    assert await clinic.everything() == before
    long = await kind(clinic)
    problem = await desk.refused(
        422, "POST", "/v1/appointments", {**body, "visit_type_id": long, "hold_id": hold["id"]}
    )
    assert problem["errors"][0]["pointer"] == "/hold_id"


@sqlite_only
async def test_nobody_holds_a_whole_day(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    body = held_part(await wish(clinic, noon(clinic)))
    for number in range(10):
        await desk.post("/v1/holds", {**body, "start": z(noon(clinic) + timedelta(minutes=15 * number))})
    answer = await desk.send("POST", "/v1/holds", {**body, "start": z(noon(clinic) + timedelta(hours=5))})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "120")
    clinic.clock.forward(HALF)
    await desk.post("/v1/holds", {**body, "start": z(noon(clinic) + timedelta(hours=5))})


@sqlite_only
async def test_a_kind_of_visit_says_who_may_book_it(clinic: Clinic) -> None:
    for_admins = await kind(clinic, booked_by=["admin"])
    body = await wish(clinic, noon(clinic), visit_type_id=for_admins)
    for path, sent in (("/v1/appointments", body), ("/v1/holds", held_part(body))):
        problem = await clinic.staff("scheduler").refused(422, "POST", path, sent)
        assert problem["errors"][0]["pointer"] == "/visit_type_id"
    await clinic.staff("admin").post("/v1/appointments", body)


async def test_an_interpreter_asked_for_is_sealed_and_stands_on_the_board(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    asked = await desk.post("/v1/appointments", await wish(clinic, noon(clinic), interpreter="Português"))
    person = await clinic.person(given="Ivo", phone=None, email=None)
    later = noon(clinic) + timedelta(hours=1)
    none = await desk.post("/v1/appointments", await wish(clinic, later, person_id=person))
    assert (asked["row"]["interpreter"], none["row"]["interpreter"]) == ("Português", None)
    stored = await clinic.all(Appointment, col(Appointment.interpreter).is_not(None))
    assert [one.id for one in stored] == [asked["row"]["id"]]
    assert "Portugu" not in repr(await clinic.everything())
    problem = await desk.refused(422, "POST", "/v1/appointments", await wish(clinic, later, interpreter="\x00\x01"))
    assert problem["errors"][0]["pointer"] == "/interpreter"


@pytest.mark.parametrize("with_hold", [True, False])
async def test_a_process_killed_in_the_middle_of_a_booking_leaves_nothing(clinic: Clinic, with_hold: bool) -> None:
    """kill -9 after every row was sent to the database and before the commit; then somebody else books the time."""
    desk, body = clinic.staff("scheduler"), await wish(clinic, noon(clinic))
    hold_id = (await desk.post("/v1/holds", held_part(body)))["id"] if with_hold else ""
    before = await clinic.everything()
    await killed_half_way(
        "tests.server.appointments.half_a_booking", clinic.house.settings.database_url,
        str(clinic.house.settings.data_dir.parent), clinic.north.id, clinic.north.accounts["scheduler"],
        body["person_id"], body["provider_id"], body["visit_type_id"], body["start"], hold_id,
    )  # fmt: skip
    assert await clinic.everything() == before
    await consistent(clinic)
    answer = await desk.send("POST", "/v1/appointments", body | ({"hold_id": hold_id} if with_hold else {}))
    assert answer.status_code == 201, answer.text
    assert await clinic.all(Hold) == []
    await consistent(clinic)


@sqlite_only
async def test_holding_and_releasing_are_in_the_audit_trail(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    hold = await desk.post("/v1/holds", held_part(await wish(clinic, noon(clinic))), idempotency_key=new_id())
    await desk.send("DELETE", f"/v1/holds/{hold['id']}")
    lines = await clinic.all(AuditEvent, AuditEvent.entity_id == hold["id"])
    assert sorted(line.subtype for line in lines) == ["hold.create", "hold.release"]
    assert (await find(clinic))["none"] == "no-hours"


async def test_a_hold_is_kept_on_the_databases_clock(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another instance's own clock runs five minutes ahead: it takes nothing from a hold that lives."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(minutes=5)

    start = noon(clinic, 2)
    end, provider = start + timedelta(minutes=15), clinic.north.accounts["provider"]
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        until = await unit.database_now() + timedelta(minutes=2)
        assert await busy.take(unit, provider, start, end, new_id(), until)
    for module in (clocks, units):
        monkeypatch.setattr(module, "datetime", Ahead)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        assert unit.clock.now() - await unit.database_now() > timedelta(minutes=4)
        await busy.sweep(unit)
        assert not await busy.take(unit, provider, start, end, new_id()), "it is held for two minutes of the database"
