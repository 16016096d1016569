"""Somebody of the staff has looked at who waits: said once, to every board."""

from __future__ import annotations

from datetime import timedelta

from server.waiting.tables import WaitingRoomEntry
from tests.parts.clinic import Clinic


async def test_the_first_look_counts_and_every_board_shows_it(clinic: Clinic) -> None:
    booked = await clinic.book()
    await clinic.arrive(booked)
    row = await clinic.row(booked)
    assert row["entry"]["seen_at"] is None
    seen = await clinic.staff("scheduler").post(f"/v1/waiting/{row['entry']['id']}/see", {})
    at = seen["entry"]["seen_at"]
    assert at is not None
    clinic.clock.forward(timedelta(minutes=5))
    again = await clinic.staff("provider").post(f"/v1/waiting/{row['entry']['id']}/see", {})
    assert again["entry"]["seen_at"] == at
    assert (await clinic.row(booked, clinic.staff("second")))["entry"] == {**row["entry"], "seen_at": at}


async def test_a_look_is_no_move_so_nobody_is_told_to_look_again(clinic: Clinic) -> None:
    """The provider's admit, drawn before a colleague's look, still goes through."""
    booked = await clinic.book()
    await clinic.arrive(booked)
    row = await clinic.row(booked)
    await clinic.staff("admin").post(f"/v1/waiting/{row['entry']['id']}/see", {})
    provider = clinic.staff("provider" if row["provider"]["id"] == clinic.north.accounts["provider"] else "second")
    body = {"version": row["entry"]["version"], "identifiers": ["name", "birth_date"]}
    await provider.post(f"/v1/waiting/{row['entry']['id']}/admit", body)


async def test_a_stranger_and_another_practice_see_nothing(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    entry = (await clinic.row(booked))["entry"]["id"]
    await phone.refused(403, "POST", f"/v1/waiting/{entry}/see", {})
    await clinic.staff("admin", clinic.south).refused(404, "POST", f"/v1/waiting/{entry}/see", {})
    assert [one.seen_at for one in await clinic.all(WaitingRoomEntry)] == [None]
