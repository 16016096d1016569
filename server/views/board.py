"""The board: one row for each of the day's visits, as staff of the practice see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_
from sqlmodel import col

from server.access import confirming
from server.access.service import practice_of, practice_out, staff_names
from server.access.tables import Link
from server.appointments import claims
from server.appointments.machine import Status as Appt
from server.appointments.pools import names_of
from server.appointments.tables import Appointment, VisitType
from server.conversations.service import ids_of_people
from server.people.service import open_people
from server.reminders.tables import Reminder
from server.store.unit import Unit
from server.vault.deks import Cells
from server.views import asked, company, lateness
from server.views.hanging import of_appointments, rings
from server.visits import ringing, rooms
from server.visits.tables import Visit, VisitRing
from server.waiting.line import queue
from server.waiting.machine import IN_LINE, Status
from server.waiting.tables import Assist, ConsentRecord, WaitingRoomEntry
from server.waitlist.service import states_of

BEHIND = timedelta(hours=12)
AHEAD = timedelta(hours=36)
_HIDDEN = (Appt.entered_in_error.value,)


async def snapshot(unit: Unit) -> dict[str, Any]:
    """The board now: `{practice, rows, late}`. `heads` is added by whoever serves it."""
    appointments = await unit.all(_shown(unit).order_by(col(Appointment.start)))
    shown = await rows(unit, [appointment.id for appointment in appointments])
    return {
        "practice": practice_out(await practice_of(unit)).model_dump(mode="json"), "rows": shown,
        "late": await lateness.lines(unit),
    }  # fmt: skip


def shows(unit: Unit, one: Appointment) -> bool:
    """Whether the board shows this appointment now: what `_shown` asks of the database, asked of one row."""
    now = unit.clock.now()
    near = now - BEHIND <= one.start <= now + AHEAD
    return (one.status == Appt.arrived.value or near) and one.status not in _HIDDEN


async def shown_of(unit: Unit, appointment_ids: Iterable[str]) -> set[str]:
    """Those of these appointments that the board shows now, in one query."""
    query = _shown(unit).where(unit.among(col(Appointment.id), appointment_ids)).with_only_columns(col(Appointment.id))
    return set((await unit.session.execute(query)).scalars())


def _shown(unit: Unit) -> Select[Appointment]:
    now = unit.clock.now()
    return unit.select(Appointment).where(
        or_(
            col(Appointment.status) == Appt.arrived.value,
            col(Appointment.start).between(now - BEHIND, now + AHEAD),
        ),
        col(Appointment.status).not_in(_HIDDEN),
    )


async def rows(unit: Unit, appointment_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Rows by appointment id; a dozen queries for any number of them."""
    appointments = await unit.find(Appointment, appointment_ids)
    if not appointments:
        return {}
    ids = list(appointments)
    people = await open_people(unit, {one.person_id for one in appointments.values()})
    beside = await claims.co_providers(unit, ids)
    types = await unit.find(VisitType, {one.visit_type_id for one in appointments.values()})
    links = {one.appointment_id: one for one in await of_appointments(unit, Link, ids)}
    visits = {one.appointment_id: one for one in await of_appointments(unit, Visit, ids)}
    entries = latest(await of_appointments(unit, WaitingRoomEntry, ids))
    consents = _latest_consent(await of_appointments(unit, ConsentRecord, ids))
    delivery = await deliveries(unit, {one.id: one.revision for one in appointments.values()})
    devices, there = await company.devices(unit, ids), await company.at_visits(unit, appointments)
    races = await company.races(unit, ids)
    asked_of = await asked.summaries(unit, appointments)
    late = await lateness.notices(unit, appointments, entries)
    tries = {link.appointment_id: confirming.tries_left(link) for link in links.values()}
    conversations = await ids_of_people(unit, list({one.person_id for one in appointments.values()}))
    places = await positions(unit, {one.lane for one in entries.values() if Status(one.status) in IN_LINE})
    staff = {one.provider_id for one in appointments.values()}
    staff |= {account for one in entries.values() for account in (one.provider_id, one.handed_by) if account}
    names = await staff_names(unit, staff | {one for many in beside.values() for one in many})
    pools = await names_of(unit, {one.pool_id for one in appointments.values() if one.pool_id})
    assists = {
        one.appointment_id: one
        for one in sorted(await of_appointments(unit, Assist, ids), key=lambda one: (one.at, one.id))
    }
    listed = await states_of(unit, ids)
    newest = {one.visit_id: one for one in await rings(unit, ids) if one.guest_id is None}
    cells = unit.cells()
    await cells.prefetch_cells(
        cell for one in appointments.values() for cell in (one.reason, one.note, one.interpreter)
    )
    await cells.prefetch_cells(cell for one in entries.values() for cell in (one.triage_note, one.handover))
    shown = {}
    for one in appointments.values():
        person = people[one.person_id]
        visit_type = types[one.visit_type_id]
        entry, visit, link = entries.get(one.id), visits.get(one.id), links.get(one.id)
        consent = consents.get(one.id)
        shown[one.id] = {
            "id": one.id, "status": one.status, "start": stamp(one.start), "end": stamp(one.end), "zone": one.zone,
            "revision": one.revision, "version": one.version, "visit_type": visit_type.name,
            "modality": visit_type.modality, "participation": one.participation,
            "reason": cells.open("appointment", "reason", one.id, one.reason),
            "note": cells.open("appointment", "note", one.id, one.note), "cancel_reason": one.cancel_reason,
            "interpreter": cells.open("appointment", "interpreter", one.id, one.interpreter),
            "provider": {"id": one.provider_id, "name": names[one.provider_id]},
            "pool": {"id": one.pool_id, "name": pools[one.pool_id]} if one.pool_id else None,
            "co_providers": [{"id": other, "name": names[other]} for other in beside.get(one.id, [])],
            "group_id": one.group_id,
            "group": {"number": one.group_number, "shows": one.shows} if rooms.is_shared(unit, one) else None,
            "series": {"id": one.series_id, "number": one.series_number} if one.series_id else None,
            "waitlist": listed.get(one.id),
            "person": {
                "id": one.person_id, "name": person.profile.name, "birth_date": person.profile.birth_date.isoformat(),
                "number": person.profile.number, "language": person.profile.language,
                "needs": [need.model_dump() for need in person.needs],
            },
            "link": _link(link),
            "first": one.first,
            "assist": await _assist(unit, assists[one.id]) if one.id in assists else None,
            "devices": devices.get(one.id, []), "guests": there.get(one.id, []), "race": races.get(one.id),
            "tries_left": tries.get(one.id, 0),
            "intake": asked_of[one.id], "late": late.get(one.id),
            "delivery": delivery[one.id],
            "entry": _entry(entry, places.get(entry.id), names, cells) if entry else None,
            "visit": _visit(visit, newest.get(visit.id)) if visit else None,
            "conversation": {"id": conversations.get(one.person_id)},
            "consent": {"version": consent.text_version, "at": stamp(consent.at)} if consent else None,
        }  # fmt: skip
    return shown


async def entry_of(unit: Unit, appointment_id: str) -> WaitingRoomEntry | None:
    """The newest stay in the waiting room of one appointment."""
    return latest(await of_appointments(unit, WaitingRoomEntry, [appointment_id])).get(appointment_id)


async def positions(unit: Unit, lanes: Iterable[str]) -> dict[str, int]:
    """Place in line by entry id; 1 is next."""
    places = {}
    for lane in sorted(set(lanes)):
        for place, entry in enumerate(await queue(unit, lane), 1):
            places[entry.id] = place
    return places


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second, with `Z`."""
    return f"{at.isoformat(timespec='seconds')[:19]}Z" if at else None


def latest(entries: Sequence[WaitingRoomEntry]) -> dict[str, WaitingRoomEntry]:
    """The newest stay in the waiting room of each appointment."""
    newest: dict[str, WaitingRoomEntry] = {}
    for entry in sorted(entries, key=lambda one: (one.turn, one.since)):
        newest[entry.appointment_id] = entry
    return newest


def _latest_consent(consents: Sequence[ConsentRecord]) -> dict[str, ConsentRecord]:
    return {consent.appointment_id: consent for consent in sorted(consents, key=lambda one: (one.at, one.id))}


_TOLD = (
    Reminder.appointment_id, Reminder.revision, Reminder.channel, Reminder.status, Reminder.last_error, Reminder.due,
    Reminder.id,
)  # fmt: skip


async def deliveries(unit: Unit, revisions: Mapping[str, int]) -> dict[str, dict[str, str | None]]:
    """The state of the newest message that is not still ahead, per channel; of the next one when none was due yet.
    `revisions` of the appointments: what was written about an earlier one is void."""
    return await unit.once((deliveries, *revisions), lambda: _deliveries(unit, revisions))


async def _deliveries(unit: Unit, revisions: Mapping[str, int]) -> dict[str, dict[str, str | None]]:
    shown: dict[str, dict[str, str | None]] = {one: {"sms": None, "email": None} for one in revisions}
    newest: dict[tuple[str, str], tuple[bool, datetime, str]] = {}
    found = await unit.columns(Reminder, _TOLD, unit.among(col(Reminder.appointment_id), revisions))
    for appointment_id, revision, channel, status, error, due, reminder_id in found:
        by_channel = shown[appointment_id]
        if channel not in by_channel or revision != revisions[appointment_id]:
            continue
        state = _state(status, error)
        place, order = (appointment_id, channel), (state != "scheduled", due, reminder_id)
        if place not in newest or order > newest[place]:
            newest[place] = order
            by_channel[channel] = state
    return shown


def _state(status: str, error: str | None) -> str:
    """A worker's claim is a lease of some seconds and no news: until it is settled the message is what it was."""
    if status == "sending":
        return "retrying" if error else "scheduled"
    return status


def _entry(entry: WaitingRoomEntry, place: int | None, names: dict[str, str], cells: Cells) -> dict[str, Any]:
    return {
        "id": entry.id, "state": entry.status, "version": entry.version, "since": stamp(entry.since),
        "lane": entry.lane, "position": place, "media": entry.media, "camera": entry.camera,
        "microphone": entry.microphone, "present": entry.status != Status.away, "seen_at": stamp(entry.seen_at),
        "provider": {"id": entry.provider_id, "name": names[entry.provider_id]},
        "acuity": entry.acuity, "triaged_at": stamp(entry.triaged_at),
        "triage_note": cells.open("waiting_entry", "triage_note", entry.id, entry.triage_note),
        "handover": {
            "by": names[entry.handed_by], "note": cells.open("waiting_entry", "handover", entry.id, entry.handover),
        } if entry.handed_by else None,
        "left_as": entry.left_as, **elsewhere(entry),
    }  # fmt: skip


def elsewhere(entry: WaitingRoomEntry) -> dict[str, Any]:
    """Where somebody waits and when their turn is expected: the same words for the board and for the patient."""
    forecast = None
    if Status(entry.status) in IN_LINE and entry.p50 is not None:
        forecast = {name: stamp(getattr(entry, name)) for name in ("p10", "p50", "p80", "p90")}
    return {
        "elsewhere": {"minutes": entry.travel_minutes, "summoned_at": stamp(entry.summoned_at)}
        if entry.travel_minutes else None,
        "forecast": forecast,
    }  # fmt: skip


def _link(link: Link | None) -> dict[str, Any]:
    """When it was opened, on what, and what the device check before the visit has found."""
    if link is None:
        return {"opened_at": None}
    return {
        "opened_at": stamp(link.opened_at), "handset": link.handset, "in_app": link.in_app, "camera": link.camera,
        "microphone": link.microphone, "checked_at": stamp(link.checked_at),
    }  # fmt: skip


async def _assist(unit: Unit, assist: Assist) -> dict[str, Any]:
    """The last thing the desk did to help this person in."""
    names = await staff_names(unit, {assist.by})
    return {"act": assist.act, "by": names[assist.by], "at": stamp(assist.at)}


def ring_view(ring: VisitRing | None) -> dict[str, Any] | None:
    """Phones that are rung for a visit, and how far that is: the same words for both sides."""
    if ring is None:
        return None
    return {
        "id": ring.id, "purpose": ring.purpose, "by": ring.asked_by, "at": stamp(ring.asked_at),
        "state": ringing.state_of(ring),
    }  # fmt: skip


def _visit(visit: Visit, ring: VisitRing | None) -> dict[str, Any]:
    return {
        "id": visit.id, "status": visit.status, "version": visit.version, "started_at": stamp(visit.started_at),
        "ended_at": stamp(visit.ended_at), "outcome": visit.outcome, "follow_up": visit.follow_up_id,
        "ring": ring_view(ring), "emergency_at": stamp(visit.emergency_at),
        "held_at": stamp(visit.held_at),
        "summary_at": stamp(visit.summary_at),
    }  # fmt: skip
