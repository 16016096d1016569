"""A licence that ends before the patient's place is said when booking; what was booked all the same is on record."""

from __future__ import annotations

from datetime import timedelta

from server.audit.tables import AuditEvent
from tests.parts.clinic import Clinic
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
    noted = {(one.subtype, one.entity_id) for one in await clinic.all(AuditEvent)}
    assert ("licence.booked-outside", made) in noted
    assert ("licence.booked-outside", before.id) not in noted
