"""From claimed rows to messages ready to leave: all is read again just before sending, for a whole batch at once.

Nothing here writes. A row becomes a `Letter`, or a `Held` with the reason why it must not leave (now).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from notifications.message import Email, Sms
from server.access import links
from server.access.service import practice_of
from server.access.tables import Link, Practice
from server.api.context import Ports
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.people import consents
from server.people.service import Opened, Reach, open_people, reaches_of
from server.reminders import missed, unsubscribe
from server.reminders.claims import Claimed
from server.reminders.machine import Status
from server.reminders.planning import may, window_of
from server.reminders.rules import planned_steps
from server.reminders.steps import EMAIL, SMS, VOICE, kind_of, purpose_of
from server.reminders.tables import Reminder
from server.reminders.timing import day_of
from server.reminders.wording import Wording, mail, sms
from server.store.unit import Unit
from server.waitlist.machine import Status as Offer
from server.waitlist.tables import SlotOffer

A_DAY, A_WEEK = 1, 3  # unsolicited texts to one person: the healthcare exemption of 47 CFR 64.1200(a)(9)(iv)
ANSWERED = ("accepted", "declined")
OFFER = "slot_offer"
MISSED = "visit_missed"
Message = Sms | Email
_VISIT = tuple(
    col(getattr(Appointment, name))
    for name in ("visit_type_id", "revision", "status", "participation", "start", "end", "zone", "created_at")
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it leaves."""

    row: Claimed
    message: Message


@dataclass(frozen=True, slots=True)
class Held:
    """Why a message does not leave. `elsewhere`: the person should hear it by another channel. `until`: try it then."""

    row: Claimed
    why: str
    elsewhere: bool = False
    until: datetime | None = None


@dataclass(slots=True)
class _Read:
    """What one look at the database found for a batch."""

    practice: Practice
    now: datetime
    appointments: Mapping[str, Any]  # columns of `Appointment`, see `_VISIT`
    people: Mapping[str, Opened]
    reaches: Mapping[str, Sequence[Reach]]
    links: Mapping[str, str]
    unsubscribe: unsubscribe.Addresses
    steps: Mapping[str, frozenset[str]]
    offers: Mapping[str, SlotOffer]
    refused: Mapping[str, set[str]]
    nobody_waits: Mapping[str, datetime]  # visits at which nobody waits for the person yet, and until when
    counted: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)


async def prepare(unit: Unit, ports: Ports, rows: Sequence[Claimed]) -> list[Letter | Held]:
    """Read revision, state, consent, opt-out and caps again, and make the messages of those that are still wanted."""
    read = await _read(unit, ports, rows)
    handle = await unit.dek()
    made: list[Letter | Held] = []
    for row in rows:
        appointment = read.appointments.get(row.appointment_id)
        held = wanted(row, appointment, read.now) or in_plan(row, appointment, read.steps) or _offered(row, read)
        held = held or _too_early(row, read)
        if held is None:
            reach = _reach(row, read)
            held = _reachable(row, reach, read) or _capped(row, read)
            if held is None:
                assert reach is not None
                facts = json.loads(handle.open("reminder", "facts", row.id, row.facts)) if row.facts else {}
                made.append(Letter(row, _message(row, reach, facts, read, ports)))
                continue
        made.append(held)
    return made


def wanted(row: Claimed, appointment: Appointment | None, now: datetime) -> Held | None:
    """Whether the visit still is what the message would say."""
    kind = kind_of(row.step)
    if now > row.not_after:
        return Held(row, "too-late", elsewhere=row.attempts > 1)
    if appointment is None:
        return None
    if kind.wanted and appointment.revision != row.revision:
        return Held(row, "moved")
    if kind.wanted and appointment.status not in kind.wanted:
        return Held(row, "not-wanted-any-more")
    if kind.answered and appointment.participation in ANSWERED:
        return Held(row, "answered")
    return None


def in_plan(row: Claimed, appointment: Appointment | None, steps: Mapping[str, frozenset[str]]) -> Held | None:
    """Whether the plan still has it: somebody may have changed the plan while a worker had the message in its hands."""
    if appointment is None or not kind_of(row.step).planned or row.step in steps[appointment.visit_type_id]:
        return None
    return Held(row, "not-in-plan")


def _offered(row: Claimed, read: _Read) -> Held | None:
    """Whether an offer can still be taken, and would be earlier than what they have."""
    if kind_of(row.step).text != OFFER:
        return None
    offer, appointment = read.offers.get(row.subject), read.appointments.get(row.appointment_id)
    if offer is None or appointment is None or offer.status != Offer.open or offer.expires_at <= read.now:
        return Held(row, "not-wanted-any-more")
    if appointment.status != Appt.booked or offer.start >= appointment.start:
        return Held(row, "not-wanted-any-more")
    return None


def _too_early(row: Claimed, read: _Read) -> Held | None:
    """ "We are waiting for you" is said when somebody is: not while the line runs late or the provider is away."""
    until = read.nobody_waits.get(row.appointment_id) if kind_of(row.step).text == MISSED else None
    if until is None:
        return None
    return Held(row, "provider-absent", until=until if until < row.not_after else None)


def _reach(row: Claimed, read: _Read) -> Reach | None:
    return next((one for one in read.reaches[row.person_id] if one.contact.id == row.contact_id), None)


def _reachable(row: Claimed, reach: Reach | None, read: _Read) -> Held | None:
    """Consent, opt-out and a working address; and whether this is an hour to disturb."""
    if reach is None:
        return Held(row, "not-theirs-any-more", elsewhere=True)
    if not may(row.channel, reach):
        return Held(row, "opted-out" if reach.contact.opted_out_at else "broken", elsewhere=True)
    kind = kind_of(row.step)
    if row.channel != VOICE and purpose_of(kind) in read.refused[reach.contact.id]:
        return Held(row, "refused", elsewhere=True)
    appointment = read.appointments.get(row.appointment_id)
    zone = read.people[row.person_id].profile.zone or read.practice.zone
    start = appointment.start if appointment else None
    if kind.text == "new_message" and reach.others_may_read:
        return Held(row, "others-may-read")
    window = window_of(kind, row.channel, reach, zone, row.due, start)
    if window.allows(read.now):
        return None
    later = window.after(read.now)
    if later is not None and later <= row.not_after:
        return Held(row, "quiet-hours", until=later)
    return Held(row, "quiet-hours", elsewhere=True)


def _capped(row: Claimed, read: _Read) -> Held | None:
    """One unsolicited text a day and three a week, on the person's own calendar. Mail does not count."""
    if not kind_of(row.step).counted or row.channel == EMAIL:
        return None
    sent = read.counted.setdefault((row.person_id, row.contact_id), [])
    zone = read.people[row.person_id].profile.zone or read.practice.zone
    midnight, _ = day_of(read.now, zone)
    if len(sent) >= A_WEEK or sum(at >= midnight for at in sent) >= A_DAY:
        return Held(row, "cap", elsewhere=True)
    sent.append(read.now)
    return None


def _message(row: Claimed, reach: Reach, facts: dict[str, str], read: _Read, ports: Ports) -> Message:
    appointment = read.appointments.get(row.appointment_id)
    profile = read.people[row.person_id].profile
    zone = profile.zone or (appointment.zone if appointment else read.practice.zone)
    words = Wording(read.practice, appointment, profile.language, zone, facts)
    link = read.links.get(row.appointment_id)
    key = f"reminder-{row.id}"
    if row.channel == EMAIL:
        no_more = read.unsubscribe.of(reach.contact.id)
        home = ports.settings.public_url
        return mail(words, row.step, reach.value, link or home, key, ports.settings, no_more=no_more)
    assert row.channel in {SMS, VOICE}
    return sms(words, row.step, reach.value, link, key, neutral=reach.others_may_read)


async def _read(unit: Unit, ports: Ports, rows: Sequence[Claimed]) -> _Read:
    people_ids = {row.person_id for row in rows}
    appointment_ids = {row.appointment_id for row in rows if row.appointment_id}
    reaches = await reaches_of(unit, people_ids, at={row.contact_id for row in rows})
    appointments = await unit.look(Appointment, appointment_ids, *_VISIT)
    return _Read(
        practice=await practice_of(unit), now=unit.clock.now(), appointments=appointments,
        people=await open_people(unit, people_ids), reaches=reaches,
        refused=await consents.refused(unit, (one.contact.id for known in reaches.values() for one in known)),
        links=await _links(unit, ports, appointment_ids),
        unsubscribe=unsubscribe.Addresses(ports.keys, ports.settings.public_url),
        steps=await planned_steps(unit, (one.visit_type_id for one in appointments.values())),
        offers=await unit.find(SlotOffer, {row.subject for row in rows if kind_of(row.step).text == OFFER}),
        nobody_waits=await missed.look_at_many(
            unit, {row.appointment_id for row in rows if kind_of(row.step).text == MISSED}
        ),
        counted=await _counted(unit, rows),
    )  # fmt: skip


async def _links(unit: Unit, ports: Ports, appointment_ids: set[str]) -> dict[str, str]:
    """appointment id -> the address of its newest link."""
    query = (
        select(col(Link.appointment_id), col(Link.id), col(Link.generation))
        .where(unit.among(col(Link.appointment_id), appointment_ids), col(Link.tenant) == unit.tenant)
        .order_by(col(Link.created_at))
    )
    secret = links.Secrets(ports.keys, ports.settings.public_url)
    newest = {one.appointment_id: one for one in await unit.session.execute(query)}
    return {key: secret.url(one.id, one.generation) for key, one in newest.items()}


async def _counted(unit: Unit, rows: Sequence[Claimed]) -> dict[tuple[str, str], list[datetime]]:
    """When unsolicited texts went to these people in the last week."""
    contacts = {row.contact_id for row in rows if kind_of(row.step).counted and row.channel != EMAIL}
    if not contacts:
        return {}
    query = select(col(Reminder.person_id), col(Reminder.contact_id), col(Reminder.sent_at)).where(
        unit.among(col(Reminder.contact_id), contacts), col(Reminder.tenant) == unit.tenant,
        col(Reminder.sent_at) > unit.clock.now() - timedelta(days=7), col(Reminder.channel) != EMAIL,
        col(Reminder.status).in_([Status.sent.value, Status.delivered.value]), col(Reminder.step).like("reminder%"),
    )  # fmt: skip
    found: dict[tuple[str, str], list[datetime]] = {}
    rows_found: Any = await unit.session.execute(query)
    for person_id, contact_id, at in rows_found:
        found.setdefault((person_id, contact_id), []).append(at)
    return found
