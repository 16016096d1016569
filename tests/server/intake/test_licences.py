"""A licence that ends before the patient's place is said when booking; what was booked all the same is on record."""

from __future__ import annotations

from datetime import timedelta

from server.audit.tables import AuditEvent
from tests.parts.clinic import Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import noon, z


@sqlite_only
async def test_booking_warns_of_a_place_outside_the_licence_and_notes_what_was_booked_so(clinic: Clinic) -> None:
    admin, desk = clinic.staff("admin"), clinic.staff("scheduler")
    provider = clinic.north.accounts["provider"]
    before = await clinic.book(start=noon(clinic), provider="provider")
    await desk.post(f"/v1/appointments/{before.id}/intake", {"region": "US-CA", "place": "Fresno"})
    body = {
        "person_id": before.person_id, "provider_id": provider, "visit_type_id": clinic.north.visit_type,
        "start": z(noon(clinic) + timedelta(hours=2)),
    }  # fmt: skip
    assert (await desk.post("/v1/appointments/preview", body))["outside"] is None, "with none recorded nobody is warned"
    await admin.send("PUT", f"/v1/accounts/{provider}/licences", {"regions": ["US-NY"]})
    listed = (await admin.get("/v1/licences"))["providers"]
    assert {one["id"]: one["regions"] for one in listed}[provider] == ["US-NY"]
    assert (await desk.post("/v1/appointments/preview", body))["outside"] == "US-CA"
    assert (await desk.post("/v1/appointments/preview", {**body, "provider_id": clinic.north.accounts["second"]}))[
        "outside"
    ] is None
    made = (await desk.post("/v1/appointments", body))["row"]["id"]
    assert await noted(clinic) == {("booked", made)}


@sqlite_only
async def test_of_a_series_and_a_group_everybody_in_it_is_looked_at(clinic: Clinic) -> None:
    """The first of the dates is asked about: who else shares the time, and who else sees them."""
    admin, desk = clinic.staff("admin"), clinic.staff("scheduler")
    provider, second = clinic.north.accounts["provider"], clinic.north.accounts["second"]
    here, away = await clinic.book(), await clinic.book()
    for booked, region in ((here, "US-NY"), (away, "US-CA")):
        await desk.post(f"/v1/appointments/{booked.id}/intake", {"region": region, "place": "At home"})
    await admin.send("PUT", f"/v1/accounts/{provider}/licences", {"regions": ["US-NY"]})
    await admin.send("PUT", f"/v1/accounts/{second}/licences", {"regions": ["US-CA"]})
    body = {
        "person_id": here.person_id, "provider_id": provider, "visit_type_id": clinic.north.visit_type,
        "start": z(noon(clinic, 3)), "co_provider_ids": [second], "others": [away.person_id],
    }  # fmt: skip
    shown = await desk.post("/v1/appointments/preview", body)
    assert shown["outside"] is None
    assert shown["others_outside"] == [
        {"person_id": here.person_id, "provider_id": second, "region": "US-NY"},
        {"person_id": away.person_id, "provider_id": provider, "region": "US-CA"},
    ]
    too_many = {**body, "others": [away.person_id] * 11}
    assert (await desk.refused(422, "POST", "/v1/appointments/preview", too_many))["errors"][0]["pointer"] == "/others"


@sqlite_only
async def test_whatever_is_done_outside_the_licence_is_on_record_whichever_way_it_is_done(clinic: Clinic) -> None:
    admin, desk = clinic.staff("admin"), clinic.staff("scheduler")
    provider, other = clinic.north.accounts["provider"], clinic.north.accounts["second"]
    coming = await clinic.book(start=five_minutes(clinic.clock.now()), provider="second")
    for who in (provider, other):
        await admin.send("PUT", f"/v1/accounts/{who}/licences", {"regions": ["US-NY"]})
    await desk.post(f"/v1/appointments/{coming.id}/intake", {"region": "US-CA", "place": "Fresno"})
    await desk.post(f"/v1/appointments/{coming.id}/intake", {"place": "Fresno, at work"})
    assert await noted(clinic) == {("said", coming.id)}
    await clinic.arrive(coming)
    body = {"provider_id": provider, "visit_type_id": clinic.north.visit_type, "start": z(noon(clinic, 3))}
    people = [{"person_id": coming.person_id}]
    repeat = {"freq": "weekly", "count": 2}
    series = (await desk.post("/v1/series", {**body, "people": people, "repeat": repeat}))["rows"]
    to_other = {"version": series[0]["version"], "start": series[0]["start"], "provider_id": other}
    await desk.post(f"/v1/appointments/{series[0]['id']}/move", to_other)
    assert await noted(clinic) == {
        ("said", coming.id), ("checked-in", coming.id), *(("booked", one["id"]) for one in series),
        ("moved", series[0]["id"]),
    }  # fmt: skip


async def noted(clinic: Clinic) -> set[tuple[str, str]]:
    """What is on record as done outside a licence, and for which visit."""
    lines = [one for one in await clinic.all(AuditEvent) if one.subtype.endswith("-outside")]
    found = {(one.subtype.removeprefix("licence.").removesuffix("-outside"), one.entity_id) for one in lines}
    assert len(found) == len(lines), "each is noted once"
    return found
