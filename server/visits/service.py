"""Open, join and end a visit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlmodel import col

from server.access import guests
from server.appointments import claims
from server.appointments import service as appointments
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.core.principal import Role
from server.events import AppointmentBooked, AppointmentCancelled, AppointmentMoved, EntryChanged, VisitChanged
from server.store.unit import Unit, expect
from server.visits import ringing, rooms
from server.visits.machine import Act, Status, machine
from server.visits.outcome import proposed
from server.visits.tables import Visit
from server.waiting import desk
from server.waiting.machine import Status as EntryStatus
from server.waiting.schemas import TransferIn
from server.waiting.stage import latest_entry


async def of_appointment(unit: Unit, appointment_id: str) -> Visit:
    visit = await unit.first(unit.select(Visit).where(col(Visit.appointment_id) == appointment_id))
    if visit is None:
        raise NotFound("This appointment has no visit.")
    return visit


async def when_booked(unit: Unit, event: AppointmentBooked) -> None:
    """Every appointment has its visit from the start, so that links and keys can name it."""
    unit.add(Visit(id=new_id(), tenant=unit.tenant, appointment_id=event.appointment_id, status=machine.initial.value))
    await unit.flush()


async def when_entry_changed(unit: Unit, event: EntryChanged) -> None:
    """Admitting somebody opens the visit, in the same transaction. Raises Conflict when its call is full."""
    if event.entry_status != EntryStatus.admitted:
        return
    visit = await of_appointment(unit, event.appointment_id)
    if visit.status == Status.planned:
        await _move(unit, visit, Act.open, started_at=unit.clock.now())
    elif visit.status == Status.on_hold:
        await _move(unit, visit, Act.resume, held_at=None)
    await rooms.enter(unit, visit)


async def when_moved(unit: Unit, event: AppointmentMoved) -> None:
    """Raises Conflict when the visit has begun: what is going on has no other time."""
    if (await of_appointment(unit, event.appointment_id)).status != Status.planned:
        raise Conflict("The visit has begun. It can be moved no more; end it and book another one.")


async def when_cancelled(unit: Unit, event: AppointmentCancelled) -> None:
    """The visit will not be held. Raises Conflict when it has begun."""
    visit = await of_appointment(unit, event.appointment_id)
    if visit.status != Status.planned:
        raise Conflict("The visit has begun. It can be called off no more; end it instead.")
    await _move(unit, visit, Act.cancel)


async def of_provider(unit: Unit, visit_id: str) -> Visit:
    """The visit, if the provider who asks is the one who leads it. Raises NotFound, Conflict."""
    visit = await unit.get(Visit, visit_id)
    appointment = await unit.get(Appointment, visit.appointment_id)
    if appointment.provider_id == unit.principal.account_id:
        return visit
    if unit.principal.account_id in await beside(unit, appointment.id):
        raise Conflict("A colleague leads this visit, and this is theirs to do. You can leave, or take the lead first.")
    raise Conflict("This visit is with another provider. Ask the desk to hand it over first.")


async def beside(unit: Unit, appointment_id: str) -> list[str]:
    """The accounts of the co-providers of a visit: they see the patient too, and do not lead."""
    return (await claims.co_providers(unit, [appointment_id])).get(appointment_id, [])


async def sees(unit: Unit, visit: Visit) -> bool:
    """Whether the provider who asks leads this visit or is a co-provider of it."""
    appointment = await unit.get(Appointment, visit.appointment_id)
    return unit.principal.account_id in {appointment.provider_id, *await beside(unit, appointment.id)}


async def of_clinician(unit: Unit, visit_id: str) -> Visit:
    """The visit, if the provider who asks leads it or is a co-provider of it, and it is not over. Raises NotFound,
    Conflict."""
    visit = await unit.get(Visit, visit_id)
    if unit.principal.account_id not in await beside(unit, visit.appointment_id):
        return await joinable(unit, visit_id)
    if not is_open(visit):
        raise Conflict("This visit is over.")
    return visit


async def of_seat(unit: Unit, visit_id: str) -> Visit:
    """The visit, if it is the one this patient or provider may sit in. Raises NotFound, Conflict."""
    return await _of(unit, visit_id, of_clinician)


async def of_two(unit: Unit, visit_id: str) -> Visit:
    """The visit, if it is the one that this patient or provider holds. Raises NotFound, Conflict."""
    return await _of(unit, visit_id, joinable)


async def _of(unit: Unit, visit_id: str, of_staff: Callable[[Unit, str], Awaitable[Visit]]) -> Visit:
    if unit.principal.role is Role.provider:
        return await of_staff(unit, visit_id)
    visit = await of_appointment(unit, unit.principal.appointment_id)
    if visit.id != visit_id:
        raise NotFound("There is no such visit for you.")
    return visit


def is_open(visit: Visit) -> bool:
    return visit.status not in {Status.completed, Status.cancelled}


async def joinable(unit: Unit, visit_id: str) -> Visit:
    """As `of_provider`, and the visit is not over."""
    visit = await of_provider(unit, visit_id)
    if not is_open(visit):
        raise Conflict("This visit is over.")
    return visit


async def put_back(unit: Unit, visit_id: str, body: TransferIn) -> Visit:
    """The patient steps out and waits again, for the same provider or for another one; the visit is on hold until then.

    Raises Conflict, Invalid, NotFound, StaleVersion.
    """
    visit = await joinable(unit, visit_id)
    expect(visit, body.version)
    appointment = await unit.get(Appointment, visit.appointment_id)
    where: tuple[str, str | None] = (appointment.provider_id, None)
    if body.provider_id is not None or body.pool_id is not None:
        where = await desk.target(unit, body.provider_id, body.pool_id, appointment)
    await _move(unit, visit, Act.hold, held_at=None)
    await guests.together(unit, appointment.id)
    await desk.put_back(unit, appointment, *where, body.note)
    return visit


async def end(unit: Unit, visit_id: str, version: int, *, alone: bool = False) -> list[Visit]:
    """Complete the visit and fulfil its appointment; in one call also all the others of its group who are in it.

    `alone`: only this person's. Whoever of a group still waits goes on waiting: nobody is written off by it.
    """
    visit = await joinable(unit, visit_id)
    expect(visit, version)
    now = await rooms.room(unit, visit)
    others = [] if alone else [one for one in now.visits if one.id != visit.id]
    at = unit.clock.now()
    for one in (visit, *others):
        await complete(unit, one, at)
    return [visit, *others]


async def complete(unit: Unit, visit: Visit, ended_at: datetime) -> None:
    """The visit is over since `ended_at`; the outcome is proposed from what is known."""
    entry = await latest_entry(unit, visit.appointment_id)
    outcome = proposed(visit.started_at, ended_at, entry.media if entry else "video")
    await _move(unit, visit, Act.complete, ended_at=ended_at, outcome=outcome.value, held_at=None)
    appointment = await unit.get(Appointment, visit.appointment_id)
    await appointments.fulfil(unit, appointment)
    await appointments.free_time(unit, appointment)
    await desk.finished(unit, appointment.id, ended_at)
    await ringing.end(unit, visit)


async def _move(unit: Unit, visit: Visit, act: Act, **values: object) -> None:
    await unit.move(visit, machine, act, **values)
    unit.emit(VisitChanged(appointment_id=visit.appointment_id))
    await rooms.tell(unit, visit.appointment_id)
    unit.record("U", f"visit.{act.value}", "Encounter", visit.id)
