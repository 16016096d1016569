"""HL7 EHR-S Functional Model R2.1.1, AS.6.5 Support Waiting Room Management: each statement by a test of its verb."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.waiting import keeper
from server.waiting.tables import WaitingRoomEntry
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only
from tests.server.waiting.test_line import ADMIT, act, arrived, pool


async def names(clinic: Clinic, query: str) -> list[str]:
    shown = await clinic.staff("scheduler").get(f"/v1/waiting?{query}")
    return [row["person"]["name"].split()[0] for row in shown["rows"]]


async def full(clinic: Clinic) -> dict[str, Any]:
    """Ada and Ivo wait for one provider, Uma for a pool; Ivo and Uma are triaged; they came ten minutes apart."""
    room: dict[str, Any] = {}
    began = clinic.clock.now()
    for minutes, name in ((55, "Ada"), (35, "Ivo"), (20, "Uma")):
        room[name], _ = await arrived(clinic, minutes, name=name, since=began)
        clinic.clock.forward(timedelta(minutes=10))
    await act(clinic, room["Ivo"], "triage", acuity=1, reason="Chest pain")
    await act(clinic, room["Uma"], "triage", acuity=4, reason="Repeat prescription")
    room["pool"] = await pool(clinic)
    await act(clinic, room["Uma"], "transfer", "scheduler", pool_id=room["pool"])
    return room


async def test_as_6_5_shall_present_a_list_of_triaged_patients(clinic: Clinic) -> None:
    await full(clinic)
    assert await names(clinic, "triaged=true") == ["Ivo", "Uma"]
    assert await names(clinic, "triaged=false") == ["Ada"]
    assert await names(clinic, "") == ["Ivo", "Ada", "Uma"]
    assert (await clinic.staff("provider", clinic.south).get("/v1/waiting"))["rows"] == []


async def test_as_6_5_should_filter_and_sort_at_the_same_time_by_provider_ward_acuity_and_wait(clinic: Clinic) -> None:
    room = await full(clinic)
    provider, second = (clinic.north.accounts[name] for name in ("provider", "second"))
    for query, found in {
        f"provider_id={provider}&sort=wait": ["Ada", "Ivo", "Uma"],
        f"pool_id={room['pool']}&acuity=4": ["Uma"],
        f"provider_id={provider}&acuity=2&min_wait=15&sort=booked": ["Ivo"],
        "min_wait=25&sort=wait": ["Ada"],
        "acuity=3&sort=booked": ["Ivo", "Ada"],
        f"provider_id={second}": [],
    }.items():
        assert await names(clinic, query) == found, query


@pytest.mark.parametrize(("most", "longest"), [(1, 0), (0, 15)])
async def test_as_6_5_may_alert_when_the_number_waiting_or_the_wait_exceeds_a_parameter(
    clinic: Clinic, most: int, longest: int
) -> None:
    await full(clinic)
    for _ in range(2):
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await keeper.alert_crowded(unit, most, timedelta(minutes=longest))
    tasks = (await clinic.staff("scheduler").get("/v1/tasks"))["tasks"].values()
    assert [(one["kind"], one["note"]) for one in tasks] == [("long-wait", "2 in line, the longest wait is 30 min")]
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        assert await keeper.alert_crowded(unit, 5, timedelta(hours=2)) == 0
        assert await keeper.alert_crowded(unit, 0, timedelta()) == 0, "nothing is set: nobody is alerted"


async def test_as_6_5_should_store_wait_time_information(clinic: Clinic) -> None:
    room = await full(clinic)
    await act(clinic, room["Ivo"], "admit", **ADMIT)
    stored = {one.appointment_id: one for one in await clinic.all(WaitingRoomEntry)}[room["Ivo"].id]
    assert stored.closed_at is not None
    assert round((stored.closed_at - stored.since).total_seconds() / 60) == 20
    assert stored.acuity == 1


@sqlite_only
async def test_a_filter_that_is_none_is_refused(clinic: Clinic) -> None:
    for query in ("acuity=9", "sort=name", "min_wait=-1", "ward=3"):
        await clinic.staff("scheduler").refused(422, "GET", f"/v1/waiting?{query}")
