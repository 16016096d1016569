"""A person cannot be in two visits at once by accident."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from server.appointments.tables import Appointment
from server.audit.tables import AuditEvent
from tests.parts.clinic import Clinic
from tests.server.appointments.kit import noon, wish, z
from tests.server.appointments.test_holds import consistent


async def test_one_person_is_in_one_visit_at_a_time_unless_staff_say_so(clinic: Clinic) -> None:
    """Of two desks that book somebody with two providers for one time one hears of the other; the override is noted."""
    desk, at = clinic.staff("scheduler"), noon(clinic)
    body = await wish(clinic, at)
    other = {**body, "provider_id": clinic.north.accounts["second"], "start": z(at + timedelta(minutes=10))}
    answers = await asyncio.gather(*(desk.send("POST", "/v1/appointments", one) for one in (body, other) * 4))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    assert {answer.json()["slug"] for answer in answers if answer.status_code == 409} <= {
        "person-elsewhere", "slot-taken",
    }  # fmt: skip
    (made,) = await clinic.all(Appointment)
    second = other if made.provider_id == body["provider_id"] else body
    before = await clinic.everything()
    problem = await desk.refused(409, "POST", "/v1/appointments/preview", second)
    assert problem["slug"] == "person-elsewhere"
    assert problem["other"]["id"] == made.id
    problem = await desk.refused(409, "POST", "/v1/appointments", second)
    assert problem["slug"] == "person-elsewhere"
    assert await clinic.everything() == before
    booked = await desk.post("/v1/appointments", {**second, "even_so": True})
    lines = [one.subtype for one in await clinic.all(AuditEvent) if one.entity_id == booked["row"]["id"]]
    assert "appointment.even-so" in lines
    # A move onto it is asked about as well; with nobody in the way it is not.
    row, to = booked["row"], z(at + timedelta(minutes=5))
    path = f"/v1/appointments/{row['id']}/move"
    moved = await desk.post(path, {"version": row["version"], "start": z(at + timedelta(hours=2))})
    version = moved["row"]["version"]
    assert (await desk.refused(409, "POST", path, {"version": version, "start": to}))["slug"] == "person-elsewhere"
    assert (await desk.send("POST", path, {"version": version, "start": to, "even_so": True})).status_code == 200
    await consistent(clinic)
