"""When a message may leave: days by the wall clock, hours by elapsed time, never while somebody sleeps.

Pure functions over aware UTC instants and an IANA zone. "A week before at the visit's own time" is the same time on the
clock, also across a change of the clocks; "48 hours before" is 48 hours that really pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

QUIET_FROM, QUIET_TO = time(21), time(8)  # 47 CFR 64.1200(c)(1): no calls before 8 and after 21, local time
RECEIPT_WITHIN = timedelta(minutes=15)  # a text of which nothing is heard for so long did not arrive
_EDGE = timedelta(minutes=5)  # what moves earlier leaves this long before the night begins, so that it is sent in time
_QUARTER = 900  # seconds: windows are searched by quarters of an hour; every zone's offset is a multiple of it
_DAY = 97  # quarters, and one


@lru_cache(maxsize=600)
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Window:
    """When somebody may be disturbed: outside the quiet hours, and within the safe hours of a shared phone."""

    zone: str
    safe_from: time | None = None
    safe_to: time | None = None
    quiet: bool = True

    def allows(self, at: datetime) -> bool:
        if not self.quiet and (self.safe_from is None or self.safe_to is None):
            return True
        clock = at.astimezone(zone_of(self.zone)).time()
        if self.quiet and (clock >= QUIET_FROM or clock < QUIET_TO):
            return False
        if self.safe_from is None or self.safe_to is None:
            return True
        if self.safe_from <= self.safe_to:
            return self.safe_from <= clock < self.safe_to
        return clock >= self.safe_from or clock < self.safe_to  # over midnight

    def before(self, at: datetime) -> datetime | None:
        """The last allowed moment at or before `at`, within a day; None when there is none."""
        if self.allows(at):
            return at
        if self.safe_from is None:
            evening = self._evening_before(at)
            if self.allows(evening):
                return evening
        return self._search(at, range(0, -_DAY, -1))

    def after(self, at: datetime) -> datetime | None:
        """The first allowed moment at or after `at`, within a day; None when there is none."""
        return at if self.allows(at) else self._search(at, range(1, _DAY))

    def _evening_before(self, at: datetime) -> datetime:
        local = at.astimezone(zone_of(self.zone))
        day = local.date() if local.time() >= QUIET_FROM else local.date() - timedelta(days=1)
        evening = datetime.combine(day, QUIET_FROM, zone_of(self.zone)).astimezone(UTC)
        return evening - _EDGE

    def _search(self, at: datetime, quarters: range) -> datetime | None:
        base = int(at.timestamp()) // _QUARTER * _QUARTER
        moments = (datetime.fromtimestamp(base + number * _QUARTER, UTC) for number in quarters)
        return next((moment for moment in moments if self.allows(moment)), None)


def days_before(start: datetime, zone: str, days: int) -> datetime:
    """The same time on the wall, `days` days earlier. A time that the clocks skip moves forward with them;
    one that comes twice is the first."""
    tz = zone_of(zone)
    local = start.astimezone(tz)
    wall = datetime.combine(local.date() - timedelta(days=days), local.time().replace(fold=0), tz)
    return wall.astimezone(UTC)


def day_of(at: datetime, zone: str) -> tuple[datetime, datetime]:
    """The calendar day around an instant on somebody's clock: [midnight, next midnight)."""
    tz = zone_of(zone)
    date = at.astimezone(tz).date()
    first = datetime.combine(date, time(), tz).astimezone(UTC)
    return first, datetime.combine(date + timedelta(days=1), time(), tz).astimezone(UTC)


def clock(text: str | None) -> time | None:
    """`HH:MM` of a contact point; `24:00` is the end of the day."""
    if not text:
        return None
    return time.max if text == "24:00" else time.fromisoformat(text)
