"""Hours as they are entered: a provider's own or the practice's, the days that differ, faults pointed at."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from server.appointments.hours_tables import AvailableTime, HoursException, Schedule
from server.appointments.tables import Busy, Hold, VisitType
from server.store.migrate import at_head, downgrade, upgrade
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import ALWAYS, find, held_part, noon, open_hours, week, wish, z


def hours_path(clinic: Clinic, who: str = "provider", what: str = "hours") -> str:
    return f"/v1/providers/{clinic.north.accounts[who]}/{what}"


async def put(clinic: Clinic, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await clinic.staff("admin").send("PUT", path, body)
    assert answer.status_code == 200, answer.text
    hours: dict[str, Any] = answer.json()
    return hours


async def test_a_provider_without_hours_keeps_the_practices_until_they_have_their_own(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    empty = await desk.get(hours_path(clinic))
    assert (empty["own"], empty["hours"], empty["zone"]) == (False, [], "America/New_York")
    practice = await put(clinic, "/v1/practice/hours", {"zone": "UTC", "hours": week("09:00", "10:00"), "notice": 0})
    assert practice["own"] is True
    lent = await desk.get(hours_path(clinic))
    assert (lent["own"], lent["hours"]) == (False, practice["hours"])
    asked = {"provider_id": clinic.north.accounts["provider"], "from": z(noon(clinic).replace(hour=1))}
    assert (await find(clinic, **asked))["slots"][0]["start"] == z(noon(clinic).replace(hour=9))
    own = await open_hours(clinic, zone="Asia/Kathmandu", hours=week("09:00", "10:00"), step=30)
    assert (own["own"], own["zone"], own["step"]) == (True, "Asia/Kathmandu", 30)
    kathmandu = (await find(clinic, **asked))["slots"][0]
    assert kathmandu["start"] == z(noon(clinic).replace(hour=3, minute=15))
    assert kathmandu["for_provider"]["wall"].endswith("T09:00")
    back = await desk.send("DELETE", hours_path(clinic))
    assert (back.status_code, back.json()["own"]) == (200, False)
    await desk.refused(404, "DELETE", hours_path(clinic))


@sqlite_only
async def test_a_provider_with_no_hours_at_all_is_never_proposed(clinic: Clinic) -> None:
    await put(clinic, "/v1/practice/hours", {"zone": "UTC", "hours": ALWAYS})
    await open_hours(clinic, hours=[])
    found = await find(clinic, provider_id=clinic.north.accounts["provider"])
    assert (found["slots"], found["none"]) == ([], "none-free")
    others = await find(clinic)
    assert {one["provider_id"] for one in others["slots"]} == {clinic.north.accounts["second"]}


async def test_days_that_differ_close_and_open(clinic: Clinic) -> None:
    await open_hours(clinic, hours=week("10:00", "12:00"))
    desk, day = clinic.staff("scheduler"), noon(clinic, 3)
    asked = {"provider_id": clinic.north.accounts["provider"], "from": z(day.replace(hour=0))}

    async def soonest() -> str:
        return str((await find(clinic, **asked))["slots"][0]["start"])

    assert await soonest() == z(day.replace(hour=10))
    on = {"day": day.date().isoformat()}
    early = await desk.post(
        hours_path(clinic, what="exceptions"), {**on, "kind": "extra", "begins": "06:00", "ends": "07:00"}
    )
    assert await soonest() == z(day.replace(hour=6))
    part = await desk.post(
        hours_path(clinic, what="exceptions"), {**on, "kind": "closed", "begins": "05:00", "ends": "06:30"}
    )
    assert await soonest() == z(day.replace(hour=6, minute=30)), "closed beats extra"
    holiday = await desk.post("/v1/practice/exceptions", {**on, "kind": "closed"})
    assert await soonest() == z(day + timedelta(hours=22))
    shown = (await desk.get(hours_path(clinic)))["exceptions"]
    assert {one["id"]: one["practice"] for one in shown} == {early["id"]: False, part["id"]: False, holiday["id"]: True}
    assert (holiday["begins"], holiday["ends"]) == ("00:00", "24:00")
    await desk.refused(404, "DELETE", f"{hours_path(clinic, what='exceptions')}/{holiday['id']}")
    await desk.refused(404, "DELETE", f"/v1/practice/exceptions/{early['id']}")
    for path in (f"/v1/practice/exceptions/{holiday['id']}", f"{hours_path(clinic, what='exceptions')}/{part['id']}"):
        assert (await desk.send("DELETE", path)).status_code == 204
        await desk.refused(404, "DELETE", path)
    assert await soonest() == z(day.replace(hour=6))


async def test_two_who_save_at_once_leave_one_week(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    weeks = [week(f"{hour:02d}:00", f"{hour + 1:02d}:00") for hour in range(12)]
    answers = await asyncio.gather(
        *(desk.send("PUT", hours_path(clinic), {"zone": "UTC", "hours": one}) for one in weeks)
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert [answer.status_code for answer in answers].count(200) >= 1
    assert len(await clinic.all(Schedule)) == 1
    rows = await clinic.all(AvailableTime)
    assert len(rows) == 7
    assert len({row.begins for row in rows}) == 1


@sqlite_only
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"zone": "Mars/Olympus", "hours": []}, "/zone"),
        ({"zone": "UTC", "hours": week("10:00", "10:00", range(1, 2))}, "/hours/0/ends"),
        ({"zone": "UTC", "hours": week("22:00", "06:00", range(1, 2))}, "/hours/0/ends"),
        ({"zone": "UTC", "hours": week("10:02", "11:00", range(1, 2))}, "/hours/0/begins"),
        ({"zone": "UTC", "hours": week("10:00", "25:00", range(1, 2))}, "/hours/0/ends"),
        ({"zone": "UTC", "hours": week("10:00", "11:00", range(8, 9))}, "/hours/0/weekday"),
        ({"zone": "UTC", "hours": [*week("10:00", "12:00", range(1, 3)), *week("11:00", "13:00", range(2, 3))]},
         "/hours/2/begins"),
        ({"zone": "UTC", "step": 7, "hours": []}, "/step"),
        ({"zone": "UTC", "notice": -1, "hours": []}, "/notice"),
        ({"zone": "UTC", "hours": [{**ALWAYS[0], "valid_from": "2031-01-02", "valid_until": "2031-01-01"}]},
         "/hours/0/valid_until"),
    ],
)  # fmt: skip
async def test_a_fault_in_the_hours_is_pointed_at_and_leaves_nothing(
    clinic: Clinic, body: dict[str, Any], pointer: str
) -> None:
    before = await clinic.everything()
    problem = await clinic.staff("scheduler").refused(422, "PUT", hours_path(clinic), body)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert await clinic.everything() == before


@sqlite_only
async def test_hours_that_follow_each_other_in_the_year_do_not_overlap(clinic: Clinic) -> None:
    summer = {**ALWAYS[0], "valid_until": "2031-09-30"}
    winter = {**ALWAYS[0], "valid_from": "2031-10-01"}
    assert len((await open_hours(clinic, hours=[summer, winter]))["hours"]) == 2


@sqlite_only
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"day": "2031-05-05", "kind": "extra"}, "/begins"),
        ({"day": "2031-05-05", "kind": "closed", "begins": "10:00"}, "/ends"),
        ({"day": "2031-05-05", "kind": "closed", "begins": "10:00", "ends": "09:00"}, "/ends"),
        ({"day": "2031-02-30", "kind": "closed"}, "/day"),
        ({"day": "9999-12-31", "kind": "closed"}, "/day"),
        ({"day": "2031-05-05", "kind": "ill"}, "/kind"),
    ],
)
async def test_a_fault_in_an_exception_is_pointed_at(clinic: Clinic, body: dict[str, Any], pointer: str) -> None:
    problem = await clinic.staff("scheduler").refused(422, "POST", hours_path(clinic, what="exceptions"), body)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert await clinic.all(HoursException) == []


@sqlite_only
async def test_who_sees_no_patients_has_no_hours(clinic: Clinic) -> None:
    problem = await clinic.staff("admin").refused(422, "GET", hours_path(clinic, "scheduler"))
    assert problem["errors"][0]["pointer"] == "/provider_id"


@sqlite_only
async def test_the_administrator_shapes_the_kinds_of_visit(clinic: Clinic) -> None:
    admin, desk = clinic.staff("admin"), clinic.staff("scheduler")
    body = {"name": "Phone call", "minutes": 10, "modality": "phone", "after": 5, "booked_by": ["provider"]}
    made = await admin.post("/v1/visit-types", body)
    assert made == {**body, "id": made["id"], "before": 0, "offered_by": []}
    assert made in (await desk.get("/v1/visit-types"))["visit_types"]
    await admin.refused(409, "POST", "/v1/visit-types", {**body, "name": "phone CALL"})
    await desk.refused(403, "POST", "/v1/visit-types", body)
    path = f"/v1/visit-types/{made['id']}"
    changed = await admin.send("PUT", path, {**body, "minutes": 20, "active": False})
    assert (changed.status_code, changed.json()["minutes"]) == (200, 20)
    assert made["id"] not in {one["id"] for one in (await desk.get("/v1/visit-types"))["visit_types"]}
    problem = await admin.refused(422, "POST", "/v1/visit-types", {**body, "minutes": 4, "modality": "letter"})
    assert {fault["pointer"] for fault in problem["errors"]} == {"/minutes", "/modality"}


@sqlite_only
async def test_a_kind_of_visit_is_booked_with_who_offers_it(clinic: Clinic) -> None:
    admin, desk = clinic.staff("admin"), clinic.staff("scheduler")
    one, other = clinic.north.accounts["provider"], clinic.north.accounts["second"]
    for who in ("provider", "second"):
        await open_hours(clinic, who)
    body = {"name": "Sleep study", "minutes": 15, "offered_by": [one]}
    kind = (await admin.post("/v1/visit-types", body))["id"]
    problem = await admin.refused(
        422, "POST", "/v1/visit-types", {**body, "name": "X", "offered_by": [one, clinic.north.accounts["scheduler"]]}
    )
    assert problem["errors"][0]["pointer"] == "/offered_by/1"
    await admin.refused(404, "POST", "/v1/visit-types", {**body, "name": "X", "offered_by": ["nobody"]})
    assert {slot["provider_id"] for slot in (await find(clinic, visit_type_id=kind))["slots"]} == {one}
    there = {"visit_type_id": kind, "provider_id": other}
    query = f"visit_type_id={kind}&provider_id={other}"
    with_other = {**await wish(clinic, noon(clinic)), **there}
    before = await clinic.everything()
    for refused in (
        await desk.refused(422, "GET", f"/v1/slots?{query}"),
        await desk.refused(422, "POST", "/v1/appointments", with_other),
        await desk.refused(422, "POST", "/v1/appointments/preview", with_other),
        await desk.refused(422, "POST", "/v1/holds", held_part(with_other)),
    ):
        assert refused["errors"][0]["pointer"] == "/provider_id"
        assert refused["detail"].startswith("This provider does not offer this kind of visit.")
    assert await clinic.everything() == before
    row = (await desk.post("/v1/appointments", {**with_other, "provider_id": one}))["row"]
    move = f"/v1/appointments/{row['id']}/move"
    at = {"version": row["version"], "start": z(noon(clinic, 2))}
    problem = await desk.refused(422, "POST", move, {**at, "provider_id": other})
    assert problem["errors"][0]["pointer"] == "/provider_id"
    # Who offered it when it was booked keeps the visit, whatever is offered by now.
    assert (await admin.send("PUT", f"/v1/visit-types/{kind}", {**body, "offered_by": [other]})).status_code == 200
    moved = (await desk.post(move, at))["row"]
    assert (moved["provider"]["id"], moved["start"]) == (one, z(noon(clinic, 2)))


async def test_a_clinic_at_work_goes_a_migration_down_and_up(clinic: Clinic) -> None:
    """Rows that refer to each other survive; a hold, which the older version does not know, takes no time there."""
    await open_hours(clinic)
    desk = clinic.staff("scheduler")
    booked = await desk.post("/v1/appointments", await wish(clinic, noon(clinic)))
    await desk.post("/v1/holds", held_part(await wish(clinic, noon(clinic, 2))))
    assert len(await clinic.all(Busy)) == 6
    await downgrade(clinic.house.store, "0001")
    await upgrade(clinic.house.store)
    assert await at_head(clinic.house.store)
    assert {row.appointment_id for row in await clinic.all(Busy)} == {booked["row"]["id"]}
    assert await clinic.all(Hold) == await clinic.all(Schedule) == []
    assert [(row.before, row.after, row.booked_by) for row in await clinic.all(VisitType)] == [
        (0, 0, ["provider", "scheduler", "admin"])
    ] * 2
    await desk.post("/v1/holds", held_part(await wish(clinic, noon(clinic, 2))))
