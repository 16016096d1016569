"""A visit is moved, handed over, called off: the link, the person and the place in line stay; nothing old can fire."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.appointments.tables import Appointment, Busy, Hold
from server.audit.tables import AuditEvent
from server.core.ids import new_id
from server.events import MessageAsked
from server.reminders.tables import Reminder
from tests.parts.clinic import Booked, Browser, Clinic
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import held_part, kind, noon, open_hours, wish, z
from tests.server.appointments.test_holds import consistent


async def change(desk: Browser, booked: Booked, verb: str, **body: Any) -> Any:
    """Move or cancel a visit that was not changed before."""
    return await desk.post(f"/v1/appointments/{booked.id}/{verb}", {"version": 1, **body})


async def texts(clinic: Clinic) -> list[str]:
    await clinic.send_due()
    return [one.body for one in await clinic.house.sms.list()]  # type: ignore[attr-defined]


async def calendars(clinic: Clinic) -> list[str]:
    mails = await clinic.house.mail.list()  # type: ignore[attr-defined]
    return [mail.calendar for mail in mails]


async def test_a_move_keeps_the_link_and_voids_what_was_planned(clinic: Clinic) -> None:
    start = noon(clinic)
    clinic.clock.forward(start - timedelta(hours=23) - clinic.clock.now())  # by day, so that texts leave at once
    desk, booked = clinic.staff("scheduler"), await clinic.book(start=start, provider="provider")
    await clinic.send_due()
    to = start + timedelta(hours=2)
    answer = await change(desk, booked, "move", start=z(to))
    row = answer["row"]
    assert (row["start"], row["revision"], row["version"], row["status"]) == (z(to), 2, 2, "booked")
    assert [one["step"] for one in answer["messages"]] == ["moved", "moved", "reminder.2h", "link"]
    ledger = (await desk.get(f"/v1/appointments/{booked.id}/ledger"))["lines"]
    first = [line for line in ledger if line["step"] == "link"]
    assert [line["state"] for line in first] == ["cancelled", "scheduled"], "the old link message is withdrawn"
    clinic.clock.forward(timedelta(days=1))
    while clinic.clock.now() < to:
        await clinic.send_due()
        clinic.clock.forward(timedelta(minutes=10))
    sent = [line for line in await clinic.all(Reminder) if line.status in {"sent", "delivered"}]
    assert Counter((line.revision, line.step) for line in sent) == {
        (1, "confirmation"): 2, (2, "moved"): 2, (2, "unconfirmed"): 1, (2, "link"): 1,
    }  # fmt: skip
    opened = await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    assert datetime.fromisoformat(opened["appointment"]["start"]) == to
    await consistent(clinic)


async def test_what_is_planned_goes_along_when_somebody_who_waits_is_handed_over(clinic: Clinic) -> None:
    """The visit has another revision then, but no message says anything that has changed."""
    booked, desk = await clinic.book(provider="provider"), clinic.staff("scheduler")
    await clinic.arrive(booked)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        unit.emit(
            MessageAsked(
                step="late", person_id=booked.person_id, appointment_id=booked.id, subject=new_id(),
                facts={"minutes": "20"},
            )
        )  # fmt: skip
    entry = (await clinic.row(booked))["entry"]
    body = {"version": entry["version"], "provider_id": clinic.north.accounts["second"]}
    row = await desk.post(f"/v1/waiting/{entry['id']}/transfer", body)
    assert row["revision"] == 2
    assert {one.revision for one in await clinic.all(Reminder) if one.status == "scheduled"} == {2}
    assert any("20 min late" in one for one in await texts(clinic))
    assert not any("visit now" in one for one in await texts(clinic))


async def test_the_calendar_follows_by_one_uid_and_a_rising_sequence(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book(start=noon(clinic), provider="provider")
    await clinic.send_due()
    row = (await change(desk, booked, "move", start=z(noon(clinic, 2))))["row"]
    await clinic.send_due()
    await desk.post(f"/v1/appointments/{booked.id}/cancel", {"version": row["version"]})
    await clinic.send_due()
    told = []
    for text in await calendars(clinic):
        lines = dict(line.split(":", 1) for line in text.replace("\r\n ", "").splitlines() if ":" in line)
        told.append((lines["METHOD"], lines["SEQUENCE"], lines["STATUS"], lines["UID"]))
    assert sorted(one[:3] for one in told) == sorted([
        ("REQUEST", "0", "CONFIRMED"), ("REQUEST", "1", "CONFIRMED"), ("CANCEL", "2", "CANCELLED"),
    ])  # fmt: skip
    assert len({one[3] for one in told}) == 1


async def test_a_visit_may_move_onto_part_of_its_own_time(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book(start=noon(clinic), provider="provider")
    row = (await change(desk, booked, "move", start=z(noon(clinic) + timedelta(minutes=5))))["row"]
    await consistent(clinic)
    await desk.post(f"/v1/appointments/{booked.id}/move", {"version": row["version"], "start": z(noon(clinic))})
    assert len(await clinic.all(Busy)) == 3
    await consistent(clinic)


async def test_a_taken_time_names_the_next_free_ones_and_changes_nothing(clinic: Clinic) -> None:
    await open_hours(clinic)
    desk, at = clinic.staff("scheduler"), noon(clinic)
    booked = await clinic.book(start=at, provider="provider")
    other = await clinic.book(
        person=await clinic.person(phone=None), start=at + timedelta(hours=1), provider="provider"
    )
    before = await clinic.everything()
    body = {"version": 1, "start": z(at + timedelta(minutes=55))}
    problem = await desk.refused(409, "POST", f"/v1/appointments/{booked.id}/move", body)
    assert problem["slug"] == "slot-taken"
    assert [slot["start"] for slot in problem["next_free"]] == [
        z(at + timedelta(hours=1, minutes=15 * step)) for step in (1, 2, 3)
    ]
    assert await clinic.everything() == before
    # The freed time is somebody else's at once.
    await change(desk, other, "move", start=z(at + timedelta(hours=3)))
    assert (await desk.send("POST", f"/v1/appointments/{booked.id}/move", body)).status_code == 200
    await consistent(clinic)


async def test_of_two_hundred_who_move_to_one_time_one_arrives(clinic: Clinic) -> None:
    desk, at = clinic.staff("scheduler"), noon(clinic, 3)
    visits = []
    for number in range(8):
        person = await clinic.person(given=f"Ivo {number}", phone=None, email=None)
        start = noon(clinic) + timedelta(minutes=15 * number)
        visits.append(await clinic.book(person=person, start=start, provider="provider"))
    body = {"version": 1, "start": z(at)}
    answers = await asyncio.gather(
        *(desk.send("POST", f"/v1/appointments/{visits[n % 8].id}/move", body) for n in range(200))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 199}
    slugs = {answer.json()["slug"] for answer in answers if answer.status_code == 409}
    assert slugs == {"slot-taken", "stale-version"}
    assert [one.start for one in await clinic.all(Appointment, Appointment.start == at)] == [at]
    await consistent(clinic)


async def test_an_old_version_moves_and_cancels_nothing(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book(start=noon(clinic), provider="provider")
    await change(desk, booked, "move", start=z(noon(clinic, 2)))
    before = await clinic.everything()
    for verb, body in (("move", {"start": z(noon(clinic, 3))}), ("cancel", {})):
        problem = await desk.refused(409, "POST", f"/v1/appointments/{booked.id}/{verb}", {"version": 1, **body})
        assert (problem["slug"], problem["current"]) == ("stale-version", 2)
    assert await clinic.everything() == before


async def test_a_command_sent_twice_happens_once(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book(start=noon(clinic), provider="provider")
    path, key = f"/v1/appointments/{booked.id}", new_id()
    body = {"version": 1, "start": z(noon(clinic, 2))}
    twice = [await desk.post(f"{path}/move", body, idempotency_key=key) for _ in range(2)]
    assert twice[0] == twice[1]
    key = new_id()
    twice = [await desk.post(f"{path}/cancel", {"version": 2}, idempotency_key=key) for _ in range(2)]
    assert twice[0] == twice[1]
    assert [one.revision for one in await clinic.all(Appointment)] == [3]


async def test_a_hold_becomes_the_new_time(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book(start=noon(clinic), provider="provider")
    to = await wish(clinic, noon(clinic, 2), person_id=booked.person_id)
    hold = await desk.post("/v1/holds", held_part(to))
    body = {"version": 1, "start": to["start"]}
    assert (await desk.refused(409, "POST", f"/v1/appointments/{booked.id}/move", body))["slug"] == "slot-taken"
    other = {**body, "start": z(noon(clinic, 3)), "hold_id": hold["id"]}
    problem = await desk.refused(422, "POST", f"/v1/appointments/{booked.id}/move", other)
    assert problem["errors"][0]["pointer"] == "/hold_id"
    moved = await desk.post(f"/v1/appointments/{booked.id}/move", {**body, "hold_id": hold["id"]})
    assert moved["row"]["start"] == to["start"]
    assert await clinic.all(Hold) == []
    await consistent(clinic)


async def test_who_waits_keeps_the_place_when_handed_over(clinic: Clinic) -> None:
    desk, start = clinic.staff("scheduler"), noon(clinic, 0)
    clinic.clock.forward(start - clinic.clock.now() + timedelta(days=1))
    start = clinic.clock.now().replace(second=0, microsecond=0) + timedelta(minutes=10)
    visits = []
    for number in range(2):
        person = await clinic.person(given=f"Ivo {number}", phone=None, email=None)
        at = start + timedelta(minutes=15 * number)
        visits.append(await clinic.book(person=person, start=at, provider="provider"))
    phones = [await clinic.arrive(one) for one in visits]
    row = await clinic.row(visits[0])
    body = {"version": row["version"], "start": row["start"], "provider_id": clinic.north.accounts["second"]}
    handed = (await desk.post(f"/v1/appointments/{visits[0].id}/move", body))["row"]
    assert (handed["status"], handed["provider"]["id"]) == ("arrived", clinic.north.accounts["second"])
    assert (handed["entry"]["state"], handed["entry"]["position"]) == ("waiting", 1)
    assert handed["entry"]["since"] == row["entry"]["since"]
    view = await phones[0].get(f"/v1/links/{visits[0].link_id}/visit")
    assert (view["appointment"]["with"], view["entry"]["position"]) == ("Dr Second North", 1)
    assert (await phones[1].get(f"/v1/links/{visits[1].link_id}/visit"))["entry"]["ahead"] == 0
    second = clinic.staff("second")
    identifiers = {"version": handed["entry"]["version"], "identifiers": ["name", "birth_date"]}
    admitted = await second.post(f"/v1/waiting/{handed['entry']['id']}/admit", identifiers)
    before = await clinic.everything()
    body = {"version": admitted["version"], "start": z(noon(clinic, 3))}
    for verb in ("move", "cancel"):
        sent = body if verb == "move" else {"version": admitted["version"]}
        assert "begun" in (await desk.refused(409, "POST", f"/v1/appointments/{visits[0].id}/{verb}", sent))["detail"]
    assert await clinic.everything() == before


async def test_who_waits_when_the_time_moves_waits_no_longer(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book(provider="provider")
    phone = await clinic.arrive(booked)
    to = noon(clinic, 2)
    row = await clinic.row(booked)
    moved = await desk.post(f"/v1/appointments/{booked.id}/move", {"version": row["version"], "start": z(to)})
    assert (moved["row"]["status"], moved["row"]["entry"]["state"]) == ("booked", "expired")
    view = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert (view["stage"], view["opens_at"]) == ("early", z(to - timedelta(minutes=60)))
    clinic.clock.forward(to - clinic.clock.now() - timedelta(minutes=5))
    again = await phone.post("/v1/my/check-in", {})
    assert again["stage"] == "waiting", "the browser is still bound to the visit"


async def test_a_cancelled_visit_is_over_for_everybody_and_its_time_is_free(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book(provider="provider")
    phone = await clinic.arrive(booked)
    await clinic.send_due()
    row = await clinic.row(booked)
    answer = await desk.post(f"/v1/appointments/{booked.id}/cancel", {"version": row["version"], "reason": "prov"})
    shown = answer["row"]
    assert (shown["status"], shown["cancel_reason"], shown["visit"]["status"]) == ("cancelled", "prov", "cancelled")
    assert shown["entry"]["state"] == "expired"
    assert (await phone.get(f"/v1/links/{booked.link_id}/visit"))["stage"] == "closed"
    assert await clinic.all(Busy) == []
    told = await texts(clinic)
    assert ["called off" in one for one in told].count(True) == 1
    clinic.clock.forward(timedelta(days=1))
    assert await texts(clinic) == told, "nothing else ever"
    again = {"version": shown["version"], "start": z(noon(clinic, 3))}
    for verb, body in (("move", again), ("cancel", {"version": shown["version"]})):
        problem = await desk.refused(409, "POST", f"/v1/appointments/{booked.id}/{verb}", body)
        assert "called off" in problem["detail"]
    person = await clinic.person(given="Ivo", phone=None)
    await clinic.book(person=person, start=datetime.fromisoformat(row["start"]).astimezone(UTC) + timedelta(days=1))


@sqlite_only
async def test_a_patient_who_was_told_gets_no_message(clinic: Clinic) -> None:
    booked = await clinic.book(start=noon(clinic), provider="provider")
    answer = await change(clinic.staff("scheduler"), booked, "cancel", reason="pat", tell=False)
    assert answer["messages"] == []
    assert await texts(clinic) == []


@sqlite_only
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"start": "2031-03-09T02:30:00"}, "/start"),  # New York skips it
        ({"start": "2031-11-02T01:30:00"}, "/start"),  # New York has it twice
        ({"start": "2020-01-01T10:00:00Z"}, "/start"),
        ({"start": "9999-12-31T23:59:59"}, "/start"),
        ({"start": "tomorrow"}, "/start"),
        ({"start": "2031-05-05T10:00:00", "zone": "Mars/Olympus"}, "/zone"),
        ({"start": "2031-05-05T10:00:00Z", "version": 0}, "/version"),
        ({"start": "2031-05-05T10:00:00Z", "more": 1}, "/more"),
        ({}, "/start"),
    ],
)
async def test_a_fault_of_a_move_is_pointed_at(clinic: Clinic, body: dict[str, Any], pointer: str) -> None:
    booked = await clinic.book(start=noon(clinic), provider="provider")
    before = await clinic.everything()
    sent = {"version": 1, **body}
    problem = await clinic.staff("scheduler").refused(422, "POST", f"/v1/appointments/{booked.id}/move", sent)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert await clinic.everything() == before


@sqlite_only
async def test_a_move_to_where_it_is_says_so(clinic: Clinic) -> None:
    booked = await clinic.book(start=noon(clinic), provider="provider")
    body = {"version": 1, "start": z(noon(clinic))}
    problem = await clinic.staff("scheduler").refused(422, "POST", f"/v1/appointments/{booked.id}/move", body)
    assert problem["detail"] == "The visit is at this time already."


@sqlite_only
async def test_a_moved_visit_keeps_its_length_and_its_answer_when_only_handed_over(clinic: Clinic) -> None:
    long = await kind(clinic, minutes=30)
    desk = clinic.staff("scheduler")
    made = (await desk.post("/v1/appointments", await wish(clinic, noon(clinic), visit_type_id=long)))["row"]
    await clinic.staff("admin").send("PUT", f"/v1/visit-types/{long}", {"name": "Long talk", "minutes": 60})
    body = {"version": 1, "start": z(noon(clinic, 2)), "provider_id": clinic.north.accounts["second"]}
    moved = (await desk.post(f"/v1/appointments/{made['id']}/move", body))["row"]
    assert moved["end"] == z(noon(clinic, 2) + timedelta(minutes=30))
    assert len(await clinic.all(Busy)) == 6


async def test_the_note_for_the_desk_is_sealed_and_staffs_alone(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    made = await desk.post("/v1/appointments", await wish(clinic, noon(clinic), note="Ring twice"))
    visit = await clinic.booked(clinic.north, made["row"]["id"], made["row"]["person"]["id"])
    assert made["row"]["note"] == "Ring twice"
    path = f"/v1/appointments/{visit.id}/note"
    answer = await clinic.staff("provider").send("PUT", path, {"version": 1, "note": " Needs Zebra room "})
    row = answer.json()["row"]
    assert (row["note"], row["version"], row["revision"]) == ("Needs Zebra room", 2, 1)
    phone = await clinic.arrive(visit)
    assert "Zebra" not in repr(await phone.get(f"/v1/links/{visit.link_id}/visit"))
    assert "Zebra" not in repr(await clinic.everything())
    await clinic.staff("provider").refused(409, "PUT", path, {"version": 1, "note": "Other"})
    gone = (await desk.send("PUT", path, {"version": 2, "note": ""})).json()["row"]
    assert gone["note"] is None


@sqlite_only
async def test_moving_and_cancelling_are_in_the_audit_trail(clinic: Clinic) -> None:
    desk, booked = clinic.staff("scheduler"), await clinic.book(start=noon(clinic), provider="provider")
    await change(desk, booked, "move", start=z(noon(clinic, 2)))
    await desk.post(f"/v1/appointments/{booked.id}/cancel", {"version": 2})
    lines = await clinic.all(AuditEvent, AuditEvent.entity_id == booked.id)
    told = [(line.subtype, line.agent_id) for line in lines if line.subtype.startswith("appointment.")]
    who = clinic.north.accounts["scheduler"]
    assert told == [("appointment.book", "system"), ("appointment.move", who), ("appointment.cancel", who)]
