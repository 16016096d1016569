"""Invitations: one VEVENT with its time zone (RFC 5545), sent by iTIP's methods (RFC 5546).

A moved visit is the same UID with a higher SEQUENCE; a cancelled one the same UID with METHOD:CANCEL. Calendars match
on that pair, so both come from the caller and are never invented here.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Timezone, vCalAddress, vText
from icalendar.parser import Contentline

METHODS = ("REQUEST", "CANCEL")
_URL = re.compile(r"[!-~]+")
_PLAIN = re.compile(r"[ -+\--:<-\[\]-~]*")  # what needs no escape in a TEXT (RFC 5545 3.3.11)
_WIDTH = 74  # octets of a line before it is folded; RFC 5545 3.1 allows 75


def ics(
    uid: str,
    sequence: int,
    method: str,
    start: datetime,
    end: datetime,
    zone: str,
    summary: str,
    organizer_name: str,
    organizer_email: str,
    attendee_email: str,
    url: str,
    description: str,
    *,
    stamp: datetime | None = None,
) -> bytes:
    """One invitation as bytes. `start` and `end` are aware instants, shown in the IANA `zone`; `stamp` is DTSTAMP.

    Raises ValueError for an unknown method, a naive or empty span, or a negative sequence.
    """
    if method not in METHODS:
        raise ValueError(f"A calendar method is one of {', '.join(METHODS)}.")
    if start.tzinfo is None or end.tzinfo is None or end <= start or sequence < 0:
        raise ValueError("An invitation needs an aware start before its end, and a sequence from 0.")
    begins, ends, clock = _wall_clock(start, end, zone)
    return b"\r\n".join((
        _head(method, zone, start.year), b"BEGIN:VEVENT",
        _text("SUMMARY", summary),
        _line(f"DTSTART{_moment(begins, clock)}"),
        _line(f"DTEND{_moment(ends, clock)}"),
        _line(f"DTSTAMP{_moment((stamp or datetime.now(UTC)).astimezone(UTC), 'UTC')}"),
        _text("UID", uid),
        _line(f"SEQUENCE:{sequence}"),
        # The patient, by address alone: no name travels in a calendar file. No answer is wanted from the mailbox: it
        # comes by text or on the page.
        _line(f"ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=FALSE:{_mailto(attendee_email)}"),
        b"CLASS:PRIVATE",  # a shared calendar shows "busy", not the words
        _text("DESCRIPTION", description),
        _organizer(organizer_name, organizer_email),
        b"STATUS:CANCELLED" if method == "CANCEL" else b"STATUS:CONFIRMED",
        b"TRANSP:OPAQUE",
        _line(f"URL:{_printable(url)}"),
        b"END:VEVENT", b"END:VCALENDAR", b"",
    ))  # fmt: skip


def _wall_clock(start: datetime, end: datetime, zone: str) -> tuple[datetime, datetime, str]:
    """The span in its zone, and the zone; in UTC when either end lies in the second of an hour that happens twice,
    because a wall clock alone always means the first (RFC 5545 3.3.5)."""
    local = ZoneInfo(zone)
    shown = start.astimezone(local), end.astimezone(local)
    if any(moment.fold for moment in shown):
        return start.astimezone(UTC), end.astimezone(UTC), "UTC"
    return *shown, zone


@lru_cache(maxsize=512)
def _head(method: str, zone: str, year: int) -> bytes:
    """Everything before the event. Kept, because finding the changes of a zone takes longest of all."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Careroom//Careroom//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
    ]
    head = "\r\n".join(lines).encode()
    if zone in {"UTC", "Etc/UTC"}:
        return head
    # The years around the visit are enough for its offset, and keep the file small.
    known = Timezone.from_tzid(zone, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    return head + b"\r\n" + bytes(known.to_ical()).rstrip(b"\r\n")


@lru_cache(maxsize=512)
def _organizer(name: str, email: str) -> bytes:
    address = vCalAddress(_mailto(email))
    address.params["CN"] = vText(name)
    return bytes(Contentline.from_parts("ORGANIZER", address.params, address).to_ical())


@lru_cache(maxsize=4096)
def _moment(at: datetime, zone: str) -> str:
    """A DATE-TIME with its parameter, on the wall of `zone`, in which `at` is. Visits begin at the same few times."""
    if zone in {"UTC", "Etc/UTC"}:
        return f":{at:%Y%m%dT%H%M%S}Z"
    return f";TZID={zone}:{at:%Y%m%dT%H%M%S}"


def _text(name: str, value: str) -> bytes:
    plain = value if _PLAIN.fullmatch(value) else vText(value).to_ical().decode()
    return _line(f"{name}:{plain}")


def _line(line: str) -> bytes:
    """One content line, folded (RFC 5545 3.1)."""
    if not line.isascii() or "\\" in line:
        return bytes(Contentline(line).to_ical())  # type: ignore[no-untyped-call]  # never inside a character or an escape
    raw = line.encode()
    return b"\r\n ".join(raw[at : at + _WIDTH] for at in range(0, len(raw), _WIDTH))


def _printable(url: str) -> str:
    if not _URL.fullmatch(url):
        raise ValueError("The address of an invitation is one line of printable ASCII.")
    return url


def _mailto(email: str) -> str:
    return f"mailto:{quote(email, safe='@')}"
