"""A visit that nobody ended: both pages are gone. Its end, its outcome and its length are what they were."""

from __future__ import annotations

from datetime import timedelta

from server.core.principal import system
from server.waiting import keeper as waiting_keeper
from server.waiting import service as waiting
from server.waiting.tables import WaitingRoomEntry
from tests.parts.clinic import Booked, Clinic
from tests.server.visits.test_line import calls, ring_due
from tests.server.visits.test_visit import admitted


async def here(clinic: Clinic, booked: Booked, *who: str) -> None:
    """Who has a page open now, as the live channel notes it each half minute."""
    async with clinic.house.desk.unit(system(booked.surgery.id)) as unit:
        if "patient" in who:
            await waiting.seen(unit, booked.id)
        if "provider" in who:
            await waiting_keeper.staff_seen(unit, booked.surgery.accounts["provider"])


def forward(clinic: Clinic, minutes: int) -> None:
    clinic.clock.forward(timedelta(minutes=minutes))


async def test_both_gone_for_good_ends_the_visit_when_they_were_last_together(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    for _ in range(12):  # twelve minutes face to face
        await here(clinic, booked, "patient", "provider")
        forward(clinic, 1)
    last = clinic.clock.now() - timedelta(minutes=1)
    for _ in range(5):  # the provider's browser has crashed, the patient waits a little
        await here(clinic, booked, "patient")
        forward(clinic, 1)
    forward(clinic, 9)
    await clinic.worker.tidy()
    assert (await clinic.row(booked))["visit"]["status"] == "in-progress"  # either may still come back
    forward(clinic, 6)
    await clinic.worker.tidy()
    visit = (await clinic.row(booked))["visit"]
    assert (visit["status"], visit["outcome"]) == ("completed", "completed")
    assert visit["ended_at"] == last.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    assert (await phone.get(f"/v1/links/{booked.link_id}/visit"))["stage"] == "ended"
    await clinic.worker.tidy()
    assert (await clinic.row(booked))["visit"] == visit


async def test_whoever_comes_back_finds_the_visit_where_it_was(clinic: Clinic) -> None:
    booked, _, version = await admitted(clinic)
    await here(clinic, booked, "patient", "provider")
    forward(clinic, 14)
    await here(clinic, booked, "provider")  # back from a reboot
    forward(clinic, 14)
    await clinic.worker.tidy()
    provider = clinic.staff("provider")
    assert (await clinic.row(booked))["visit"]["status"] == "in-progress"
    await provider.post(f"/v1/visits/{booked.visit_id}/join", {})
    row = await provider.post(f"/v1/visits/{booked.visit_id}/end", {"version": version})
    assert row["visit"]["outcome"] == "completed"


async def test_nobody_seen_for_a_minute_was_not_seen(clinic: Clinic) -> None:
    booked, _, _ = await admitted(clinic)
    forward(clinic, 40)
    await clinic.worker.tidy()
    visit = (await clinic.row(booked))["visit"]
    assert (visit["status"], visit["outcome"]) == ("completed", "left-before-seen")
    assert visit["ended_at"] == visit["started_at"]


async def test_a_visit_by_telephone_needs_no_page(clinic: Clinic) -> None:
    booked, _, _ = await admitted(clinic)
    await here(clinic, booked, "provider")
    entry = (await clinic.all(WaitingRoomEntry, WaitingRoomEntry.appointment_id == booked.id))[0]
    await clinic.staff("provider").post(f"/v1/appointments/{booked.id}/to-phone", {})
    assert entry.finished_at is None
    forward(clinic, 90)
    await clinic.worker.tidy()
    assert (await clinic.row(booked))["visit"]["status"] == "in-progress"
    forward(clinic, 40)
    await clinic.worker.tidy()
    assert (await clinic.row(booked))["visit"]["status"] == "completed"


async def test_a_visit_that_goes_on_by_telephone_is_not_cut_off_when_both_pages_sleep(clinic: Clinic) -> None:
    booked, phone, _ = await admitted(clinic)
    await here(clinic, booked, "patient", "provider")
    await phone.send("POST", f"/v1/visits/{booked.visit_id}/call-back", {})
    await ring_due(clinic)
    forward(clinic, 40)
    await clinic.worker.tidy()
    assert (await clinic.row(booked))["visit"]["status"] == "in-progress"
    await ring_due(clinic)
    assert [one.ended for one in await calls(clinic)] == [False, False]
    await phone.send("POST", f"/v1/visits/{booked.visit_id}/hang-up", {})
    await clinic.worker.tidy()
    assert (await clinic.row(booked))["visit"]["status"] == "completed"
