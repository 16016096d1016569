"""Weekly hours over every change of the clocks: what is offered is exactly what the wall clock shows as open."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.appointments.hours import (
    DAY,
    Span,
    Special,
    Weekly,
    is_ambiguous,
    joined,
    minus,
    offset_text,
    openings,
    starts,
)

ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "America/Santiago",
    "Africa/Casablanca", "Africa/Cairo", "America/St_Johns", "Antarctica/Troll", "Europe/Dublin",
)  # fmt: skip
YEARS = range(2025, 2037)
FIVE = timedelta(minutes=5)
ALWAYS = [Weekly(weekday, 0, DAY) for weekday in range(1, 8)]


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """The hours (UTC) within which the offset of a zone changes, found by looking at every hour of every year."""
    zone = ZoneInfo(name)
    found, at = [], datetime(YEARS.start, 1, 1, tzinfo=UTC)
    before = at.astimezone(zone).utcoffset()
    while at.year < YEARS.stop:
        at += timedelta(hours=1)
        now = at.astimezone(zone).utcoffset()
        if now != before:
            found.append(at)
        before = now
    return tuple(found)


CHANGES = [(name, at) for name in ZONES for at in changes(name)]


def is_open(zone: ZoneInfo, at: datetime, weekly: list[Weekly], special: list[Special]) -> bool:
    """The rule itself: what does the clock on the wall show?"""
    wall = at.astimezone(zone)
    minute = wall.hour * 60 + wall.minute
    stretches = [one for one in special if one.day == wall.date() and one.begins <= minute < one.ends]
    if any(one.closed for one in stretches):
        return False
    return bool(stretches) or any(one.on(wall.date()) and one.begins <= minute < one.ends for one in weekly)


def ticks(window: Span) -> list[datetime]:
    return [window.start + FIVE * n for n in range((window.end - window.start) // FIVE)]


def around(at: datetime) -> Span:
    return Span(at - timedelta(days=2), at + timedelta(days=2))


def check(name: str, window: Span, weekly: list[Weekly], special: list[Special], length: int, step: int) -> None:
    zone = ZoneInfo(name)
    opened = openings(zone, weekly, special, window)
    expected = {at for at in ticks(window) if is_open(zone, at, weekly, special)}
    assert {at for at in ticks(window) if any(span.start <= at < span.end for span in opened)} == expected
    assert all(a.end < b.start for a, b in zip(opened, opened[1:], strict=False)), "disjoint, joined, in order"
    offered = list(starts(zone, opened, timedelta(minutes=length), step))
    assert offered == [
        at
        for at in ticks(window)
        if at.astimezone(zone).minute % step == 0 and all(at + FIVE * n in expected for n in range(length // 5))
    ]
    walls = Counter(at.astimezone(zone).replace(tzinfo=None) for at in offered)
    told = Counter((at.astimezone(zone).replace(tzinfo=None), offset_text(zone, at)) for at in offered)
    assert set(told.values()) <= {1}, "the same words never mean two times"
    for at in offered:
        wall = at.astimezone(zone).replace(tzinfo=None)
        assert walls[wall] <= (2 if is_ambiguous(zone, at) else 1)


def test_the_zones_chosen_change_their_clocks() -> None:
    assert all(len(changes(name)) >= 20 for name in ZONES), {name: len(changes(name)) for name in ZONES}


@pytest.mark.parametrize("name", ZONES)
def test_around_the_clock_every_instant_of_every_change_is_offered_once(name: str) -> None:
    for at in changes(name):
        check(name, around(at), ALWAYS, [], 15, 15)


@pytest.mark.parametrize("name", ZONES)
def test_night_hours_that_end_within_every_change(name: str) -> None:
    night = [Weekly(day, begins, ends) for day in range(1, 8) for begins, ends in ((0, 90), (100, 185), (1380, DAY))]
    for at in changes(name):
        check(name, around(at), night, [], 30, 15)


fives = st.integers(0, DAY // 5)


@st.composite
def stretch(draw: st.DrawFn) -> tuple[int, int]:
    begins, ends = sorted(draw(st.lists(fives, min_size=2, max_size=2, unique=True)))
    return begins * 5, ends * 5


@st.composite
def weeks(draw: st.DrawFn) -> list[Weekly]:
    made = draw(st.lists(st.tuples(st.integers(1, 7), stretch()), max_size=12))
    return [Weekly(weekday, begins, ends) for weekday, (begins, ends) in made]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(CHANGES), weeks(),
    st.lists(st.tuples(st.integers(-3, 3), st.booleans(), stretch()), max_size=4),
    st.sampled_from([5, 10, 15, 30, 60]), st.sampled_from([5, 10, 15, 20, 30, 60]), st.integers(-200, 200),
)  # fmt: skip
def test_any_week_around_any_change(
    change: tuple[str, datetime], weekly: list[Weekly], days: list[tuple[int, bool, tuple[int, int]]], length: int,
    step: int, shift: int,
) -> None:  # fmt: skip
    name, at = change
    special = [Special(at.date() + timedelta(days=day), closed, *part) for day, closed, part in days]
    window = Span(around(at).start + FIVE * shift, around(at).end + FIVE * shift)
    check(name, window, weekly, special, length, step)


def test_the_hour_that_new_york_skips_and_the_one_it_has_twice() -> None:
    zone = ZoneInfo("America/New_York")
    early = [Weekly(7, 60, 180)]  # Sunday 01:00 to 03:00
    spring = Span(datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
    autumn = Span(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    told = [
        [f"{at.astimezone(zone):%H:%M}{offset_text(zone, at)}" for at in
         starts(zone, openings(zone, early, [], window), timedelta(minutes=30), 30)]
        for window in (spring, autumn)
    ]  # fmt: skip
    assert told[0] == ["01:00-05:00", "01:30-05:00"]
    assert told[1] == ["01:00-04:00", "01:30-04:00", "01:00-05:00", "01:30-05:00", "02:00-05:00", "02:30-05:00"]


def test_a_week_holds_from_its_first_day_until_its_last() -> None:
    zone = ZoneInfo("Asia/Kathmandu")
    monday = date(2027, 5, 3)
    weekly = [Weekly(1, 540, 600, monday, monday + timedelta(days=7))]
    window = Span(datetime(2027, 4, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
    days = [span.start.astimezone(zone).date() for span in openings(zone, weekly, [], window)]
    assert days == [monday, monday + timedelta(days=7)]


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), max_size=8).map(
    lambda parts: [
        Span(datetime(2027, 1, 1, tzinfo=UTC) + FIVE * a, datetime(2027, 1, 1, tzinfo=UTC) + FIVE * (a + n))
        for a, n in parts
    ]
)


@given(spans, spans)
def test_joining_and_taking_away_keep_every_moment_right(first: list[Span], second: list[Span]) -> None:
    whole = Span(datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, 7, tzinfo=UTC))

    def inside(parts: list[Span], at: datetime) -> bool:
        return any(one.start <= at < one.end for one in parts)

    left = minus(joined(first), joined(second))
    for at in ticks(whole):
        assert inside(joined(first), at) == inside(first, at)
        assert inside(left, at) == (inside(first, at) and not inside(second, at))
