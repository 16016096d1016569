"""A provider is ill: colleagues first, then other times, then a choice; nothing before the undo ends, nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col

from server.absences import work
from server.absences.service import UNDO
from server.absences.tables import AbsenceItem
from server.api.context import Ports
from server.appointments.hours_tables import HoursException
from server.appointments.tables import Appointment, Busy
from server.reminders.tables import Reminder
from server.tasks.tables import Task
from server.waiting.tables import WaitingRoomEntry
from server.waitlist.tables import Opening
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.halves import killed_half_way
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import open_hours, week, z
from tests.server.reminders.texting import says, text_of, texts

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
async def by_day(clinic: Clinic) -> None:
    """Noon in New York, where both providers work until five."""
    clinic.by_day()
    for who in ("provider", "second"):
        await open_hours(clinic, who, zone="America/New_York", hours=week("08:00", "17:00"))


def at(clinic: Clinic, hours: float) -> datetime:
    """So long after noon."""
    return five_minutes(clinic.clock.now()) + timedelta(hours=hours)


async def visit(clinic: Clinic, number: int, start: datetime, provider: str = "provider", **who: Any) -> Booked:
    known = {"given": f"Ann{number}", "phone": f"+1415555{100 + number:04d}", "email": None, **who}
    return await clinic.book(person=await clinic.person(**known), start=start, provider=provider)


async def draft(clinic: Clinic, **body: Any) -> dict[str, Any]:
    wanted = {"provider_id": clinic.north.accounts["provider"], **body}
    made: dict[str, Any] = await clinic.staff("scheduler").post("/v1/absences", wanted)
    return made


async def carry_out(clinic: Clinic, absence: dict[str, Any]) -> dict[str, Any]:
    """Apply it, wait until it cannot be taken back, let it happen."""
    desk, path = clinic.staff("scheduler"), f"/v1/absences/{absence['id']}"
    await desk.post(f"{path}/apply", {"version": absence["version"]})
    clinic.clock.forward(UNDO + timedelta(seconds=1))
    assert await work.once(clinic.house)
    done: dict[str, Any] = await desk.get(path)
    assert done["status"] == "completed"
    return done


async def row(clinic: Clinic, booked: Booked) -> Appointment:
    (found,) = await clinic.all(Appointment, col(Appointment.id) == booked.id)
    assert isinstance(found, Appointment)
    return found


async def asked(clinic: Clinic) -> list[tuple[str, str, str]]:
    return sorted((one.kind, one.priority, one.appointment_id) for one in await clinic.all(Task)
                  if one.status == "requested")  # fmt: skip


async def test_the_day_goes_to_colleagues_at_the_same_times_and_else_to_other_times(clinic: Clinic) -> None:
    first, second = await visit(clinic, 1, at(clinic, 1)), await visit(clinic, 2, at(clinic, 2))
    await visit(clinic, 3, at(clinic, 2), "second")
    await clinic.send_due()
    made = await draft(clinic)
    here, there = clinic.north.accounts["second"], clinic.north.accounts["provider"]
    assert [(one["way"], one["why"], one["to"]["provider"]["id"]) for one in made["items"]] == [
        ("colleague", "free", here), ("move", "same-day", here),
    ]  # fmt: skip
    assert [one["reach"] for one in made["items"]] == ["sms", "sms"]
    before = {one.id: one.start for one in await clinic.all(Appointment)}
    done = await carry_out(clinic, made)
    assert [one["outcome"] for one in done["items"]] == ["moved", "moved"]
    handed, moved = await row(clinic, first), await row(clinic, second)
    assert (handed.provider_id, handed.start, handed.revision) == (here, before[first.id], 2)
    assert moved.provider_id == here
    assert z(moved.start) == made["items"][1]["to"]["start"]
    assert moved.start != before[second.id]
    await clinic.send_due()
    assert "another of our team" in (await texts(clinic, "+14155550101"))[-1]
    assert "visit now" in (await texts(clinic, "+14155550102"))[-1]
    gone = [one for one in await clinic.all(Reminder) if one.status in {"sent", "delivered"}]
    sent = Counter((one.appointment_id, one.step) for one in gone)
    assert (sent[first.id, "colleague"], sent[second.id, "moved"]) == (1, 1)
    # Nobody is booked or offered the time of who is ill.
    (closed,) = await clinic.all(HoursException)
    assert (closed.owner_id, closed.kind) == (there, "closed")
    assert await clinic.all(Opening) == []


async def test_until_the_undo_ends_nothing_moves_and_nobody_is_told(clinic: Clinic) -> None:
    booked = await visit(clinic, 1, at(clinic, 1))
    await clinic.send_due()
    told, before = await texts(clinic, "+14155550101"), await row(clinic, booked)
    made, desk = await draft(clinic), clinic.staff("scheduler")
    path = f"/v1/absences/{made['id']}"
    held = await desk.post(f"{path}/apply", {"version": made["version"]})
    assert held["status"] == "on-hold"
    assert [one["id"] for one in (await desk.get("/v1/absences"))["absences"]] == [made["id"]]
    clinic.clock.forward(UNDO - timedelta(seconds=2))
    assert not await work.once(clinic.house)
    back = await desk.post(f"{path}/undo", {"version": held["version"]})
    assert back["status"] == "draft"
    clinic.clock.forward(UNDO * 2)
    assert not await work.once(clinic.house)
    await clinic.send_due()
    assert (await row(clinic, booked)).model_dump() == before.model_dump()
    assert await texts(clinic, "+14155550101") == told
    # What is being carried out cannot be taken back.
    done = await carry_out(clinic, back)
    problem = await desk.refused(409, "POST", f"{path}/undo", {"version": done["version"]})
    assert problem["slug"] == "impossible-move"


async def test_who_waits_goes_first_and_keeps_the_place(clinic: Clinic) -> None:
    later, soon = await visit(clinic, 1, at(clinic, 2)), await visit(clinic, 2, at(clinic, 0))
    phone = await clinic.arrive(soon)
    made = await draft(clinic)
    assert [(one["appointment_id"], one["waiting"]) for one in made["items"]] == [(soon.id, True), (later.id, False)]
    await carry_out(clinic, made)
    (entry,) = await clinic.all(WaitingRoomEntry)
    assert (entry.status, entry.lane) == ("waiting", clinic.north.accounts["second"])
    view = await phone.get(f"/v1/links/{soon.link_id}/visit")
    assert view["entry"]["position"] == 1
    assert view["appointment"]["with"] == "Dr Second North"
    items = await clinic.all(AbsenceItem)
    assert [one.appointment_id for one in sorted(items, key=lambda one: one.done_at)] == [soon.id, later.id]


async def test_whom_nothing_reaches_tops_the_call_list(clinic: Clinic) -> None:
    quiet = await visit(clinic, 1, at(clinic, 1), phone=None)
    await visit(clinic, 2, at(clinic, 2))
    made = await draft(clinic)
    assert [one["reach"] for one in made["items"]] == [None, "sms"]
    await carry_out(clinic, made)
    while await clinic.worker.send_due():
        pass
    urgent = [one for one in await asked(clinic) if one[1] == "urgent" and one[0] == "displaced"]
    assert urgent == [("displaced", "urgent", quiet.id)]
    told = [one for one in await asked(clinic) if one[2] == quiet.id and one[0] == "not-reached"]
    assert len(told) <= 1, "the call for the booking itself, never one more for the move"


async def no_time_for_a_week(clinic: Clinic) -> None:
    today = clinic.clock.now().astimezone(NEW_YORK).date()
    later = [{**one, "valid_from": str(today + timedelta(days=10))} for one in week("08:00", "17:00")]
    for who in ("provider", "second"):
        await open_hours(clinic, who, zone="America/New_York", hours=later)


async def test_with_no_time_within_a_week_the_patient_chooses_by_a_digit(clinic: Clinic) -> None:
    await no_time_for_a_week(clinic)
    booked = await visit(clinic, 1, at(clinic, 3))
    await clinic.send_due()
    made = await draft(clinic)
    assert [(one["way"], one["why"]) for one in made["items"]] == [("choose", "no-time")]
    await carry_out(clinic, made)
    await clinic.send_due()
    said = (await texts(clinic, "+14155550101"))[-1]
    assert "must move your visit" in said
    assert "0: none of these" in said
    waits = await row(clinic, booked)
    assert waits.displaced
    assert await asked(clinic) == [("displaced", "routine", booked.id)]
    board = await clinic.staff("scheduler").get(f"/v1/schedule?from={waits.wall_start[:10]}")
    assert board["rows"][booked.id]["attention"] == ["displaced"]
    # Nothing reminds of a visit that cannot be held.
    assert {one.step for one in await clinic.all(Reminder) if one.status == "scheduled"} == set()
    answered = await text_of(clinic, "2", "+14155550101")
    assert answered.startswith("Moved: ")
    chosen = await row(clinic, booked)
    assert (chosen.displaced, chosen.participation, chosen.revision) == (False, "accepted", 2)
    assert chosen.start > waits.start + timedelta(days=7)
    assert await asked(clinic) == []


async def test_who_likes_none_of_the_times_is_rung(clinic: Clinic) -> None:
    await no_time_for_a_week(clinic)
    booked = await visit(clinic, 1, at(clinic, 3))
    await carry_out(clinic, await draft(clinic))
    await clinic.send_due()
    await says(clinic, "0", "+14155550101")
    assert [one[0] for one in await asked(clinic)] == ["displaced", "rebook"]
    assert (await row(clinic, booked)).displaced


async def test_another_way_is_the_schedulers_choice_and_only_before_it_is_applied(clinic: Clinic) -> None:
    one, two = await visit(clinic, 1, at(clinic, 1)), await visit(clinic, 2, at(clinic, 2))
    made, desk = await draft(clinic), clinic.staff("scheduler")
    path, first = f"/v1/absences/{made['id']}", made["items"][0]
    assert first["ways"] == ["colleague", "choose", "call", "leave"]
    body = {"version": made["version"], "way": "leave"}
    changed = (await desk.send("PUT", f"{path}/items/{first['id']}", body)).json()
    assert [item["way"] for item in changed["items"]] == ["leave", "colleague"]
    problem = await desk.refused(409, "PUT", f"{path}/items/{first['id']}", body)
    assert problem["slug"] == "stale-version"
    problem = await desk.refused(422, "PUT", f"{path}/items/{first['id']}",
                                 {"version": changed["version"], "way": "move"})  # fmt: skip
    assert problem["errors"][0]["pointer"] == "/way"
    done = await carry_out(clinic, changed)
    assert [item["outcome"] for item in done["items"]] == ["left", "moved"]
    assert ((await row(clinic, one)).revision, (await row(clinic, two)).revision) == (1, 2)
    await desk.refused(409, "PUT", f"{path}/items/{first['id']}", {"version": done["version"], "way": "call"})


async def test_a_time_that_was_taken_meanwhile_is_planned_anew(clinic: Clinic) -> None:
    start = at(clinic, 1)
    booked = await visit(clinic, 1, start)
    made = await draft(clinic)
    await visit(clinic, 2, start, "second")
    done = await carry_out(clinic, made)
    assert [(one["way"], one["why"], one["outcome"]) for one in done["items"]] == [("move", "same-day", "moved")]
    moved = await row(clinic, booked)
    assert moved.provider_id == clinic.north.accounts["second"]
    assert timedelta(minutes=15) <= abs(moved.start - start) <= timedelta(minutes=30)


async def test_a_visit_that_changed_since_stays_as_it_is(clinic: Clinic) -> None:
    booked = await visit(clinic, 1, at(clinic, 1))
    made = await draft(clinic)
    path = f"/v1/appointments/{booked.id}/move"
    await clinic.staff("scheduler").post(path, {"version": 1, "start": z(at(clinic, 4))})
    done = await carry_out(clinic, made)
    assert [one["outcome"] for one in done["items"]] == ["changed"]
    assert (await row(clinic, booked)).revision == 2


async def test_people_of_one_time_go_together(clinic: Clinic) -> None:
    start = at(clinic, 1)
    people = [{"person_id": await clinic.person(given=name, phone=None)} for name in ("Ann", "Ben")]
    body = {"provider_id": clinic.north.accounts["provider"], "visit_type_id": clinic.north.visit_type,
            "start": z(start), "people": people}  # fmt: skip
    await clinic.staff("scheduler").post("/v1/groups", body)
    made = await draft(clinic)
    assert [(one["way"], one["ways"]) for one in made["items"]] == [("colleague", ["colleague", "call", "leave"])] * 2
    await carry_out(clinic, made)
    rows = await clinic.all(Appointment)
    assert {(one.provider_id, one.start) for one in rows} == {(clinic.north.accounts["second"], start)}
    assert len({one.group_id for one in rows} - {None}) == 1


async def test_a_colleague_outside_the_licence_is_passed_over(clinic: Clinic) -> None:
    booked = await visit(clinic, 1, at(clinic, 1))
    path = f"/v1/accounts/{clinic.north.accounts['second']}/licences"
    await clinic.staff("admin").send("PUT", path, {"regions": ["US-NY"]})
    await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/intake", {"region": "US-CA", "place": "Fresno"})
    assert [one["way"] for one in (await draft(clinic))["items"]] == ["move"]
    assert (await draft(clinic))["items"][0]["to"]["provider"]["id"] == clinic.north.accounts["provider"]


async def test_a_visit_at_which_the_ill_one_was_only_to_be_too_goes_on_without_them(clinic: Clinic) -> None:
    ill, start = clinic.north.accounts["provider"], at(clinic, 1)
    desk = clinic.staff("scheduler")
    body = {"provider_id": clinic.north.accounts["second"], "visit_type_id": clinic.north.visit_type,
            "start": z(start), "co_provider_ids": [ill]}  # fmt: skip
    single = await desk.post("/v1/appointments", {**body, "person_id": await clinic.person(phone="+14155550101")})
    people = [{"person_id": await clinic.person(given=name, phone=None)} for name in ("Ann", "Ben")]
    group = await desk.post("/v1/groups", {**body, "start": z(start + timedelta(hours=1)), "people": people})
    rung = await desk.post(
        "/v1/appointments", {**body, "start": z(start + timedelta(hours=2)), "person_id": await clinic.person()}
    )
    await clinic.send_due()
    told = await texts(clinic, "+14155550101")
    made = await draft(clinic)
    ids = [single["row"]["id"], *(one["id"] for one in group["rows"]), rung["row"]["id"]]
    assert [one["appointment_id"] for one in made["items"]] == [ids[0], *sorted(ids[1:3]), ids[3]]
    assert {(one["way"], one["why"], one["to"]) for one in made["items"]} == {("without", "co-provider", None)}
    assert made["items"][0]["ways"] == ["without", "call", "leave"]
    path = f"/v1/absences/{made['id']}/items/{made['items'][3]['id']}"
    made = (await desk.send("PUT", path, {"version": made["version"], "way": "call"})).json()
    done = await carry_out(clinic, made)
    assert [one["outcome"] for one in done["items"]] == ["without"] * 3 + ["called"]
    rows = {one.id: one for one in await clinic.all(Appointment)}
    assert {(one.status, one.revision, one.displaced) for one in rows.values()} == {
        ("booked", 1, False), ("booked", 1, True),
    }  # fmt: skip
    assert [one.id for one in rows.values() if one.displaced] == [ids[3]]
    taken = Counter(one.provider_id for one in await clinic.all(Busy))
    assert taken == {clinic.north.accounts["second"]: 9, ill: 3}, "only what staff still talk over is kept"
    seen = await desk.get(f"/v1/schedule?from={rows[ids[0]].wall_start[:10]}")
    assert [len(seen["rows"][one]["co_providers"]) for one in ids] == [0, 0, 0, 1]
    await clinic.send_due()
    assert await texts(clinic, "+14155550101") == told, "for the patient nothing changed"


@sqlite_only
async def test_what_cannot_be_an_absence_is_refused_in_words(clinic: Clinic) -> None:
    desk, provider = clinic.staff("scheduler"), clinic.north.accounts["provider"]
    before = await clinic.everything()
    for body, pointer in (
        ({"begins": "12:03"}, "/begins"), ({"begins": "14:00", "ends": "13:00"}, "/ends"),
        ({"day": "1999-01-01"}, "/day"), ({"day": "2026-01-01"}, "/day"),
    ):  # fmt: skip
        problem = await desk.refused(422, "POST", "/v1/absences", {"provider_id": provider, **body})
        assert [one["pointer"] for one in problem["errors"]] == [pointer]
    problem = await desk.refused(422, "POST", "/v1/absences", {"provider_id": clinic.north.accounts["scheduler"]})
    assert problem["errors"][0]["pointer"] == "/provider_id"
    assert await clinic.everything() == before


@pytest.mark.timeout(120)
@pytest.mark.parametrize("after", [1, 3])
async def test_killed_in_the_middle_it_loses_nobody_and_tells_nobody_twice(clinic: Clinic, after: int) -> None:
    booked = [await visit(clinic, number, at(clinic, number / 2)) for number in range(1, 6)]
    await clinic.send_due()
    made = await draft(clinic)
    await clinic.staff("scheduler").post(f"/v1/absences/{made['id']}/apply", {"version": made["version"]})
    clinic.clock.forward(UNDO + timedelta(seconds=1))
    await killed_half_way(
        "tests.server.absences.half_a_day", clinic.house.settings.database_url,
        str(clinic.house.settings.data_dir.parent), str(clinic.clock.offset.total_seconds()), str(after),
    )  # fmt: skip
    states = Counter([(await row(clinic, one)).revision for one in booked])
    assert states == Counter({1: 5 - (after - 1), 2: after - 1}), "what was not committed did not happen"
    await asyncio.gather(work.once(clinic.house), work.once(clinic.house))
    rows = [await row(clinic, one) for one in booked]
    assert {(one.provider_id, one.revision) for one in rows} == {(clinic.north.accounts["second"], 2)}
    await clinic.send_due()
    for number in range(1, 6):
        said = await texts(clinic, f"+1415555{100 + number:04d}")
        assert sum("another of our team" in one for one in said) == 1
    assert (await clinic.staff("scheduler").get(f"/v1/absences/{made['id']}"))["status"] == "completed"


@sqlite_only
async def test_one_that_cannot_be_carried_out_holds_back_no_other(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("provider", "second"):
        made = await draft(clinic, provider_id=clinic.north.accounts[who])
        await clinic.staff("scheduler").post(f"/v1/absences/{made['id']}/apply", {"version": made["version"]})
    clinic.clock.forward(UNDO + timedelta(seconds=1))
    begun: list[str] = []

    async def ails(ports: Ports, tenant: str, absence_id: str) -> None:
        begun.append(absence_id)
        if len(begun) == 1:
            raise RuntimeError(f"a row of {ports.settings.mode} that cannot be read in {tenant}")

    monkeypatch.setattr(work, "_carry_out", ails)
    with pytest.raises(ExceptionGroup, match="could not be carried out"):
        await work.once(clinic.house)
    assert len(set(begun)) == 2
