"""A rule of repetition in wall time, and the instants it means in a zone (the useful part of RFC 5545 RRULE).

    RepeatIn(freq="weekly", interval=2, by_day=["TU"], count=6)

The rule is laid out on the wall calendar, then each wall time is looked up in its zone: a visit at 14:30 stays at
14:30 when the clocks change. A wall time that the clocks skip, or show twice, is not guessed: it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

from dateutil import rrule
from pydantic import Field, model_validator

from server.access.schemas import Shape

MOST = 52
Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
_FREQ = {"daily": rrule.DAILY, "weekly": rrule.WEEKLY, "monthly": rrule.MONTHLY}
_DAYS = {"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU}


class RepeatIn(Shape):
    """Every `interval` days, weeks (on the days of `by_day`) or months, `count` times in all or `until` a day.

    Monthly keeps the day of the month; a month without that day is left out (RFC 5545 section 3.3.10).
    """

    freq: Literal["daily", "weekly", "monthly"]
    interval: int = Field(default=1, ge=1, le=12)
    by_day: list[Weekday] = Field(default_factory=list, max_length=7)
    count: int | None = Field(default=None, ge=2, le=MOST)
    until: date | None = None

    @model_validator(mode="after")
    def _one_end(self) -> RepeatIn:
        if (self.count is None) == (self.until is None):
            raise ValueError("Say how many times, or until which day.")
        if self.by_day and self.freq != "weekly":
            raise ValueError("Days are chosen in a week only.")
        return self


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One wall time of a rule and the instants at which clocks in the zone show it: none, one or two."""

    wall: datetime
    starts: tuple[datetime, ...]


def occurrences(rule: RepeatIn, first: datetime, zone: ZoneInfo) -> list[Occurrence]:
    """What a rule means from `first` on, at most `MOST` times. `first` is a wall time without a zone, and the first
    occurrence, whatever the rule's days are."""
    walls = dict.fromkeys([first, *islice(_walls(rule, first), MOST)])
    most = min(rule.count or MOST, MOST)
    return [Occurrence(wall, instants(wall, zone)) for wall in list(walls)[:most]]


def instants(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The UTC instants at which clocks in a zone show a wall time, in order."""
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(at for at in both if at.astimezone(zone).replace(tzinfo=None) == wall))


def shifted(start: datetime, by: timedelta, zone: ZoneInfo) -> Occurrence:
    """A visit moved by days, hours and minutes of the wall clock."""
    wall = start.astimezone(zone).replace(tzinfo=None) + by
    return Occurrence(wall, instants(wall, zone))


def _walls(rule: RepeatIn, first: datetime) -> Iterator[datetime]:
    until = datetime.combine(rule.until, first.time()) if rule.until else None
    days = [_DAYS[day] for day in rule.by_day] or None
    laid = rrule.rrule(
        _FREQ[rule.freq], dtstart=first, interval=rule.interval, count=None if until else MOST, until=until,
        byweekday=days, wkst=rrule.MO, cache=False,
    )  # fmt: skip
    return iter(laid)
