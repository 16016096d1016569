"""The visit as its patient sees it: nothing about anybody else but how many are ahead."""

from __future__ import annotations

from typing import Any, TypeVar

from server.access.confirming import tries_left
from server.access.service import practice_of, practice_out
from server.access.tables import Link
from server.api.context import Ports
from server.appointments.tables import Appointment
from server.conversations.keys import own_invite_id
from server.conversations.service import ids_of_people
from server.core.errors import NotFound
from server.core.principal import Role
from server.people.service import open_people
from server.settings import Settings
from server.store.types import Row
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind
from server.views import company, lateness
from server.views.board import elsewhere, entry_of, ring_view, stamp
from server.views.hanging import of_appointments, rings
from server.visits import rooms
from server.visits.call import call_info, where
from server.visits.ringing import Purpose
from server.visits.tables import Visit
from server.waiting.door import appointment_out
from server.waiting.line import queue
from server.waiting.machine import IN_LINE, Status
from server.waiting.stage import opens_at, stage
from server.waiting.tables import WaitingRoomEntry
from server.waitlist import offers

T = TypeVar("T", bound=Row)


async def snapshot(unit: Unit, ports: Ports, appointment_id: str) -> dict[str, Any]:
    """The whole view. `heads` is added by whoever serves it."""
    if unit.principal.role is Role.unconfirmed:
        return await outside(unit, ports, appointment_id)
    appointment = await unit.get(Appointment, appointment_id)
    person = (await open_people(unit, [appointment.person_id]))[appointment.person_id]
    visit = await only(unit, Visit, appointment_id)
    conversations = await ids_of_people(unit, [appointment.person_id])
    link = await only(unit, Link, appointment_id)
    practice = await practice_of(unit)
    return {
        "practice": practice_out(practice).model_dump(mode="json"),
        "locale": person.profile.language,
        "conversation": {"id": conversations.get(appointment.person_id)},
        "person": {"id": appointment.person_id},
        "invite": {"id": await own_invite_id(unit) or link.id},
        "session": {"id": unit.principal.session_id},
        "needs": [need.model_dump() for need in person.needs],
        **await moving(unit, ports.settings, appointment_id),
        "call": await call_info(unit, ports, visit, practice),
    }


async def outside(unit: Unit, ports: Ports, appointment_id: str) -> dict[str, Any]:
    """What a further device sees before it showed whose it is: the clinic, the time, its place. No seat in the call,
    no conversation, nothing that was recorded or said. It hears only that something changed, and looks again."""
    whole = await moving(unit, ports.settings, appointment_id)
    entry = whole["entry"]
    mine = [one for one in whole["devices"] if one["id"] == unit.principal.session_id]
    return {
        "practice": practice_out(await practice_of(unit)).model_dump(mode="json"),
        "locale": (await practice_of(unit)).locale,
        "session": {"id": unit.principal.session_id},
        "confirm": {"ways": ["code", "birth_date"]},
        "devices": mine,
        "entry": {name: entry[name] for name in ("id", "state", "position", "ahead")} if entry else None,
        **{name: whole[name] for name in ("appointment", "opens_at", "stage", "tries_left", "visit")},
    }


async def moving(unit: Unit, settings: Settings, appointment_id: str) -> dict[str, Any]:
    """The part of the view that events change."""
    return await unit.once((moving, appointment_id), lambda: _moving(unit, settings, appointment_id))


async def _moving(unit: Unit, settings: Settings, appointment_id: str) -> dict[str, Any]:
    appointment = await unit.get(Appointment, appointment_id)
    entry = await entry_of(unit, appointment_id)
    visit = await only(unit, Visit, appointment_id)
    shown = await appointment_out(unit, appointment)
    calls = [one for one in await rings(unit, [appointment_id]) if one.purpose == Purpose.call_back]
    return {
        "appointment": shown.model_dump(mode="json", by_alias=True),
        "opens_at": stamp(opens_at(settings, appointment)),
        "stage": stage(settings, appointment, entry, unit.clock.now()).value,
        "entry": await _entry(unit, entry) if entry is not None else None,
        "offers": await _offers(unit, appointment),
        "late": (await lateness.notices(
            unit, {appointment_id: appointment}, {appointment_id: entry} if entry else {}
        )).get(appointment_id),
        "alert": await alert(unit, appointment_id),
        "tries_left": tries_left(await only(unit, Link, appointment_id)),
        "devices": (await company.devices(unit, [appointment_id])).get(appointment_id, []),
        "call": where(unit, appointment, visit),
        "group": await rooms.own_part(unit, appointment),
        "company": await rooms.company(unit, appointment, visit),
        "guests": (await company.at_visits(unit, {appointment_id: appointment})).get(appointment_id, []),
        "visit": {
            "id": visit.id, "status": visit.status, "started_at": stamp(visit.started_at),
            "ended_at": stamp(visit.ended_at), "held_at": stamp(visit.held_at), "surveyed": visit.ease is not None,
            "ring": ring_view(calls[-1] if calls else None),
            "summary": {"msg_id": visit.summary_id, "at": stamp(visit.summary_at)} if visit.summary_id else None,
        },
    }  # fmt: skip


async def only(unit: Unit, table: type[T], appointment_id: str) -> T:
    """The row that every appointment has one of: its link, its encounter. Raises NotFound."""
    found = await of_appointments(unit, table, [appointment_id])
    if not found:
        raise NotFound("There is no such appointment here.")
    return found[0]


def entry_view(entry: WaitingRoomEntry, place: int | None) -> dict[str, Any]:
    """The patient's own place. `why` says why it got worse, with when; nothing says who."""
    return {
        "id": entry.id, "state": entry.status, "position": place, "ahead": place - 1 if place else 0,
        "since": stamp(entry.since), "media": entry.media, "left_as": entry.left_as,
        "why": {"code": entry.why, "at": stamp(entry.why_at)} if entry.why else None, **elsewhere(entry),
    }  # fmt: skip


async def _offers(unit: Unit, appointment: Appointment) -> list[dict[str, Any]]:
    """Earlier times that can be had instead; nothing says who else was asked."""
    return [
        {"id": one.id, "start": stamp(one.start), "end": stamp(one.end), "zone": appointment.zone,
         "expires_at": stamp(one.expires_at)}
        for one in await offers.of_visit(unit, appointment.id)
    ]  # fmt: skip


async def _entry(unit: Unit, entry: WaitingRoomEntry) -> dict[str, Any]:
    place = None
    if Status(entry.status) in IN_LINE:
        place = [one.id for one in await queue(unit, entry.lane)].index(entry.id) + 1
    return entry_view(entry, place)


async def alert(unit: Unit, appointment_id: str) -> dict[str, Any] | None:
    """What became of "I feel worse": `requested` until somebody of the staff has it."""
    task = await tasks.of_appointment(unit, appointment_id, Kind.feel_worse)
    return {"at": stamp(task.created_at), "state": task.status} if task else None
