"""Wall-time hours become instants, exactly, through every change of the clocks. Pure arithmetic: no database.

An instant is within the hours when the clock on the wall in that zone shows a time within them. From this one rule
the rest follows: a time that the clocks skip is no instant, so it cannot be offered; an hour that happens twice is
offered once each, and only the UTC offset tells the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = 24 * 60  # minutes
_PROBE = timedelta(hours=6)  # no zone has ever changed its clocks there and back within this
_MINUTE = timedelta(minutes=1)
_GRAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` until `end`, the end not included; aware UTC instants."""

    start: datetime
    end: datetime

    def holds(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Weekly:
    """One stretch of a weekday (ISO, 1 is Monday) in minutes from midnight on the wall clock."""

    weekday: int
    begins: int
    ends: int
    valid_from: date | None = None
    valid_until: date | None = None

    def on(self, day: date) -> bool:
        return (
            day.isoweekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class Special:
    """A stretch of one day that is closed, or open beside the weekly hours."""

    day: date
    closed: bool
    begins: int = 0
    ends: int = DAY


def openings(zone: ZoneInfo, weekly: Sequence[Weekly], special: Sequence[Special], window: Span) -> list[Span]:
    """When the hours are open within `window`: disjoint, in order, neighbours joined. Closed beats extra."""
    opened: list[Span] = []
    shut: list[Span] = []
    for piece, offset in steady(zone, window):
        day = (piece.start + offset).date() - timedelta(days=1)
        last = (piece.end + offset).date()
        while day <= last:
            for week in weekly:
                if week.on(day):
                    opened += _cut(day, week.begins, week.ends, piece, offset)
            for one in special:
                if one.day == day:
                    (shut if one.closed else opened).extend(_cut(day, one.begins, one.ends, piece, offset))
            day += timedelta(days=1)
    return minus(joined(opened), joined(shut))


def steady(zone: ZoneInfo, window: Span) -> list[tuple[Span, timedelta]]:
    """The window in pieces of one UTC offset each."""
    edges = [window.start]
    at = window.start
    while at < window.end:
        later = min(at + _PROBE, window.end)
        if offset_at(zone, at) != offset_at(zone, later):
            edges.append(_change(zone, at, later))
        at = later
    edges.append(window.end)
    return [(Span(a, b), offset_at(zone, a)) for a, b in pairwise(edges) if a < b]


def starts(zone: ZoneInfo, free: Iterable[Span], length: timedelta, step: int) -> Iterator[datetime]:
    """Every start on the wall clock's `step` minutes from which `length` fits into a free span."""
    for span in free:
        for piece, offset in steady(zone, span):
            wall = piece.start + offset
            midnight = datetime.combine(wall.date(), time(), UTC)
            past = (wall - midnight) % timedelta(minutes=step)
            at = piece.start + (timedelta(minutes=step) - past if past else timedelta())
            while at < piece.end and at + length <= span.end:
                yield at
                at += timedelta(minutes=step)


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time as disjoint spans in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def minus(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of disjoint ordered `spans` without disjoint ordered `taken`."""
    left: list[Span] = []
    first = 0
    for span in spans:
        at = span.start
        while first < len(taken) and taken[first].end <= at:
            first += 1
        for cut in taken[first:]:
            if cut.start >= span.end:
                break
            if cut.start > at:
                left.append(Span(at, cut.start))
            at = max(at, cut.end)
        if at < span.end:
            left.append(Span(at, span.end))
    return left


def is_ambiguous(zone: ZoneInfo, at: datetime) -> bool:
    """Whether the wall clock shows this instant's time twice."""
    wall = at.astimezone(zone)
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def offset_text(zone: ZoneInfo, at: datetime) -> str:
    """The UTC offset in force, as RFC 3339 writes it: `+01:00`."""
    minutes = round(offset_at(zone, at) / _MINUTE)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def offset_at(zone: ZoneInfo, at: datetime) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return found


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second with the offset of `after`."""
    new = offset_at(zone, after)
    while after - before > _GRAIN:
        middle = before + timedelta(seconds=(after - before) // _GRAIN // 2)
        if offset_at(zone, middle) == new:
            after = middle
        else:
            before = middle
    return after


def _cut(day: date, begins: int, ends: int, piece: Span, offset: timedelta) -> list[Span]:
    """The part of a day's stretch that lies in a piece of one offset."""
    midnight = datetime.combine(day, time(), UTC) - offset
    start, end = max(midnight + begins * _MINUTE, piece.start), min(midnight + ends * _MINUTE, piece.end)
    return [Span(start, end)] if start < end else []
