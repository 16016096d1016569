"""The plan is seen and changed by administrators; the messages of coming visits follow, never twice, never lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col

from server.appointments import service as appointments
from server.appointments.tables import Appointment
from server.reminders import claims, plans
from server.reminders.listeners import people
from server.reminders.plan_schemas import PlanIn, PlanOut
from server.reminders.planning import for_visit
from server.reminders.rules import rules_for, stored
from server.reminders.tables import Reminder
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.marks import sqlite_only

PLAN = "/v1/practice/reminder-plan"
TEXT, MAIL = ["sms", "voice", "email"], ["email", "sms", "voice"]
DAY = 24 * 60


@pytest.fixture(autouse=True)
def noon(clinic: Clinic) -> None:
    clinic.by_day()


async def in_days(clinic: Clinic, days: int = 10, **person: Any) -> Booked:
    start = five_minutes(clinic.clock.now()) + timedelta(days=days)
    return await clinic.book(person=await clinic.person(**person), start=start)


async def rules(clinic: Clinic) -> list[dict[str, Any]]:
    async with clinic.house.desk.unit(clinic.north.system, write=False) as unit:
        return [one.model_dump() for one in (await plans.plans(unit)).practice.rules]


async def put(clinic: Clinic, wanted: list[dict[str, Any]], owner_id: str = "") -> PlanOut:
    """Change a plan: as the routes do, but also after the administrator's sign-in has run out."""
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        seen = await stored(unit, owner_id)
        body = PlanIn.model_validate({"rules": wanted, "changed_at": seen and seen.changed_at})
        return await plans.change(unit, owner_id, body)


def without(known: list[dict[str, Any]], **fields: Any) -> list[dict[str, Any]]:
    """The plan with the rules of these fields switched off."""
    return [one | {"on": False} if all(one[name] == value for name, value in fields.items()) else one for one in known]


async def waiting(clinic: Clinic, booked: Booked) -> dict[tuple[str, str], timedelta]:
    """(step, channel) -> how long before the visit, of what is still to leave."""
    (visit,) = await clinic.all(Appointment, col(Appointment.id) == booked.id)
    found = await clinic.all(Reminder, col(Reminder.subject) == booked.id, col(Reminder.status) == "scheduled")
    return {(one.step, one.channel): visit.start - one.due for one in found}


async def as_planned_anew(clinic: Clinic, booked: Booked) -> set[tuple[str, str]]:
    """What a booking at this moment would plan for the same visit."""
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        visit = await unit.get(Appointment, booked.id)
        known = (await people(unit, [booked.person_id]))[booked.person_id]
        plan = await rules_for(unit, visit.visit_type_id)
        planned = for_visit(visit, plan, known, unit.desk.channels, unit.clock.now())
    return {(one.step, one.channel) for one in planned if one.step != "confirmation"}


async def test_the_default_plan_is_what_the_issue_says(clinic: Clinic) -> None:
    shown = await clinic.staff("scheduler").get(PLAN)
    assert shown["practice"]["source"] == "default"
    said = [(one["kind"], one["channels"][0], one["days"], one["minutes"]) for one in shown["practice"]["rules"]]
    assert said == [
        ("confirmation", "email", 0, 0), ("confirmation", "sms", 0, 0), ("reminder", "email", 7, 0),
        ("reminder", "sms", 0, 2 * DAY), ("unconfirmed", "call", 0, DAY), ("reminder", "sms", 0, 120),
        ("link", "sms", 0, 15), ("rescue", "sms", 0, -3), ("noshow", "call", 0, -10),
    ]  # fmt: skip


async def test_coming_visits_follow_a_changed_plan_at_once(clinic: Clinic) -> None:
    booked = await in_days(clinic)
    await clinic.send_due()
    before = await waiting(clinic, booked)
    assert ("reminder.48h", "sms") in before

    changed = without(await rules(clinic), kind="reminder", minutes=2 * DAY)
    changed.append({"kind": "reminder", "channels": MAIL, "days": 3})
    changed = [one | {"minutes": 30} if one["kind"] == "link" else one for one in changed]
    answer = await put(clinic, changed)
    assert (answer.source, answer.replanned) == ("practice", 1)

    after = await waiting(clinic, booked)
    assert ("reminder.48h", "sms") not in after
    assert after["reminder.3d", "email"].days == 3
    assert after["link", "sms"] == timedelta(minutes=30)
    assert set(after) == await as_planned_anew(clinic, booked)
    assert {key: at for key, at in after.items() if key in before and key[0] != "link"} == {
        key: at for key, at in before.items() if key in after and key[0] != "link"
    }
    (visit,) = await clinic.all(Appointment)
    assert visit.revision == 1  # the visit itself did not change


async def test_a_plan_and_back_again_leaves_what_was(clinic: Clinic) -> None:
    booked = await in_days(clinic)
    await clinic.send_due()
    before, plan = await waiting(clinic, booked), await rules(clinic)
    await put(clinic, without(without(plan, kind="reminder"), kind="noshow"))
    assert {step for step, _ in await waiting(clinic, booked)} == {"unconfirmed", "link", "rescue"}
    await put(clinic, plan)
    assert await waiting(clinic, booked) == before
    answer = await clinic.staff("admin").send("DELETE", PLAN)
    assert (answer.json()["source"], answer.json()["replanned"]) == ("default", 0)
    assert await waiting(clinic, booked) == before


async def test_a_kind_of_visit_has_a_plan_of_its_own(clinic: Clinic) -> None:
    booked = await in_days(clinic)
    path = f"/v1/visit-types/{clinic.north.visit_type}/reminder-plan"
    plan = {"rules": without(await rules(clinic), kind="rescue")}
    assert (await clinic.staff("admin").send("PUT", path, plan)).json()["source"] == "visit-type"
    assert ("rescue", "sms") not in await waiting(clinic, booked)
    await put(clinic, without(await rules(clinic), kind="link"))  # the practice's: not for this kind of visit
    assert ("link", "sms") in await waiting(clinic, booked)
    answer = await clinic.staff("admin").send("DELETE", path)
    assert (answer.json()["owner_id"], answer.json()["source"]) == (clinic.north.visit_type, "practice")
    found = await waiting(clinic, booked)
    assert ("rescue", "sms") in found
    assert ("link", "sms") not in found
    await clinic.staff("admin").refused(404, "DELETE", f"/v1/visit-types/{booked.id}/reminder-plan")


async def test_what_has_left_is_not_planned_by_another_channel(clinic: Clinic) -> None:
    booked = await in_days(clinic)
    await clinic.send_due()
    clinic.clock.forward(timedelta(days=8, hours=1))
    await clinic.send_due()  # the 48 h text has gone
    changed = [one | {"channels": MAIL} if one["kind"] in {"reminder", "link"} else one for one in await rules(clinic)]
    await put(clinic, changed)
    found = await clinic.all(Reminder, col(Reminder.step) == "reminder.48h")
    assert [(one.channel, one.status) for one in found] == [("sms", "delivered")]
    assert ("link", "email") in await waiting(clinic, booked)
    assert ("link", "sms") not in await waiting(clinic, booked)


async def test_a_step_that_is_near_keeps_its_message(clinic: Clinic) -> None:
    booked = await in_days(clinic, 3)
    await clinic.send_due()
    clinic.clock.forward(timedelta(hours=23, minutes=30))  # half an hour before the 48 h reminder
    changed = [one | {"channels": MAIL} if one["minutes"] == 2 * DAY else one for one in await rules(clinic)]
    await put(clinic, changed)
    assert ("reminder.48h", "sms") in await waiting(clinic, booked)


async def test_a_confirmation_stops_all_but_the_link(clinic: Clinic) -> None:
    booked = await in_days(clinic)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await appointments.answer(unit, await unit.get(Appointment, booked.id), "accepted")
    left = {"confirmation", "link", "rescue", "noshow"}  # rescue and no-show speak of who does not come
    assert {step for step, _ in await waiting(clinic, booked)} == left
    plan = await rules(clinic)
    await put(clinic, [*plan, {"kind": "reminder", "channels": TEXT, "minutes": DAY}])
    assert {step for step, _ in await waiting(clinic, booked)} == left


async def test_what_a_worker_has_in_its_hands_asks_the_plan_again(clinic: Clinic) -> None:
    booked = await in_days(clinic)
    await clinic.send_due()
    clinic.clock.forward(timedelta(days=8, minutes=10))
    sender = clinic.worker._sender
    rows = await claims.claim(clinic.house.desk, sender.owner, "sms", 10)
    assert [row.step for row in rows] == ["reminder.48h"]
    await put(clinic, without(await rules(clinic), kind="reminder"))
    await sender._batch_of(clinic.north.id, "sms", rows, 0.0)
    (found,) = await clinic.all(Reminder, col(Reminder.step) == "reminder.48h", col(Reminder.subject) == booked.id)
    assert (found.status, found.last_error) == ("cancelled", "not-in-plan")


async def test_visits_booked_while_the_plan_changes_have_the_new_plan(clinic: Clinic) -> None:
    people_ids = [await clinic.person(given=f"Rosa {n}", phone=None) for n in range(6)]
    start = five_minutes(clinic.clock.now()) + timedelta(days=10)
    changed = without(await rules(clinic), kind="reminder", minutes=120)
    bookings = [
        clinic.book(person=who, start=start + timedelta(hours=n), provider="provider")
        for n, who in enumerate(people_ids)
    ]
    booked, _ = await asyncio.gather(asyncio.gather(*bookings), put(clinic, changed))
    for one in booked:
        assert {key for key in await waiting(clinic, one) if key[0] != "confirmation"} == await as_planned_anew(
            clinic, one
        )
        assert not any(step == "reminder.2h" for step, _ in await waiting(clinic, one))


@sqlite_only
async def test_two_administrators_do_not_overwrite_each_other(clinic: Clinic) -> None:
    plan = await rules(clinic)
    await put(clinic, plan)
    stale = {"rules": plan, "changed_at": None}
    assert (await clinic.staff("admin").refused(409, "PUT", PLAN, stale))["slug"] == "stale-version"


CONFIRMS: dict[str, Any] = {"kind": "confirmation", "channels": MAIL}
LINK: dict[str, Any] = {"kind": "link", "channels": TEXT, "minutes": 15}
NOSHOW: dict[str, Any] = {"kind": "noshow", "channels": ["call"], "minutes": -10}
BAD: dict[str, list[dict[str, Any]]] = {
    "/rules/0/minutes": [CONFIRMS | {"minutes": 5}],
    "/rules/1/channels": [CONFIRMS, NOSHOW | {"channels": TEXT}],
    "/rules/0/channels": [LINK | {"channels": ["sms", "sms"]}],
    "/rules/0/days": [{"kind": "reminder", "channels": MAIL, "days": 7, "minutes": 5}],
    "/rules/1/minutes": [LINK, {"kind": "reminder", "channels": MAIL}],
    "/rules/1/kind": [LINK, LINK | {"channels": MAIL, "minutes": 30}],
    "/rules": [NOSHOW],
    "/rules/2/minutes": [LINK, {"kind": "rescue", "channels": TEXT, "minutes": -20}, NOSHOW],
}


@sqlite_only
@pytest.mark.parametrize("pointer", BAD)
async def test_a_plan_with_faults_is_refused_with_a_pointer_to_each(clinic: Clinic, pointer: str) -> None:
    before = await clinic.everything()
    answer = await clinic.staff("admin").refused(422, "PUT", PLAN, {"rules": BAD[pointer]})
    assert [one["pointer"] for one in answer["errors"]] == [pointer]
    assert await clinic.everything() == before
