"""Time: one clock that a test or the demo can move, always UTC inside.

Leases use the database's clock; everything a person reads is rendered in an
IANA zone that is always named.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from server.core.errors import Fault, Invalid


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, timezone-aware UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """The system clock plus an offset; the demo's "forward 1 hour" and the tests move it."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def forward(self, by: timedelta) -> None:
        self.offset += by


_ZONES = available_timezones()


def zone(name: str, pointer: str = "/zone") -> ZoneInfo:
    """The IANA zone, or Invalid with a pointer."""
    if name not in _ZONES:
        raise Invalid("The time zone is not known.", errors=[Fault(pointer, f"{name!r} is not an IANA time zone")])
    return ZoneInfo(name)


def resolve_wall(local: datetime, tz: ZoneInfo, pointer: str = "/start") -> datetime:
    """The instant of a wall time in `tz`.

    A time that the clocks skip is refused; one that happens twice must say which
    by an explicit offset, so it is refused here too.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    first = local.replace(tzinfo=tz, fold=0)
    second = local.replace(tzinfo=tz, fold=1)
    back = first.astimezone(UTC).astimezone(tz).replace(tzinfo=None)
    if back != local:
        raise Invalid(
            "That time does not exist: the clocks go forward over it.",
            errors=[Fault(pointer, f"{local.isoformat()} does not exist in {tz.key}")],
        )
    if first.utcoffset() != second.utcoffset():
        raise Invalid(
            "That time happens twice: the clocks go back. Say which one by its UTC offset.",
            errors=[Fault(pointer, f"{local.isoformat()} is ambiguous in {tz.key}")],
        )
    return first.astimezone(UTC)
