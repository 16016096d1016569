"""A country changes its clocks: the new zone database comes with an upgrade, and what is to come is planned by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col

from server.appointments.tables import Appointment
from server.core import zones as database
from server.reminders import timing, zones
from server.reminders.tables import Reminder, ZoneRelease
from tests.parts.clinic import Booked, Clinic

START = datetime(2027, 3, 16, 15, 0, tzinfo=UTC)  # 11:00 in New York, two days after its clocks went forward
A_WEEK_BEFORE = datetime(2027, 3, 9, 16, 0, tzinfo=UTC)  # 11:00 on its wall


def without_summer_time(name: str) -> ZoneInfo:
    """New York as a coming release might have it: winter time all year, as Panama has."""
    with files("tzdata.zoneinfo.America").joinpath("Panama").open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


async def due(clinic: Clinic, booked: Booked) -> dict[str, datetime]:
    found = await clinic.all(Reminder, col(Reminder.subject) == booked.id)
    assert len({(one.step, one.channel) for one in found}) == len(found)
    return {one.step: one.due for one in found if one.status == "scheduled" and one.step != "confirmation"}


async def test_a_new_zone_database_moves_what_goes_by_the_clock_on_the_wall(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = await clinic.book(person=await clinic.person(), start=START)
    assert await zones.follow(clinic.house.desk), "the first start notes the release"
    assert not await zones.follow(clinic.house.desk)
    before = await due(clinic, booked)
    assert before["reminder.7d"] == A_WEEK_BEFORE
    assert before["reminder.48h"] == START - timedelta(hours=48)
    monkeypatch.setattr(timing, "zone_of", without_summer_time)
    monkeypatch.setattr(database, "release", lambda: "2027a")
    await clinic.worker.tidy()
    after = await due(clinic, booked)
    assert after["reminder.7d"] == A_WEEK_BEFORE - timedelta(hours=1), "10:00 on the wall, as the visit is now"
    assert {step: at for step, at in after.items() if step != "reminder.7d"} == {
        step: at for step, at in before.items() if step != "reminder.7d"
    }, "hours are hours"
    assert [one.name for one in await clinic.all(ZoneRelease)] == ["2027a"]
    assert [one.revision for one in await clinic.all(Appointment)] == [1], "the visit is as it was"
    assert not await zones.follow(clinic.house.desk)


def test_the_release_is_the_one_that_zoneinfo_reads() -> None:
    assert 4 <= len(database.release()) <= 32
    assert database.release() == database.release().strip()
