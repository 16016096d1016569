"""The room of a call: a visit's own, or one for everybody of a group.

A group is one call: topic, relay and frame keys are named by the group. Each of its members keeps a visit, a seat, a
record and a link alone, is in the call only while their own visit runs, and is a number to the others unless they chose
to show their name. Without a relay there is no call of three, and a group is seen one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlmodel import col

from server.access import guests
from server.access.service import staff_names
from server.access.tables import Guest, Session
from server.api.context import Ports
from server.appointments import claims
from server.appointments.schemas import IN_ONE_CALL
from server.appointments.tables import Appointment
from server.core.errors import Conflict
from server.core.principal import Role
from server.events import CompanyChanged
from server.people.service import open_people
from server.store.unit import Unit
from server.visits.machine import Status
from server.visits.seats import guest_seat, patient_seat
from server.visits.tables import Visit


@dataclass(frozen=True, slots=True)
class Room:
    """Who may be in a call now. `guests` are those of its visits, let in or not."""

    id: str
    lead: str
    providers: frozenset[str]
    visits: tuple[Visit, ...]
    guests: tuple[Guest, ...]

    @property
    def held(self) -> bool:
        """The provider asked for a pause: nothing is sent either way, by anybody."""
        return any(visit.held_at is not None for visit in self.visits)

    @property
    def seats(self) -> frozenset[str]:
        patients = {patient_seat(visit.id) for visit in self.visits}
        return self.providers | patients | {guest_seat(one.id) for one in self.guests if is_let_in(one)}


def is_let_in(guest: Guest) -> bool:
    """Whether the guest may be in the call while it runs. A trainee needs the patient's yes as well."""
    asked = guest.scope != Role.trainee or guest.agreed is True
    return guest.ended_at is None and guest.admitted_at is not None and asked


def is_shared(unit: Unit, appointment: Appointment) -> bool:
    """Whether this visit is held in one call with the others of its group."""
    return appointment.group_id is not None and unit.desk.relay


def room_id(unit: Unit, appointment: Appointment, visit: Visit) -> str:
    return (appointment.group_id if is_shared(unit, appointment) else None) or visit.id


async def room(unit: Unit, visit: Visit) -> Room:
    """The room of a visit as it is now, whether or not this visit is in it."""
    appointment = await unit.get(Appointment, visit.appointment_id)
    others = await _companions(unit, appointment)
    running = [visit] if visit.status == Status.in_progress else []
    if others:
        ids = [one.id for one in (appointment, *others)]
        in_it = (col(Visit.appointment_id).in_(ids), col(Visit.status) == Status.in_progress.value)
        running = await unit.all(unit.select(Visit).where(*in_it).order_by(col(Visit.id)))
    beside = (await claims.co_providers(unit, [appointment.id])).get(appointment.id, [])
    there = await guests.at(unit, [one.appointment_id for one in running])
    return Room(
        room_id(unit, appointment, visit), appointment.provider_id, frozenset({appointment.provider_id, *beside}),
        tuple(running), tuple(guest for one in running for guest in there.get(one.appointment_id, [])),
    )  # fmt: skip


async def _companions(unit: Unit, appointment: Appointment) -> list[Appointment]:
    return await claims.companions(unit, appointment) if is_shared(unit, appointment) else []


async def of_id(unit: Unit, room: str) -> list[tuple[Appointment, Visit]]:
    """The visits that a room's id names: one of that id, or all of the group of that id."""
    query = (
        unit.select(Visit).join(Appointment, col(Appointment.id) == col(Visit.appointment_id))
        .where((col(Visit.id) == room) | (col(Appointment.group_id) == room)).order_by(col(Visit.id))
    )  # fmt: skip
    visits = await unit.all(query)
    appointments = await unit.find(Appointment, [visit.appointment_id for visit in visits])
    return [(appointments[visit.appointment_id], visit) for visit in visits]


def hears(unit: Unit, appointment: Appointment, visit: Visit, room: str) -> bool:
    """Whether the patient of this visit may listen to this room: to a shared one only while they are in it, to one of
    their own also before, to get ready."""
    if room_id(unit, appointment, visit) != room:
        return False
    running = visit.status == Status.in_progress
    return running if is_shared(unit, appointment) else visit.status not in {Status.completed, Status.cancelled}


# -- what a member sees of the others ---------------------------------------------------------------


async def company(unit: Unit, appointment: Appointment, visit: Visit) -> list[dict[str, Any]]:
    """Who else may be in a patient's call, by seat, while it runs: not the provider, and not guests of their own.

    Of another member nothing is opened but the name of who chose to show it.
    """
    if visit.status != Status.in_progress:
        return []
    beside = (await claims.co_providers(unit, [appointment.id])).get(appointment.id, [])
    names = await staff_names(unit, set(beside))
    shown = [_one(seat, "provider", None, names[seat]) for seat in beside]
    others = {one.id: one for one in await _companions(unit, appointment)}
    if not others:
        return shown
    now = await room(unit, visit)
    people = await open_people(unit, {one.person_id for one in others.values() if one.shows != "nothing"})
    running = [(others[one.appointment_id], one) for one in now.visits if one.appointment_id in others]
    for other, theirs in sorted(running, key=lambda one: one[0].group_number or 0):
        person = people.get(other.person_id)
        name = None if person is None else person.profile.given if other.shows == "given" else person.profile.name
        shown.append(_one(patient_seat(theirs.id), "member", other.group_number, name))
        shown += [
            _one(guest_seat(one.id), one.scope, other.group_number, None, aside=one.aside)
            for one in now.guests if one.appointment_id == other.id and is_let_in(one)
        ]  # fmt: skip
    return shown


def _one(seat: str, who: str, number: int | None, name: str | None, *, aside: bool = False) -> dict[str, Any]:
    return {"seat": seat, "who": who, "number": number, "name": name, "aside": aside}


async def own_part(unit: Unit, appointment: Appointment) -> dict[str, Any] | None:
    """What a member is told of the group they are in: their number, and how they show themselves to the others."""
    if not is_shared(unit, appointment):
        return None
    profile = (await open_people(unit, [appointment.person_id]))[appointment.person_id].profile
    return {
        "number": appointment.group_number, "shows": appointment.shows, "given": profile.given, "full": profile.name,
    }  # fmt: skip


# -- coming and going -------------------------------------------------------------------------------


async def tell(unit: Unit, appointment_id: str) -> None:
    """Who is in a call has changed: the pages of the others of the group hear it."""
    appointment = await unit.get(Appointment, appointment_id)
    for one in await _companions(unit, appointment):
        unit.emit(CompanyChanged(appointment_id=one.id))


async def enter(unit: Unit, visit: Visit) -> None:
    """One more in the call. Raises Conflict when it holds as many as a call can."""
    now = await room(unit, visit)
    expect_place(now, more=0)
    if now.held and visit.held_at is None:  # whoever comes into a pause is told of it
        visit.held_at = unit.clock.now()
        unit.add(visit)
        await unit.flush()


def expect_place(now: Room, more: int = 1) -> None:
    """Raises Conflict when the call is full."""
    if len(now.seats) + more > IN_ONE_CALL:
        raise Conflict(f"This call holds {IN_ONE_CALL} people, and it is full. Somebody has to leave it first.")


async def put_out(unit: Unit, ports: Ports, room: str, visit: Visit) -> None:
    """The patient of this visit and their guests are out of a call that goes on without them, after the commit."""
    line = ports.call_line
    unit.afterwards(partial(line.put_out, room, patient_seat(visit.id), [f"patient:{visit.appointment_id}"]))
    for guest in (await guests.at(unit, [visit.appointment_id])).get(visit.appointment_id, []):
        if is_let_in(guest):
            unit.afterwards(partial(line.put_out, room, guest_seat(guest.id), await guest_subjects(unit, [guest.id])))


async def guest_subjects(unit: Unit, guest_ids: Iterable[str]) -> Sequence[str]:
    """As whom guests are connected to the live channel."""
    query = unit.select(Session).where(col(Session.link_id).in_(list(guest_ids)), col(Session.ended_at).is_(None))
    return [f"session:{session.id}" for session in await unit.all(query)]
