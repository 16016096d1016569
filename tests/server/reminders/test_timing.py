"""Every half hour of a year in twelve zones: nobody is woken, days are days on the wall, hours are hours that pass."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.reminders.timing import Window, clock, day_of, days_before

ZONES = (
    "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "America/St_Johns", "Europe/Lisbon",
    "Europe/London",
    "Europe/Berlin", "Africa/Cairo", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham",
)  # fmt: skip
YEAR = datetime(2027, 1, 1, tzinfo=UTC)
HALF = timedelta(minutes=30)
MOMENTS = [YEAR + number * HALF for number in range(365 * 48)]


@pytest.mark.parametrize("zone", ZONES)
def test_nobody_is_disturbed_between_nine_and_eight(zone: str) -> None:
    window, tz = Window(zone), ZoneInfo(zone)
    nights = 0
    for at in MOMENTS:
        here = at.astimezone(tz)
        night = here.hour >= 21 or here.hour < 8
        assert window.allows(at) is not night
        earlier, later = window.before(at), window.after(at)
        assert earlier is not None
        assert later is not None
        if not night:
            assert earlier == later == at
            continue
        nights += 1
        assert earlier < at < later
        assert earlier.astimezone(tz).strftime("%H:%M") == "20:55", "the evening before"
        assert later.astimezone(tz).strftime("%H:%M") == "08:00", "the morning after"
        assert later - earlier <= timedelta(hours=12, minutes=5), "the same night"
    assert nights > 365 * 20


@pytest.mark.parametrize("zone", ZONES)
def test_days_go_by_the_wall_clock_and_hours_by_time_that_passes(zone: str) -> None:
    tz = ZoneInfo(zone)
    changes = 0
    for start in MOMENTS:
        before = days_before(start, zone, 7)
        here, then = start.astimezone(tz), before.astimezone(tz)
        if then.time() == here.time():
            assert (here.date() - then.date()).days == 7
        else:  # the clocks skipped that time a week before: it moved forward with them
            skipped = datetime.combine(here.date() - timedelta(days=7), here.time(), tz)
            assert skipped.astimezone(UTC).astimezone(tz).time() != here.time()
            assert timedelta() < then.replace(tzinfo=None) - skipped.replace(tzinfo=None) <= timedelta(hours=1)
        changes += start - before != timedelta(days=7)
        assert (start - (start - timedelta(hours=48))) == timedelta(hours=48)
    has_summer = len({moment.astimezone(tz).utcoffset() for moment in MOMENTS}) > 1
    assert bool(changes) is has_summer


def test_the_day_before_and_24_hours_before_differ_over_a_change() -> None:
    """Measured in design/reminders.md 2.4: New York, Monday 2026-03-09 09:00."""
    start = datetime(2026, 3, 9, 13, 0, tzinfo=UTC)
    assert days_before(start, "America/New_York", 1) == datetime(2026, 3, 8, 13, 0, tzinfo=UTC)
    start = datetime(2026, 3, 8, 13, 0, tzinfo=UTC)  # the day of the change itself, 09:00
    assert days_before(start, "America/New_York", 1) == datetime(2026, 3, 7, 14, 0, tzinfo=UTC)
    assert start - timedelta(hours=24) == datetime(2026, 3, 7, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_safe_hours_of_a_shared_phone_hold_beside_the_quiet_hours(zone: str) -> None:
    tz = ZoneInfo(zone)
    window = Window(zone, time(17), time(22))
    over_midnight = Window(zone, time(20), time(2), quiet=False)
    for at in MOMENTS[::7]:
        here = at.astimezone(tz)
        assert window.allows(at) is (17 <= here.hour < 21)
        assert over_midnight.allows(at) is (here.hour >= 20 or here.hour < 2)
        for one in (window, over_midnight):
            earlier, later = one.before(at), one.after(at)
            assert earlier is not None
            assert later is not None
            assert one.allows(earlier)
            assert one.allows(later)
            assert earlier <= at <= later


def test_a_phone_that_is_safe_only_at_night_is_never_safe_for_who_sleeps() -> None:
    window = Window("Europe/Lisbon", time(23), time(6))
    assert window.before(YEAR) is None
    assert window.after(YEAR) is None


def test_a_day_is_a_day_of_the_persons_own() -> None:
    at = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    first, last = day_of(at, "America/New_York")
    assert (first, last) == (datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC))
    assert clock("24:00") == time.max
    assert clock(None) is None
