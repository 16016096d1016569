"""Invitations: one VEVENT with its time zone (RFC 5545), sent by iTIP's methods (RFC 5546).

A moved visit is the same UID with a higher SEQUENCE; a cancelled one the same UID with METHOD:CANCEL. Calendars match
on that pair, so both come from the caller and are never invented here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

METHODS = ("REQUEST", "CANCEL")


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
    event = Event()
    shown_start, shown_end = _wall_clock(start, end, zone)
    event.add("uid", uid)
    event.add("dtstamp", (stamp or datetime.now(UTC)).astimezone(UTC))
    event.add("dtstart", shown_start)
    event.add("dtend", shown_end)
    event.add("sequence", sequence)
    event.add("summary", summary)
    event.add("description", description)
    event.add("url", url)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")  # a shared calendar shows "busy", not the words
    event["organizer"] = _person(organizer_email, organizer_name)
    event["attendee"] = _attendee(attendee_email)
    return bytes(_calendar(method, zone, start.year, event).to_ical())


def _wall_clock(start: datetime, end: datetime, zone: str) -> tuple[datetime, datetime]:
    """The span in its zone; in UTC when either end lies in the second of an hour that happens twice, because a wall
    clock alone always means the first (RFC 5545 3.3.5)."""
    local = ZoneInfo(zone)
    shown = start.astimezone(local), end.astimezone(local)
    if any(moment.fold for moment in shown):
        return start.astimezone(UTC), end.astimezone(UTC)
    return shown


def _calendar(method: str, zone: str, year: int, event: Event) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Careroom//Careroom//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if zone not in ("UTC", "Etc/UTC"):
        # The years around the visit are enough for its offset, and keep the file small.
        calendar.add_component(
            Timezone.from_tzid(zone, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
        )
    calendar.add_component(event)
    return calendar


def _address(email: str) -> vCalAddress:
    return vCalAddress(f"mailto:{quote(email, safe='@')}")


def _person(email: str, name: str) -> vCalAddress:
    address = _address(email)
    address.params["CN"] = vText(name)
    return address


def _attendee(email: str) -> vCalAddress:
    """The patient, by address alone: no name travels in a calendar file."""
    address = _address(email)
    address.params["CUTYPE"] = vText("INDIVIDUAL")
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    address.params["PARTSTAT"] = vText("NEEDS-ACTION")
    address.params["RSVP"] = vText("FALSE")  # the answer comes by text or on the page, not to a mailbox
    return address
