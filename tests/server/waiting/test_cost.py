"""What an admission costs: both people look at a still page meanwhile, so it asks the database for little."""

from __future__ import annotations

from tests.parts.clinic import Clinic
from tests.server.vault.test_deks import statements
from tests.server.waiting.test_line import ADMIT, arrived

CEILING = 39
"""Statements of one `POST /v1/waiting/{id}/admit`, from the session's to the events'; nobody else waits."""


async def test_an_admission_stays_under_its_ceiling_of_statements(clinic: Clinic) -> None:
    booked, _ = await arrived(clinic, 5)
    entry = (await clinic.row(booked))["entry"]
    body = {"version": entry["version"], **ADMIT}
    path = f"/v1/waiting/{entry['id']}/admit"
    with statements(clinic.house.store) as seen:
        row = await clinic.staff("provider").post(path, body, idempotency_key="admitted-once")
    assert row["visit"]["status"] == "in-progress"
    assert len(seen) <= CEILING, f"{len(seen)} statements:\n" + "\n".join(seen)
    with statements(clinic.house.store) as again:
        assert await clinic.staff("provider").post(path, body, idempotency_key="admitted-once") == row
    assert len(again) <= 5, "\n".join(again)
