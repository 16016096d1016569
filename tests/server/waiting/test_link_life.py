"""One link for the life of a visit."""

from __future__ import annotations

from datetime import timedelta

from tests.parts.clinic import Clinic, five_minutes
from tests.server.waiting.test_links import BORN, further, link_of


async def test_one_link_goes_along_from_booking_to_the_grace_after_the_visit(clinic: Clinic) -> None:
    """Moved, handed over, on a second device, and read again after the end: the secret that was sent first."""
    booked = await clinic.book(start=five_minutes(clinic.clock.now()), provider="provider")
    desk, second = clinic.staff("scheduler"), clinic.staff("second")

    async def opened() -> str:
        shown = await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
        return str(shown["stage"])

    start = five_minutes(clinic.clock.now()) + timedelta(minutes=30)
    body = {"version": 1, "start": start.isoformat()}
    moved = (await desk.post(f"/v1/appointments/{booked.id}/move", body))["row"]
    assert await opened() == "open"
    await clinic.arrive(booked)
    row = await clinic.row(booked)
    body = {"version": row["version"], "start": moved["start"], "provider_id": clinic.north.accounts["second"]}
    handed = (await desk.post(f"/v1/appointments/{booked.id}/move", body))["row"]
    assert handed["provider"]["id"] == clinic.north.accounts["second"]
    other, shown = await further(clinic, booked)
    assert shown["appointment"]["start"] == moved["start"], "another device comes to the time that is now"
    assert "call" in await other.post("/v1/my/confirm", {"birth_date": BORN})
    entry = (await clinic.row(booked))["entry"]
    admit = {"version": entry["version"], "identifiers": ["name", "birth_date"]}
    row = await second.post(f"/v1/waiting/{entry['id']}/admit", admit)
    await second.post(f"/v1/visits/{booked.visit_id}/end", {"version": row["visit"]["version"]})
    grace = timedelta(hours=clinic.house.settings.grace_hours)
    end = start + timedelta(minutes=15)
    clinic.clock.forward(end + grace - timedelta(minutes=1) - clinic.clock.now())
    assert await opened() == "ended", "what was said after the visit can still be read"
    assert (await link_of(clinic, booked)).generation == 1
    clinic.clock.forward(timedelta(minutes=2))
    assert await opened() == "closed"
