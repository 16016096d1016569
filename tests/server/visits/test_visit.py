"""A whole visit over HTTP, and the trail it leaves."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from server import cli_setup
from server.appointments.tables import Appointment
from server.audit.tables import AuditEvent
from server.visits.tables import Visit
from tests.parts.clinic import Booked, Browser, Clinic
from tests.parts.marks import sqlite_only


async def admitted(clinic: Clinic, *, person: str | None = None) -> tuple[Booked, Browser, int]:
    """A visit under way: (booking, the patient's browser, the visit's version)."""
    booked = await clinic.book(person=person, provider="provider")
    phone = await clinic.arrive(booked)
    entry = (await clinic.row(booked))["entry"]
    provider = clinic.staff("provider")
    row = await provider.post(f"/v1/waiting/{entry['id']}/call", {"version": entry["version"]})
    admit = {"version": row["entry"]["version"], "identifiers": ["birth_date", "name"]}
    row = await provider.post(f"/v1/waiting/{entry['id']}/admit", admit)
    return booked, phone, row["visit"]["version"]


async def test_ending_completes_the_visit_and_fulfils_the_appointment(clinic: Clinic) -> None:
    booked, phone, version = await admitted(clinic)
    provider = clinic.staff("provider")
    joined = await provider.post(f"/v1/visits/{booked.visit_id}/join", {})
    shown = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert shown["stage"] == "in-visit"
    assert joined["call"]["topic"] == shown["call"]["topic"]
    assert (joined["call"]["polite"], shown["call"]["polite"]) == (False, True)
    assert joined["call"]["seat"] != shown["call"]["seat"]
    row = await provider.post(f"/v1/visits/{booked.visit_id}/end", {"version": version})
    assert (row["status"], row["visit"]["status"]) == ("fulfilled", "completed")
    assert row["visit"]["started_at"] <= row["visit"]["ended_at"]
    assert (await phone.get(f"/v1/links/{booked.link_id}/visit"))["stage"] == "ended"
    await provider.refused(409, "POST", f"/v1/visits/{booked.visit_id}/join", {})
    await provider.refused(409, "POST", f"/v1/visits/{booked.visit_id}/end", {"version": row["visit"]["version"]})
    await phone.refused(410, "POST", "/v1/my/check-in", {})
    await clinic.browser("patient").refused(410, "POST", f"/v1/links/{booked.link_id}/ready", booked.ready)


async def test_an_old_version_or_a_visit_not_begun_does_not_end(clinic: Clinic) -> None:
    booked, _, version = await admitted(clinic)
    waiting = await clinic.book(provider="provider")
    provider, before = clinic.staff("provider"), await clinic.everything()
    problem = await provider.refused(409, "POST", f"/v1/visits/{booked.visit_id}/end", {"version": version - 1})
    assert problem["slug"] == "stale-version"
    problem = await provider.refused(409, "POST", f"/v1/visits/{waiting.visit_id}/end", {"version": 1})
    assert (problem["slug"], problem["state"], problem["act"]) == ("impossible-move", "planned", "complete")
    assert await clinic.everything() == before


async def test_two_tabs_end_the_visit_once(clinic: Clinic) -> None:
    booked, _, version = await admitted(clinic)
    answers = await asyncio.gather(
        *(
            clinic.staff("provider").send("POST", f"/v1/visits/{booked.visit_id}/end", {"version": version})
            for _ in "abc"
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert [one.status for one in await clinic.all(Visit)] == ["completed"]
    assert [one.status for one in await clinic.all(Appointment)] == ["fulfilled"]


STEPS = [
    "appointment.book", "link.open", "consent.give", "waiting.check_in", "appointment.arrive", "waiting.call",
    "waiting.admit", "identity.checked:birth_date+name", "visit.open", "visit.complete", "appointment.fulfil",
]  # fmt: skip


async def test_the_trail_holds_every_step_in_order_and_verifies(clinic: Clinic) -> None:
    booked, _, version = await admitted(clinic)
    await clinic.staff("provider").post(f"/v1/visits/{booked.visit_id}/end", {"version": version})
    lines = (await clinic.staff("admin").get("/v1/audit"))["events"]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["subtype"] for line in lines if line["subtype"] in STEPS] == STEPS
    who = {line["subtype"]: line["agent_role"] for line in lines}
    assert (who["waiting.check_in"], who["waiting.admit"], who["visit.complete"]) == ("patient", "provider", "provider")
    rest = (await clinic.staff("admin").get(f"/v1/audit?after={len(lines)}"))["events"]
    assert [line["subtype"] for line in rest] == ["audit.read"], "reading the trail is a line of it"
    faults, checked = await cli_setup.verify_audit(clinic.house.settings)
    assert faults == []
    assert checked > len(lines)


async def test_a_line_altered_in_the_database_is_found(clinic: Clinic) -> None:
    await admitted(clinic)
    line = (await clinic.all(AuditEvent, AuditEvent.subtype == "waiting.admit"))[0]
    async with clinic.house.store.engine.begin() as connection:
        await connection.execute(
            text("UPDATE audit_event SET agent_id = 'somebody else' WHERE tenant = :tenant AND seq = :seq"),
            {"tenant": line.tenant, "seq": line.seq},
        )
    faults, _ = await cli_setup.verify_audit(clinic.house.settings)
    assert faults == [f"line {line.seq} was altered"]


@sqlite_only
@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 13, "٣"])
async def test_a_strange_page_of_the_trail_is_refused(clinic: Clinic, after: str) -> None:
    await clinic.staff("admin").refused(422, "GET", f"/v1/audit?after={after}")
