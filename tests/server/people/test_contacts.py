"""How a person is reached is changed by staff, and what is planned for their visits follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col

from server.people import consents
from server.people.tables import ContactPoint
from server.reminders.tables import Reminder
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.reminders.texting import says, tasks


@pytest.fixture(autouse=True)
def noon(clinic: Clinic) -> None:
    clinic.by_day()


async def visit(clinic: Clinic, **person: Any) -> Booked:
    start = five_minutes(clinic.clock.now()) + timedelta(days=5)
    return await clinic.book(person=await clinic.person(**person), start=start)


async def contacts(clinic: Clinic, booked: Booked) -> dict[str, dict[str, Any]]:
    found = await clinic.staff("scheduler").get(f"/v1/people/{booked.person_id}/contacts")
    return {one["system"]: one for one in found["contacts"]}


async def change(clinic: Clinic, booked: Booked, system: str, **values: Any) -> dict[str, Any]:
    one = (await contacts(clinic, booked))[system]
    kept = {name: one[name] for name in ("use", "preferred", "others_may_read", "safe_from", "safe_to", "may")}
    path = f"/v1/people/{booked.person_id}/contacts/{one['id']}"
    answer = await clinic.staff("scheduler").send("PUT", path, kept | values)
    assert answer.status_code == 200, answer.text
    return {found["system"]: found for found in answer.json()["contacts"]}


async def planned(clinic: Clinic, booked: Booked) -> dict[str, str]:
    found = await clinic.all(Reminder, col(Reminder.subject) == booked.id, col(Reminder.status) == "scheduled")
    return {one.step: one.channel for one in found if one.step != "confirmation"}


async def test_who_prefers_mail_gets_mail_from_now_on(clinic: Clinic) -> None:
    booked = await visit(clinic)
    assert (await planned(clinic, booked))["reminder.48h"] == "sms"
    shown = await change(clinic, booked, "email", preferred=True)
    assert (shown["email"]["preferred"], shown["phone"]["preferred"]) == (True, False)
    after = await planned(clinic, booked)
    assert {after[step] for step in ("reminder.48h", "reminder.2h", "link", "rescue")} == {"email"}
    await change(clinic, booked, "phone", preferred=True)
    assert (await planned(clinic, booked))["reminder.48h"] == "sms"


async def test_a_confirmation_by_both_stays_by_both(clinic: Clinic) -> None:
    who = await clinic.person()
    probe = await clinic.book(person=who)
    await change(clinic, probe, "phone", preferred=True)
    booked = await clinic.book(person=who, start=five_minutes(clinic.clock.now()) + timedelta(days=5))
    found = await clinic.all(Reminder, col(Reminder.subject) == booked.id, col(Reminder.step) == "confirmation")
    assert {one.channel for one in found} == {"sms", "email"}


async def test_a_new_number_takes_over_and_one_that_is_gone_gets_nothing(clinic: Clinic) -> None:
    booked = await visit(clinic, email=None)
    desk, path = clinic.staff("scheduler"), f"/v1/people/{booked.person_id}/contacts"
    old = (await contacts(clinic, booked))["phone"]
    known = {one.id for one in await clinic.all(ContactPoint)}
    await desk.post(path, {"system": "phone", "value": "+1 415 555 0177"})
    answer = await desk.send("DELETE", f"{path}/{old['id']}")
    (left,) = answer.json()["contacts"]
    assert left["shown"] == "•••• 77"
    (fresh,) = [one.id for one in await clinic.all(ContactPoint) if one.id not in known]
    waiting = await clinic.all(Reminder, col(Reminder.status) == "scheduled", col(Reminder.channel) == "sms")
    assert {one.contact_id for one in waiting if one.step != "confirmation"} == {fresh}
    answer = await desk.send("DELETE", f"{path}/{left['id']}")
    assert answer.json() == {"contacts": []}
    assert set((await planned(clinic, booked)).values()) == {"call"}  # never silence


async def test_safe_hours_move_what_is_planned(clinic: Clinic) -> None:
    booked = await visit(clinic, email=None, zone="America/New_York")
    await change(clinic, booked, "phone", others_may_read=True, safe_from="16:00", safe_to="18:00")
    (reminder,) = await clinic.all(Reminder, col(Reminder.subject) == booked.id, col(Reminder.step) == "reminder.48h")
    here = reminder.due.astimezone(ZoneInfo("America/New_York"))
    assert 16 <= here.hour < 18


async def test_purposes_are_allowed_one_by_one_and_a_stop_is_its_owners(clinic: Clinic) -> None:
    booked = await visit(clinic, email=None)
    shown = await change(clinic, booked, "phone", may=["visits"])
    assert shown["phone"]["may"] == ["visits"]
    await change(clinic, booked, "phone", may=list(consents.PURPOSES))
    await says(clinic, "STOP")
    shown = await contacts(clinic, booked)
    assert (shown["phone"]["state"], shown["phone"]["may"]) == ("stopped", [])
    path = f"/v1/people/{booked.person_id}/contacts/{shown['phone']['id']}"
    problem = await clinic.staff("scheduler").refused(409, "PUT", path, {"may": ["visits"]})
    assert "START" in problem["detail"]
    await says(clinic, "START")
    assert (await contacts(clinic, booked))["phone"]["state"] == "ok"


async def test_a_number_that_was_wrong_works_again_when_staff_say_so(clinic: Clinic) -> None:
    booked = await visit(clinic, email=None)
    await says(clinic, "4")
    assert (await contacts(clinic, booked))["phone"]["state"] == "broken"
    shown = await change(clinic, booked, "phone", works=True)
    assert shown["phone"]["state"] == "ok"
    assert (await planned(clinic, booked))["reminder.48h"] == "sms"


async def test_who_is_rung_in_an_emergency_answers_for_nobody(clinic: Clinic) -> None:
    booked = await visit(clinic)
    path = f"/v1/people/{booked.person_id}/contacts"
    body = {"system": "phone", "value": "+1 415 555 0166", "use": "emergency"}
    await clinic.staff("scheduler").post(path, body)
    said = await says(clinic, "3", sender="+14155550166")
    assert not any(kind == "rebook" for kind, _ in await tasks(clinic))
    assert said is not None
    assert "/j/" not in (said.text or "")
    found = await clinic.all(Reminder, col(Reminder.subject) == booked.id)
    assert len({one.contact_id for one in found if one.channel == "sms"}) == 1


@sqlite_only
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"system": "phone", "value": "12"}, "/value"),
        ({"system": "email", "value": "nobody"}, "/value"),
        ({"system": "phone", "value": "+14155550177", "safe_from": "10:00"}, "/safe_to"),
        ({"system": "phone", "value": "+14155550177", "safe_from": "10:00", "safe_to": "10:00"}, "/safe_to"),
        ({"system": "phone", "value": "+14155550177", "safe_from": "25:00", "safe_to": "10:00"}, "/safe_from"),
    ],
)
async def test_what_is_no_address_or_no_time_is_refused_beside_its_field(
    clinic: Clinic, body: dict[str, Any], pointer: str
) -> None:
    booked = await visit(clinic)
    before = await clinic.everything()
    path = f"/v1/people/{booked.person_id}/contacts"
    problem = await clinic.staff("scheduler").refused(422, "POST", path, body)
    assert [one["pointer"] for one in problem["errors"]] == [pointer]
    assert await clinic.everything() == before
    twice = {"system": "phone", "value": "+14155550123"}
    assert (await clinic.staff("scheduler").refused(409, "POST", path, twice))["slug"] == "conflict"
