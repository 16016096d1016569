"""Moving a message in time: RFC 3339 instants and "+10m"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_AHEAD = re.compile(r"\+(\d{1,5})([mhd])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LAST = 2200  # years from here on are typing mistakes


def rfc3339(text: str) -> datetime:
    """The UTC instant of an RFC 3339 date-time. Raises ValueError with one sentence."""
    try:
        if _INSTANT.fullmatch(text) is None:
            raise ValueError("not RFC 3339")
        found = datetime.fromisoformat(text.upper())
        if not 1900 <= found.year < _LAST:
            raise ValueError("out of bounds")
        return found.astimezone(UTC)
    except ValueError:
        raise ValueError("must be a date and time with an offset, such as 2026-11-24T14:30:00+00:00") from None


def parse_redate(text: str, now: datetime) -> datetime:
    """`+10m`, `+2h`, `+1d` from `now`, or an RFC 3339 instant. Raises ValueError with one sentence."""
    ahead = _AHEAD.fullmatch(text.strip())
    if ahead is None:
        try:
            return rfc3339(text.strip())
        except ValueError:
            raise ValueError("Write when as +10m, +2h, +1d or 2026-11-24T14:30:00+00:00.") from None
    found = now + int(ahead[1]) * _UNITS[ahead[2]]
    if found.year >= _LAST:
        raise ValueError("That is too far ahead.")
    return found.astimezone(UTC)
