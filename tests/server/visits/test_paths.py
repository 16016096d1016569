"""By which ways a call may go: only through TURN until somebody is let in, and always where the practice says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from media.ice_servers import LIFE, credentials
from server.access.tables import Practice
from tests.parts.clinic import Booked, Clinic, Seeded, open_clinic
from tests.parts.marks import sqlite_only
from tests.server.visits.test_visit import admitted

SECRET = "shared with coturn"


@pytest.fixture
async def turning(place: tuple[str, Seeded], tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic that has a TURN server."""
    url, seeded = place
    async with open_clinic(
        url, tmp_path, seeded, turn_urls="turn:turn.example:3478?transport=udp", turn_secret=SECRET
    ) as opened:
        yield opened


async def ways(clinic: Clinic, booked: Booked) -> tuple[str, str]:
    """(patient's, provider's) transport policy as the server says it now."""
    phone = await clinic.arrive(booked)
    path = f"/v1/visits/{booked.visit_id}/paths"
    theirs = await phone.get(path)
    ours = await clinic.staff("provider").get(path)
    return theirs["ice_transport_policy"], ours["ice_transport_policy"]


async def test_before_admission_no_address_is_shown_and_after_it_the_direct_way_is_open(turning: Clinic) -> None:
    waiting = await turning.book(provider="provider")
    assert await ways(turning, waiting) == ("relay", "relay")
    joined = await turning.staff("provider").post(f"/v1/visits/{waiting.visit_id}/join", {})
    assert joined["call"]["ice_transport_policy"] == "relay"
    inside, phone, _ = await admitted(turning)
    path = f"/v1/visits/{inside.visit_id}/paths"
    assert (await phone.get(path))["ice_transport_policy"] == "all"
    assert (await turning.staff("provider").get(path))["ice_transport_policy"] == "all"
    assert (await phone.get(f"/v1/links/{inside.link_id}/visit"))["call"]["ice_transport_policy"] == "all"


@sqlite_only
async def test_without_turn_calls_are_prepared_directly(clinic: Clinic) -> None:
    assert await ways(clinic, await clinic.book(provider="provider")) == ("all", "all")


async def test_a_practice_may_hide_addresses_for_good(turning: Clinic) -> None:
    admin = turning.staff("admin")
    answer = await admin.send("PUT", "/v1/practice/media", {"relay_only": True})
    assert (answer.status_code, answer.json()) == (200, {"relay_only": True})
    inside, phone, _ = await admitted(turning)
    assert (await phone.get(f"/v1/visits/{inside.visit_id}/paths"))["ice_transport_policy"] == "relay"
    hides = {row.id: row.relay_only for row in await turning.all(Practice)}
    assert hides == {turning.north.id: True, turning.south.id: False}


@sqlite_only
async def test_hiding_without_turn_is_refused_in_words(clinic: Clinic) -> None:
    before = await clinic.everything()
    problem = await clinic.staff("admin").refused(409, "PUT", "/v1/practice/media", {"relay_only": True})
    assert "TURN" in problem["detail"]
    assert await clinic.everything() == before


@sqlite_only
async def test_credentials_are_fresh_each_time_and_bound_to_the_seat(turning: Clinic) -> None:
    booked = await turning.book(provider="provider")
    phone = await turning.arrive(booked)
    path = f"/v1/visits/{booked.visit_id}/paths"
    (first,) = (await phone.get(path))["ice_servers"]
    turning.clock.forward(timedelta(minutes=30))
    (later,) = (await phone.get(path))["ice_servers"]
    begun, expiry = (int(one["username"].partition(":")[0]) for one in (first, later))
    assert 30 * 60 <= expiry - begun < 31 * 60
    assert abs(expiry - turning.clock.now().timestamp() - LIFE) < 60
    assert (later["username"], later["credential"]) == credentials(SECRET, f"{booked.visit_id}.patient", expiry)


@sqlite_only
async def test_a_patient_learns_nothing_of_another_visit(turning: Clinic) -> None:
    mine, other = await turning.book(provider="provider"), await turning.book(provider="second")
    phone = await turning.arrive(mine)
    await phone.refused(404, "GET", f"/v1/visits/{other.visit_id}/paths")
    await turning.staff("provider").refused(409, "GET", f"/v1/visits/{other.visit_id}/paths")
