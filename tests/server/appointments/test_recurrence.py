"""A repeated or moved visit stays at its time by the wall clock, across every change of ten zones, years ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from server.appointments.recurrence import MOST, RepeatIn, instants, occurrences, shifted
from tests.server.appointments.test_hours import CHANGES, ZONES, changes

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
MINUTE = timedelta(minutes=1)


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def by_search(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The definition: every instant at which a clock in the zone shows this."""
    middle = wall.replace(tzinfo=UTC)
    reach = range(-26 * 60, 26 * 60 + 1)
    return tuple(at for minutes in reach if shown(at := middle + minutes * MINUTE, zone) == wall)


@pytest.mark.parametrize("name", ZONES)
def test_a_wall_time_means_exactly_the_instants_that_show_it(name: str) -> None:
    """Around the changes of one year, each quarter of an hour, against the definition."""
    zone = ZoneInfo(name)
    counted = {0: 0, 1: 0, 2: 0}
    for at in [one for one in changes(name) if one.year in {2026, 2027}][:4]:
        for quarter in range(-10, 11):
            wall = shown(at, zone) + quarter * timedelta(minutes=15)
            found = instants(wall, zone)
            assert found == by_search(wall, zone), (name, wall)
            counted[len(found)] += 1
    assert min(counted.values()) > 0, "the changes skip some times and show some twice"


@pytest.mark.parametrize("freq", ["daily", "weekly", "monthly"])
def test_a_series_that_meets_every_change_keeps_its_wall_time(freq: str) -> None:
    """Its occurrence on the day of the change, and those around it, at and beside the very moment of the change."""
    for name, at in CHANGES:
        zone = ZoneInfo(name)
        for beside in (timedelta(0), -30 * MINUTE, 30 * MINUTE, timedelta(hours=7)):
            wall = shown(at, zone) + beside
            back = {"daily": timedelta(days=2), "weekly": timedelta(weeks=2), "monthly": timedelta(days=62)}[freq]
            first = wall - back
            rule = RepeatIn(freq=freq, count=6)  # type: ignore[arg-type]
            found = occurrences(rule, first, zone)
            assert len(found) == 6
            assert {one.wall.time() for one in found} == {first.time()}
            for one in found:
                assert all(shown(start, zone) == one.wall for start in one.starts)
            if freq != "monthly":
                assert wall in {one.wall for one in found}


def test_between_two_changes_a_week_is_not_always_168_hours() -> None:
    zone = ZoneInfo("America/New_York")
    found = occurrences(RepeatIn(freq="weekly", count=3), datetime.fromisoformat("2026-03-01T14:30"), zone)
    starts = [one.starts[0] for one in found]
    assert [later - earlier for earlier, later in zip(starts, starts[1:], strict=False)] == [
        timedelta(hours=167), timedelta(hours=168),
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(ZONES), day=st.dates(date(2026, 1, 1), date(2040, 1, 1)), minute=st.integers(0, 287),
    freq=st.sampled_from(["daily", "weekly", "monthly"]), interval=st.integers(1, 12), count=st.integers(2, MOST),
    days=st.lists(st.sampled_from(DAYS), unique=True),
)  # fmt: skip
def test_a_rule_lays_out_what_it_says(
    name: str, day: date, minute: int, freq: str, interval: int, count: int, days: list[str]
) -> None:
    first = datetime.combine(day, time()) + minute * 5 * MINUTE
    by_day = days if freq == "weekly" else []
    rule = RepeatIn(freq=freq, interval=interval, count=count, by_day=by_day)  # type: ignore[arg-type]
    found = occurrences(rule, first, ZoneInfo(name))
    walls = [one.wall for one in found]
    assert walls[0] == first
    assert walls == sorted(set(walls))
    assert len(walls) == count
    for wall in walls[1:]:
        assert wall.time() == first.time()
        weeks = (wall.date() - timedelta(days=wall.weekday())) - (day - timedelta(days=day.weekday()))
        if freq == "daily":
            assert (wall.date() - day).days % interval == 0
        elif freq == "weekly":
            assert weeks.days // 7 % interval == 0
            assert wall.weekday() in ([DAYS.index(one) for one in by_day] or [day.weekday()])
        else:
            assert wall.day == day.day
            assert ((wall.year - day.year) * 12 + wall.month - day.month) % interval == 0


@pytest.mark.parametrize("name", ZONES)
def test_a_move_by_the_wall_clock_across_every_change(name: str) -> None:
    zone = ZoneInfo(name)
    for at in changes(name):
        for days in (-1, 1, 7):
            start = at - timedelta(days=days) + timedelta(hours=3)
            moved = shifted(start, timedelta(days=days, minutes=-45), zone)
            assert moved.wall == shown(start, zone) + timedelta(days=days, minutes=-45)
            assert moved.starts == instants(moved.wall, zone)


def test_until_takes_the_last_day_with_it_and_the_most_is_a_year_of_weeks() -> None:
    zone, first = ZoneInfo("Europe/London"), datetime.fromisoformat("2027-01-05T09:00")
    found = occurrences(RepeatIn(freq="weekly", until=date(2027, 1, 26)), first, zone)
    assert [one.wall.day for one in found] == [5, 12, 19, 26]
    assert len(occurrences(RepeatIn(freq="daily", until=date(2040, 1, 1)), first, zone)) == MOST
    thirty_first = occurrences(RepeatIn(freq="monthly", count=4), datetime.fromisoformat("2027-01-31T09:00"), zone)
    assert [one.wall.month for one in thirty_first] == [1, 3, 5, 7], "a month without that day is left out"


@pytest.mark.parametrize(
    "rule",
    [{}, {"count": 3, "until": "2027-01-01"}, {"count": 1}, {"count": 53}, {"count": 3, "interval": 0},
     {"count": 3, "freq": "hourly"}, {"count": 3, "freq": "daily", "by_day": ["MO"]}, {"count": 3, "by_day": ["XX"]}],
)  # fmt: skip
def test_a_rule_that_says_too_little_or_too_much_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RepeatIn.model_validate({"freq": "weekly", **rule})
