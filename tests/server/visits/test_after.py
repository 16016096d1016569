"""After the visit: the outcome proposed from facts, the next one in one click, two taps of the patient."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from server.appointments.tables import Appointment
from server.conversations.tables import MessageRow
from server.reminders.tables import Reminder
from server.visits.outcome import Outcome, proposed
from tests.parts.clinic import Booked, Browser, Clinic, five_minutes

ADMIT = {"identifiers": ["name", "birth_date"]}
NOON = datetime.fromisoformat("2026-11-24T12:00:00+00:00")


@pytest.mark.parametrize(
    ("started", "seconds", "media", "outcome"),
    [
        (NOON, 600, "video", Outcome.completed),
        (NOON, 600, "phone", Outcome.by_phone),
        (NOON, 59, "video", Outcome.left),
        (NOON, 60, "voice", Outcome.completed),
        (None, 600, "video", Outcome.left),
    ],
)
def test_the_outcome_follows_from_the_facts(
    started: datetime | None, seconds: int, media: str, outcome: Outcome
) -> None:
    assert proposed(started, NOON + timedelta(seconds=seconds), media) is outcome


async def held(clinic: Clinic, minutes: int = 9) -> tuple[Booked, Browser, dict[str, Any]]:
    """A visit from the line to its end."""
    person = await clinic.person(phone=None)
    booked = await clinic.book(person=person, start=five_minutes(clinic.clock.now()))
    phone = await clinic.arrive(booked)
    provider = clinic.staff("provider")
    entry = (await clinic.row(booked))["entry"]
    body = {"version": entry["version"], "identifiers": ["name", "birth_date"]}
    row = await provider.post(f"/v1/waiting/{entry['id']}/admit", body)
    clinic.clock.forward(timedelta(minutes=minutes))
    ended = await provider.post(f"/v1/visits/{row['visit']['id']}/end", {"version": row["visit"]["version"]})
    return booked, phone, ended


async def test_the_end_proposes_an_outcome_and_the_provider_may_correct_it(clinic: Clinic) -> None:
    booked, _, row = await held(clinic)
    assert row["visit"]["outcome"] == "completed"
    path = f"/v1/visits/{booked.visit_id}/outcome"
    await clinic.staff("second").refused(409, "POST", path, {"outcome": "technical-failure"})
    await clinic.staff("provider").refused(422, "POST", path, {"outcome": "fine"})
    changed = await clinic.staff("provider").post(path, {"outcome": "technical-failure"})
    assert changed["visit"]["outcome"] == "technical-failure"


async def test_the_next_visit_is_booked_in_one_click_and_once(clinic: Clinic) -> None:
    hours = {
        "zone": "UTC", "hours": [{"weekday": day, "begins": "00:00", "ends": "24:00"} for day in range(1, 8)],
    }  # fmt: skip
    await clinic.staff("scheduler").send("PUT", "/v1/practice/hours", hours)
    booked, _, _ = await held(clinic)
    path = f"/v1/visits/{booked.visit_id}/follow-up"
    provider = clinic.staff("provider")
    made = await provider.post(path, {"weeks": 2})
    again = await provider.post(path, {"weeks": 4})
    assert again["id"] == made["id"], "pressed twice, booked once"
    rows = {one.id: one for one in await clinic.all(Appointment)}
    first, second = rows[booked.id], rows[made["id"]]
    assert len(rows) == 2
    late = second.start - (first.start + timedelta(weeks=2))
    assert timedelta() <= late < timedelta(hours=1), "the first free time from then on"
    assert (second.provider_id, second.person_id, second.first) == (first.provider_id, first.person_id, False)
    assert (await clinic.row(booked))["visit"]["follow_up"] == made["id"]


async def test_without_hours_the_desk_finds_a_time(clinic: Clinic) -> None:
    booked, _, _ = await held(clinic)
    path = f"/v1/visits/{booked.visit_id}/follow-up"
    refused = await clinic.staff("provider").refused(409, "POST", path, {"weeks": 2})
    assert "The desk can find one" in refused["detail"]
    assert len(await clinic.all(Appointment)) == 1


async def test_two_taps_of_the_patient_are_counted_without_a_name(clinic: Clinic) -> None:
    _, phone, _ = await held(clinic)
    view = await phone.post("/v1/my/survey", {"ease": 3, "helped": 2})
    assert view["visit"]["surveyed"] is True
    await phone.refused(422, "POST", "/v1/my/survey", {"ease": 4, "helped": 2})
    counted = await clinic.staff("admin").get("/v1/survey-figures")
    assert counted == {"answers": 1, "ease": {}, "helped": {}}, "of one answer only that there is one"
    assert (await clinic.staff("admin", clinic.south).get("/v1/survey-figures"))["answers"] == 0
    await clinic.staff("provider").refused(403, "GET", "/v1/survey-figures")


async def sealed_message(clinic: Clinic, booked: Booked, msg_id: str) -> None:
    """A message stands in the conversation; what it says only browsers know."""
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        unit.add(
            MessageRow(
                tenant=unit.tenant, conversation_id=booked.conversation_id, seq=1, msg_id=msg_id, device_id="D" * 22,
                n=1, epoch_commit=bytes(32), kind="care", seen_seq=0, seen_hash=bytes(32), ct=b"sealed", sig=bytes(64),
                hash=bytes(32), chain=bytes(32), received_at=unit.clock.now(),
            )
        )  # fmt: skip


async def test_the_summary_is_pointed_at_once_and_announced_without_content(clinic: Clinic) -> None:
    clinic.by_day()
    person = await clinic.person(email=None)
    booked = await clinic.book(person=person, start=five_minutes(clinic.clock.now()), provider="provider")
    phone = await clinic.arrive(booked)
    entry = (await clinic.row(booked))["entry"]
    provider = clinic.staff("provider")
    row = await provider.post(f"/v1/waiting/{entry['id']}/admit", {"version": entry["version"], **ADMIT})
    path = f"/v1/visits/{booked.visit_id}/summary"
    await sealed_message(clinic, booked, "M" * 22)
    await provider.refused(409, "POST", path, {"msg_id": "M" * 22})
    clinic.clock.forward(timedelta(minutes=9))
    await provider.post(f"/v1/visits/{booked.visit_id}/end", {"version": row["visit"]["version"]})
    await provider.refused(404, "POST", path, {"msg_id": "A" * 22})
    await clinic.staff("second").refused(409, "POST", path, {"msg_id": "M" * 22})
    for _ in range(2):
        await provider.post(path, {"msg_id": "M" * 22})
    view = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert view["visit"]["summary"]["msg_id"] == "M" * 22
    told = [one for one in await clinic.all(Reminder, Reminder.person_id == person) if one.step == "new-message"]
    assert [(one.channel, one.subject) for one in told] == [("sms", "M" * 22)]
    await clinic.send_due()
    texts = [path.read_text() for path in clinic.house.settings.data_dir.rglob("*.json")]
    assert any("You have a new message from" in text for text in texts)


async def test_nothing_is_said_of_a_visit_that_is_not_over(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    await phone.refused(409, "POST", "/v1/my/survey", {"ease": 3, "helped": 3})
    row = await clinic.row(booked)
    name = "provider" if row["provider"]["id"] == clinic.north.accounts["provider"] else "second"
    for what, body in (("outcome", {"outcome": "completed"}), ("follow-up", {"weeks": 1})):
        await clinic.staff(name).refused(409, "POST", f"/v1/visits/{booked.visit_id}/{what}", body)
