"""Book an appointment and move it along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import col

from server.access import links
from server.access.service import practice_of
from server.access.tables import Account, Link
from server.appointments.machine import Act, Status, machine
from server.appointments.schemas import BookIn
from server.appointments.tables import Appointment, Busy, VisitType
from server.core.clock import resolve_wall
from server.core.clock import zone as known_zone
from server.core.errors import Fault, Invalid, SlotTaken
from server.core.ids import new_id
from server.core.principal import Role
from server.events import AppointmentBooked, AppointmentChanged
from server.people.tables import Person
from server.store.unit import Unit
from server.vault.index import BlindIndex
from server.vault.port import KeyPort

TICK = 300  # seconds; the grain of a provider's time
EXTERNAL = "appointment.external"
_YEARS = range(2000, 2200)
_LATE = timedelta(hours=12)  # a visit that began longer ago than this is a typing mistake


@dataclass(frozen=True, slots=True)
class Plan:
    """A booking that was checked but not written."""

    appointment: Appointment
    link: Link
    visit_type: VisitType


async def plan(unit: Unit, keys: KeyPort, body: BookIn, *, external_id: str | None = None) -> Plan:
    """Check a booking and build its rows. Raises NotFound or Invalid with pointers."""
    practice = await practice_of(unit)
    person = await unit.get(Person, body.person_id)
    provider = await unit.get(Account, body.provider_id)
    if Role.provider not in provider.roles or not provider.active:
        raise Invalid("This person does not see patients.", errors=[Fault("/provider_id", "is not a provider")])
    visit_type = await unit.get(VisitType, body.visit_type_id)
    zone = known_zone(body.zone or practice.zone)
    if body.start.year not in _YEARS:  # beyond these the calendar itself overflows
        raise Invalid("The visit lies too far away.", errors=[Fault("/start", "lies too far away")])
    start = resolve_wall(body.start, zone).replace(second=0, microsecond=0)
    if start < unit.clock.now() - _LATE:
        raise Invalid("The visit lies in the past.", errors=[Fault("/start", "lies in the past")])
    appointment_id = new_id()
    reason = (await unit.dek(person.id)).seal("appointment", "reason", appointment_id, body.reason or None)
    appointment = Appointment(
        id=appointment_id, tenant=unit.tenant, person_id=person.id, provider_id=provider.id,
        visit_type_id=visit_type.id, start=start, end=start + timedelta(minutes=visit_type.minutes),
        wall_start=start.astimezone(zone).strftime("%Y-%m-%dT%H:%M"), zone=zone.key, reason=reason,
        status=machine.advance(Status.proposed, Act.book).value, created_at=unit.clock.now(),
        external_index=BlindIndex(keys).text_index(unit.tenant, EXTERNAL, external_id) if external_id else None,
    )  # fmt: skip
    return Plan(appointment, links.make(keys, unit.tenant, appointment_id, person.id, unit.clock.now()), visit_type)


async def book(unit: Unit, keys: KeyPort, body: BookIn, *, external_id: str | None = None) -> Appointment:
    """Book it: the provider's time, the appointment, the link; listeners add visit, conversation and reminders.

    Raises SlotTaken when the provider is taken at any minute of it.
    """
    made = await plan(unit, keys, body, external_id=external_id)
    appointment = made.appointment
    await _take_time(unit, appointment)
    unit.add(appointment)
    await unit.flush()
    unit.add(made.link)
    unit.emit(AppointmentBooked(appointment_id=appointment.id))
    unit.record("C", "appointment.book", "Appointment", appointment.id, person_id=appointment.person_id)
    return appointment


async def by_external_id(unit: Unit, keys: KeyPort, external_id: str) -> Appointment | None:
    token = BlindIndex(keys).text_index(unit.tenant, EXTERNAL, external_id)
    return await unit.first(unit.select(Appointment).where(col(Appointment.external_index) == token))


async def arrive(unit: Unit, appointment: Appointment) -> None:
    if appointment.status != Status.arrived:
        await unit.move(appointment, machine, Act.arrive)
        unit.record("U", "appointment.arrive", "Appointment", appointment.id, person_id=appointment.person_id)


async def fulfil(unit: Unit, appointment: Appointment) -> None:
    await unit.move(appointment, machine, Act.fulfil)
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", "appointment.fulfil", "Appointment", appointment.id, person_id=appointment.person_id)


async def answer(unit: Unit, appointment: Appointment, participation: str) -> None:
    """The patient's answer (FHIR ParticipationStatus). It leaves status and revision as they are."""
    await unit.swap(appointment, participation=participation)
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", f"appointment.{participation}", "Appointment", appointment.id, person_id=appointment.person_id)


async def upcoming(unit: Unit, person_ids: list[str], now: datetime) -> list[Appointment]:
    """Booked appointments of these people that have not begun, the next one first."""
    query = unit.select(Appointment).where(
        col(Appointment.person_id).in_(person_ids),
        col(Appointment.status) == Status.booked.value,
        col(Appointment.end) > now,
    )
    return await unit.all(query.order_by(col(Appointment.start)))


async def visit_types(unit: Unit) -> list[VisitType]:
    return await unit.all(unit.select(VisitType).where(col(VisitType.active).is_(True)).order_by(col(VisitType.name)))


async def _take_time(unit: Unit, appointment: Appointment) -> None:
    """Take every tick of the visit; the primary key decides a race, the query before it finds the usual case."""
    if not await is_free(unit, appointment.provider_id, appointment.start, appointment.end):
        raise SlotTaken("The provider has another visit then. Choose another time or another provider.")
    for tick in _ticks(appointment.start, appointment.end):
        unit.add(Busy(provider_id=appointment.provider_id, tick=tick, appointment_id=appointment.id))


async def is_free(unit: Unit, provider_id: str, start: datetime, end: datetime) -> bool:
    """Whether a provider has nothing between two instants."""
    wanted = list(_ticks(start, end))
    taken = select(col(Busy.tick)).where(col(Busy.provider_id) == provider_id, col(Busy.tick).in_(wanted)).limit(1)
    return (await unit.session.execute(taken)).first() is None


def _ticks(start: datetime, end: datetime) -> range:
    return range(int(start.timestamp()) // TICK, (int(end.timestamp()) - 1) // TICK + 1)


async def free_time(unit: Unit, appointment: Appointment) -> None:
    """Give the time back (cancelled, moved, ended early)."""
    await unit.session.execute(delete(Busy).where(col(Busy.appointment_id) == appointment.id))
