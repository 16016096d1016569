"""One provider, one place at a time; what is wrong is pointed at and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from server.appointments.tables import Appointment, Busy
from server.conversations.tables import Conversation
from server.reminders.tables import Reminder
from server.visits.tables import Visit
from tests.parts.clinic import Clinic, five_minutes
from tests.parts.marks import sqlite_only

RACERS = 200


async def wish(clinic: Clinic, **values: Any) -> dict[str, Any]:
    start = five_minutes(clinic.clock.now()) + timedelta(hours=2)
    return {
        "person_id": await clinic.person(), "provider_id": clinic.north.accounts["provider"],
        "visit_type_id": clinic.north.visit_type, "start": start.isoformat(), **values,
    }  # fmt: skip


async def test_two_hundred_want_one_slot_and_one_gets_it(clinic: Clinic) -> None:
    """Nobody sends an Idempotency-Key, so nothing but the slot itself decides."""
    desk, body = clinic.staff("scheduler"), await wish(clinic)
    answers = await asyncio.gather(*(desk.send("POST", "/v1/appointments", body) for _ in range(RACERS)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: RACERS - 1}
    assert {answer.json()["slug"] for answer in answers if answer.status_code == 409} == {"slot-taken"}
    for table in (Appointment, Visit, Conversation):
        assert len(await clinic.all(table)) == 1
    assert len(await clinic.all(Busy)) == 3
    assert len({one.appointment_id for one in await clinic.all(Reminder)}) == 1


async def test_visits_that_overlap_by_a_minute_are_refused_and_neighbours_are_not(clinic: Clinic) -> None:
    desk, body = clinic.staff("scheduler"), await wish(clinic)
    start = five_minutes(clinic.clock.now()) + timedelta(hours=2)
    await desk.post("/v1/appointments", body)
    before = await clinic.everything()
    for minutes in (-14, -10, 0, 5, 14):
        moved = {**body, "start": (start + timedelta(minutes=minutes)).isoformat()}
        assert (await desk.refused(409, "POST", "/v1/appointments", moved))["slug"] == "slot-taken"
    assert await clinic.everything() == before
    for minutes in (-15, 15):
        await desk.post("/v1/appointments", {**body, "start": (start + timedelta(minutes=minutes)).isoformat()})
    await desk.post("/v1/appointments", {**body, "provider_id": clinic.north.accounts["second"], "even_so": True})


@sqlite_only
async def test_an_ended_visit_gives_its_time_back(clinic: Clinic) -> None:
    booked = await clinic.book(provider="provider")
    await clinic.arrive(booked)
    provider, row = clinic.staff("provider"), await clinic.row(booked)
    admit = {"version": row["entry"]["version"], "identifiers": ["name", "number"]}
    row = await provider.post(f"/v1/waiting/{row['entry']['id']}/admit", admit)
    await provider.post(f"/v1/visits/{booked.visit_id}/end", {"version": row["visit"]["version"]})
    assert await clinic.all(Busy) == []


@sqlite_only
async def test_a_preview_shows_what_booking_sends_and_books_nothing(clinic: Clinic) -> None:
    desk, body = clinic.staff("scheduler"), await wish(clinic)
    before = await clinic.everything()
    shown = (await desk.post("/v1/appointments/preview", body))["messages"]
    assert await clinic.everything() == before
    booked = await desk.post("/v1/appointments", body)
    assert [{**one, "due": ""} for one in booked["messages"]] == [{**one, "due": ""} for one in shown]
    await clinic.send_due()
    texts = await clinic.house.sms.list()  # type: ignore[attr-defined]
    link = texts[0].body.split("/j/")[1].split()[0]
    assert texts[0].body.replace(link, "...") == next(one["body"] for one in shown if one["channel"] == "sms")


@sqlite_only
@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"zone": "../../etc/passwd"}, "/zone"),
        ({"start": "2020-01-01T10:00:00Z"}, "/start"),
        ({"start": "2031-03-09T02:30:00"}, "/start"),  # New York skips it
        ({"start": "2031-11-02T01:30:00"}, "/start"),  # New York has it twice
        ({"start": "0001-01-01T00:00:00+14:00"}, "/start"),
        ({"start": "9999-12-31T23:59:59"}, "/start"),
        ({"start": "tomorrow"}, "/start"),
        ({"reason": "x" * 201}, "/reason"),
        ({"person_id": "no id"}, "/person_id"),
        ({"person_id": None}, "/person_id"),
        ({"more": 1}, "/more"),
    ],
)
async def test_a_fault_is_pointed_at_and_leaves_nothing(clinic: Clinic, values: dict[str, Any], pointer: str) -> None:
    desk, body = clinic.staff("scheduler"), await wish(clinic, **values)
    before = await clinic.everything()
    for path in ("/v1/appointments", "/v1/appointments/preview"):
        problem = await desk.refused(422, "POST", path, body)
        assert problem["slug"] == "invalid"
        assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
        assert problem["errors"][0]["detail"]
    assert await clinic.everything() == before


@sqlite_only
async def test_somebody_who_sees_no_patients_cannot_be_booked(clinic: Clinic) -> None:
    body = await wish(clinic, provider_id=clinic.north.accounts["scheduler"])
    problem = await clinic.staff("scheduler").refused(422, "POST", "/v1/appointments", body)
    assert problem["errors"][0]["pointer"] == "/provider_id"


@sqlite_only
async def test_an_hour_that_happens_twice_is_booked_by_its_offset(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    starts = [
        (await desk.post("/v1/appointments", await wish(clinic, start=f"2031-11-02T01:30:00{offset}")))["row"]["start"]
        for offset in ("-04:00", "-05:00")
    ]
    assert starts == ["2031-11-02T05:30:00Z", "2031-11-02T06:30:00Z"]
