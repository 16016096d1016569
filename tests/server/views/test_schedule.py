"""The schedule of some days: which visits stand on it, what about them needs a human, and when providers are there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.appointments.service import answer
from server.appointments.tables import Appointment
from server.reminders.tables import Reminder
from server.views.attention import attention
from server.views.schedule import days_of
from server.waiting.tables import WaitingRoomEntry
from tests.parts.clinic import Booked, Browser, Clinic
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import noon, open_hours, week

ZONE = ZoneInfo("America/New_York")  # where the test clinics are


async def shown(clinic: Clinic, first: date, days: int = 1, by: Browser | None = None) -> dict[str, Any]:
    path = f"/v1/schedule?from={first.isoformat()}&days={days}"
    answer: dict[str, Any] = await (by or clinic.staff("scheduler")).get(path)
    return answer


def day_of(at: datetime) -> date:
    return at.astimezone(ZONE).date()


async def test_a_day_holds_the_visits_that_start_on_it_by_the_clinics_clock(clinic: Clinic) -> None:
    """23:45 and 00:00 in New York are two days there, whatever day it is in Greenwich."""
    day = day_of(noon(clinic, 40))
    late = datetime(day.year, day.month, day.day, 23, 45, tzinfo=ZONE)
    first = await clinic.book(start=late, provider="provider")
    second = await clinic.book(start=late + timedelta(minutes=15), provider="provider")
    theirs = await clinic.book(start=late, surgery=clinic.south, provider="provider")
    found = [set((await shown(clinic, day + timedelta(days=n)))["rows"]) for n in range(-1, 3)]
    assert [rows & {first.id, second.id, theirs.id} for rows in found] == [set(), {first.id}, {second.id}, set()]
    whole = await shown(clinic, day, 2)
    assert {first.id, second.id} <= whole["rows"].keys()
    assert (whole["zone"], whole["from"], whole["days"]) == (ZONE.key, day.isoformat(), 2)
    row = whole["rows"][first.id]
    assert row["person"]["name"] == "Rosa Marsh"
    assert row["visit_type"] == {"id": clinic.north.visit_type, "name": "Follow-up", "modality": "video"}


def test_the_day_on_which_the_clocks_change_has_its_own_length() -> None:
    assert days_of(ZONE, date(2027, 3, 14), 1).end - days_of(ZONE, date(2027, 3, 14), 1).start == timedelta(hours=23)
    assert days_of(ZONE, date(2026, 11, 1), 1).end - days_of(ZONE, date(2026, 11, 1), 1).start == timedelta(hours=25)


async def needs(clinic: Clinic, booked: Booked) -> list[str]:
    """What the list of a far-away day says about a visit: it stands there only when it needs a human."""
    rows = (await shown(clinic, day_of(noon(clinic, 60))))["rows"]
    return rows[booked.id]["attention"] if booked.id in rows else []


async def test_the_list_follows_the_facts(clinic: Clinic) -> None:
    """Nothing of it is stored: each fact puts a visit on the list and its end takes it off."""
    desk = clinic.staff("scheduler")
    soon = clinic.clock.now() + timedelta(hours=5)
    soon = soon.replace(minute=0, second=0, microsecond=0)
    booked = await clinic.book(start=soon, provider="provider")
    assert await needs(clinic, booked) == []
    await clinic.send_due()
    assert await needs(clinic, booked) == ["unconfirmed"]
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await answer(unit, await unit.get(Appointment, booked.id), "declined")
    assert await needs(clinic, booked) == ["declined"]
    silent = await clinic.book(
        start=soon, provider="second", person=await clinic.person(phone=None, email=None)
    )  # fmt: skip
    assert await needs(clinic, silent) == ["unreachable"]
    far = await clinic.book(start=soon + timedelta(days=5), provider="provider")
    await clinic.send_due()
    assert await needs(clinic, far) == [], "unconfirmed, and not near yet"
    row = (await shown(clinic, day_of(soon + timedelta(days=5))))["rows"][far.id]
    body = {"version": row["version"], "language": "Portuguese"}
    asked = (await desk.send("PUT", f"/v1/appointments/{far.id}/interpreter", body)).json()["row"]
    assert (asked["interpreter"], asked["interpreter_status"]) == ("Portuguese", "needs-action")
    assert "interpreter" in await needs(clinic, far)
    body = {"version": asked["version"], "language": "Portuguese", "status": "accepted"}
    await desk.send("PUT", f"/v1/appointments/{far.id}/interpreter", body)
    assert await needs(clinic, far) == []


@sqlite_only
async def test_an_interpreter_is_arranged_on_what_was_seen(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book()
    path = f"/v1/appointments/{booked.id}/interpreter"
    stale = await desk.refused(409, "PUT", path, {"version": 7, "language": "Welsh"})
    assert stale["slug"] == "stale-version"
    wrong = await desk.refused(422, "PUT", path, {"version": 1, "language": "x"})
    assert wrong["errors"][0]["pointer"] == "/language"
    assert (await clinic.all(Appointment, Appointment.id == booked.id))[0].interpreter is None
    await desk.send("PUT", path, {"version": 1, "language": "Welsh"})
    assert b"Welsh" not in (await clinic.all(Appointment, Appointment.id == booked.id))[0].interpreter
    gone = (await desk.send("PUT", path, {"version": 2, "language": None})).json()["row"]
    assert (gone["interpreter"], gone["interpreter_status"]) == (None, None)


def visit(**values: Any) -> Appointment:
    return Appointment(**{"status": "booked", "participation": "needs-action", **values})


@pytest.mark.parametrize(
    ("sms", "email", "participation", "expected"),
    [
        (None, None, "needs-action", ["unreachable"]),
        ("scheduled", None, "needs-action", []),
        ("delivered", "sent", "needs-action", ["unconfirmed"]),
        ("delivered", None, "accepted", []),
        ("failed", None, "needs-action", ["undelivered"]),
        ("failed", "scheduled", "needs-action", ["undelivered"]),
        ("failed", "delivered", "needs-action", ["unconfirmed"]),
        ("failed", None, "accepted", ["undelivered"]),
        ("delivered", "delivered", "tentative", ["tentative"]),
    ],
)
def test_what_became_of_the_messages(
    sms: str | None, email: str | None, participation: str, expected: list[str]
) -> None:
    assert attention(visit(participation=participation), {"sms": sms, "email": email}, None) == expected


@pytest.mark.parametrize(
    ("media", "camera", "microphone", "expected"),
    [
        ("video", "ok", "ok", []), ("video", "site-denied", "ok", ["device"]), ("voice", "site-denied", "ok", []),
        ("voice", "absent", "in-use", ["device"]), ("video", "unchecked", "unchecked", []),
        ("phone", "absent", "absent", []),
    ],
)  # fmt: skip
def test_what_became_of_the_devices(media: str, camera: str, microphone: str, expected: list[str]) -> None:
    entry = WaitingRoomEntry(status="waiting", media=media, camera=camera, microphone=microphone)
    assert attention(visit(status="arrived"), {"sms": "delivered"}, entry) == expected
    entry.status = "admitted"
    assert attention(visit(status="arrived"), {"sms": "delivered"}, entry) == []


def test_what_is_over_needs_nobody() -> None:
    for status in ("cancelled", "fulfilled", "noshow"):
        assert attention(visit(status=status, interpreter=b"x"), {"sms": "failed", "email": None}, None) == []


async def test_a_failed_text_brings_a_visit_of_the_week_ahead_onto_the_list(clinic: Clinic) -> None:
    """The list does not depend on which day is looked at."""
    booked = await clinic.book(start=noon(clinic, 4), provider="provider")
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        for one in await unit.all(unit.select(Reminder).where(Reminder.appointment_id == booked.id)):
            one.status = "failed"
            unit.add(one)
    assert await needs(clinic, booked) == ["undelivered"]


async def test_openings_are_the_hours_as_instants(clinic: Clinic) -> None:
    day = date(2027, 3, 15)  # the Monday after the clocks went forward in New York
    await open_hours(clinic, zone=ZONE.key, hours=week("09:00", "12:30", range(1, 2)))
    found = (await clinic.staff("provider").get(f"/v1/openings?from={day - timedelta(days=8)}&days=14"))["openings"]
    assert found[clinic.north.accounts["provider"]] == [
        {"start": "2027-03-08T14:00:00Z", "end": "2027-03-08T17:30:00Z"},
        {"start": "2027-03-15T13:00:00Z", "end": "2027-03-15T16:30:00Z"},
    ]
    assert clinic.north.accounts["second"] not in found, "no hours, not even the practice's"


@sqlite_only
@pytest.mark.parametrize(
    "query",
    ["", "?from=soon", "?from=2026-02-30", "?from=0001-01-01", "?from=2026-11-24&days=0", "?from=2026-11-24&days=400"],
)
@pytest.mark.parametrize("path", ["/v1/schedule", "/v1/openings"])
async def test_days_that_are_none_are_refused(clinic: Clinic, path: str, query: str) -> None:
    problem = await clinic.staff("scheduler").refused(422, "GET", path + query)
    assert problem["errors"]
