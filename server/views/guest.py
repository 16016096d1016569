"""The visit as a guest sees it: the clinic, the time, how far it is, and what the scope adds (`access.roles`).

Nothing here names the patient, the reason or anything that was written.
"""

from __future__ import annotations

from typing import Any

from server.access import guests
from server.access.roles import GUEST_SEES
from server.access.service import practice_of, practice_out, staff_names
from server.access.tables import Guest
from server.appointments.interpreter_tables import InterpreterRace
from server.appointments.tables import Appointment
from server.core.principal import Role
from server.people.service import open_people
from server.settings import Settings
from server.store.unit import Unit
from server.views.board import stamp
from server.visits import guest_call, ringing
from server.visits.call import guest_call_info
from server.visits.guests import ends, is_over
from server.visits.rooms import is_let_in, room
from server.visits.seats import guest_seat, patient_seat
from server.visits.service import of_appointment
from server.waiting.line import queue
from server.waiting.machine import IN_LINE, Status
from server.waiting.stage import latest_entry, opens_at, stage


async def snapshot(unit: Unit, settings: Settings, guest_id: str) -> dict[str, Any]:
    """The whole view. `heads` is added by whoever serves it."""
    guest = await unit.get(Guest, guest_id)
    appointment = await unit.get(Appointment, guest.appointment_id)
    sees = frozenset({"language"}) if guest.offered else GUEST_SEES[Role(guest.scope)]
    entry = await latest_entry(unit, appointment.id)
    view: dict[str, Any] = {
        "practice": practice_out(await practice_of(unit)).model_dump(mode="json"),
        "id": guest.id, "scope": guest.scope, "here": guest.here_at is not None,
        "start": stamp(appointment.start), "end": stamp(appointment.end), "zone": appointment.zone,
        "opens_at": stamp(opens_at(settings, appointment)), "expires_at": stamp(ends(appointment)),
        "stage": "closed" if is_over(guest, appointment, unit.clock.now())
        else stage(settings, appointment, entry, unit.clock.now()).value,
        "let_in": is_let_in(guest), "muted": guest.muted, "offer": await _offer(unit, guest),
        "telephone": await ringing.talks(unit, (await of_appointment(unit, appointment.id)).id),
        **await _call(unit, guest, appointment),
    }  # fmt: skip
    if "provider" in sees:
        names = await staff_names(unit, {appointment.provider_id})
        view["with"] = names[appointment.provider_id]
    if "place" in sees:
        waits = entry is not None and Status(entry.status) in IN_LINE
        line = [one.id for one in await queue(unit, entry.lane)] if entry is not None and waits else []
        view["place"] = line.index(entry.id) + 1 if entry is not None and entry.id in line else None
    if "language" in sees:
        view["language"] = await _language(unit, appointment)
    if "agreement" in sees:
        view["agreed"] = guest.agreed
    return view


async def _offer(unit: Unit, guest: Guest) -> str | None:
    """How it stands with an interpreter who was asked and is not coming, or not yet."""
    if not guest.offered:
        return None
    if guest.passed_at is not None:
        return "passed"
    race = await unit.get(InterpreterRace, guest.race_id or "")
    if race.taken_by is not None:
        return "lost"
    return "open" if race.closed_at is None and unit.clock.now() < race.expires_at else "closed"


async def _call(unit: Unit, guest: Guest, appointment: Appointment) -> dict[str, Any]:
    """Their way into the call while they may be in it, who is who by seat, without a name; and who speaks alone:
    `aside` they and the provider, `apart` the provider with others.
    """
    visit = await of_appointment(unit, appointment.id)
    entry = await latest_entry(unit, appointment.id)
    there = (await guests.at(unit, [appointment.id])).get(appointment.id, [])
    apart = any(one.aside for one in there) and not guest.aside
    if not await guest_call.seated(unit, guest.id, visit) or (entry is not None and entry.media == "phone"):
        return {"call": None, "aside": False, "apart": False, "held": False}
    now = await room(unit, visit)
    people = {guest_seat(one.id): one.scope for one in now.guests if one.id != guest.id}
    people |= {patient_seat(one.id): "member" for one in now.visits}
    people |= dict.fromkeys(now.providers, "colleague")
    people |= {patient_seat(visit.id): "patient", appointment.provider_id: "provider"}
    return {"call": guest_call_info(now.id, visit, guest.id, people), "aside": guest.aside, "apart": apart,
            "held": now.held}  # fmt: skip


async def _language(unit: Unit, appointment: Appointment) -> str:
    """The language to interpret: as booked, else as it is noted of the person, else the one they read."""
    handle = await unit.dek(appointment.person_id)
    booked = handle.open("appointment", "interpreter", appointment.id, appointment.interpreter)
    person = (await open_people(unit, [appointment.person_id]))[appointment.person_id]
    noted = next((need.detail for need in person.needs if need.kind == "interpreter"), None)
    return booked or noted or person.profile.language
