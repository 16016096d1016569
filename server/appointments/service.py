"""Book an appointment and move it along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_
from sqlmodel import col

from server.access import links
from server.access.tables import Link
from server.appointments import claims, elsewhere, pools
from server.appointments.busy import TICK, is_free
from server.appointments.machine import Act, Status, machine
from server.appointments.schemas import BookIn
from server.appointments.tables import Appointment, Busy
from server.appointments.visit_types import offered as visit_types
from server.appointments.wish import Wish, checked
from server.core.errors import Fault, Invalid
from server.core.ids import new_id
from server.events import AppointmentBooked, AppointmentChanged, AppointmentHandedOver
from server.people.tables import Person
from server.store.unit import Unit
from server.vault.index import BlindIndex
from server.vault.port import KeyPort

EXTERNAL = "appointment.external"
LATE = timedelta(hours=12)  # a visit not held by then is over for its link
__all__ = [
    "EXTERNAL", "TICK", "Busy", "Plan", "answer", "arrive", "book", "by_external_id", "free_time", "fulfil", "hand_to",
    "is_free", "plan", "upcoming", "visit_types", "walk_in",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """A booking that was checked but not written."""

    appointment: Appointment
    link: Link
    wish: Wish


async def plan(
    unit: Unit, keys: KeyPort, body: BookIn, *, external_id: str | None = None, stays_with: str | None = None
) -> Plan:
    """Check a booking and build its rows. Raises NotFound or Invalid with pointers. `stays_with` as in `checked`."""
    person = await unit.get(Person, body.person_id)
    wish = await checked(unit, body, stays_with=stays_with)
    appointment_id = new_id()
    handle = await unit.dek(person.id)
    before = unit.select(Appointment).where(
        col(Appointment.person_id) == person.id, col(Appointment.status).not_in(["cancelled", "entered-in-error"])
    )
    appointment = Appointment(
        id=appointment_id, tenant=unit.tenant, person_id=person.id, provider_id=wish.provider_id,
        pool_id=await _pool(unit, body),
        visit_type_id=wish.visit_type.id, start=wish.start, end=wish.end,
        wall_start=wish.start.astimezone(wish.zone).strftime("%Y-%m-%dT%H:%M"), zone=wish.zone.key,
        reason=handle.seal("appointment", "reason", appointment_id, body.reason or None),
        note=handle.seal("appointment", "note", appointment_id, body.note or None),
        interpreter=handle.seal("appointment", "interpreter", appointment_id, body.interpreter),
        status=machine.advance(Status.proposed, Act.book).value, created_at=unit.clock.now(),
        first=await unit.first(before.limit(1)) is None,
        external_index=BlindIndex(keys).text_index(unit.tenant, EXTERNAL, external_id) if external_id else None,
    )  # fmt: skip
    return Plan(appointment, links.make(keys, unit.tenant, appointment_id, person.id, unit.clock.now()), wish)


async def book(unit: Unit, keys: KeyPort, body: BookIn, *, external_id: str | None = None) -> Appointment:
    """Book it: the provider's time, the appointment, the link; listeners add visit, conversation and reminders.

    Raises SlotTaken, with the next free times, when the provider is taken at any minute of it or of its buffers;
    PersonElsewhere when the person is in another visit then.
    """
    await claims.check_co_providers(unit, body.provider_id, body.co_provider_ids)
    made = await plan(unit, keys, body, external_id=external_id)
    await claims.claim(
        unit, made.appointment.id, made.wish, body.co_provider_ids, person_id=body.person_id, hold_id=body.hold_id,
    )  # fmt: skip
    await elsewhere.refuse(unit, made.appointment, made.wish.start, made.wish.end, even_so=body.even_so)
    return await write(unit, made, body.co_provider_ids)


async def write(unit: Unit, made: Plan, co_provider_ids: Sequence[str] = ()) -> Appointment:
    """Write a plan whose time is taken already."""
    appointment = made.appointment
    unit.add(appointment)
    await unit.flush()
    if co_provider_ids:
        await claims.set_co_providers(unit, appointment.id, co_provider_ids)
    unit.add(made.link)
    again = appointment.series_number is not None and appointment.series_number > 1
    unit.emit(AppointmentBooked(appointment_id=appointment.id, again=again))
    unit.record("C", "appointment.book", "Appointment", appointment.id, person_id=appointment.person_id)
    return appointment


async def walk_in(unit: Unit, keys: KeyPort, body: BookIn, pool_id: str | None) -> Appointment:
    """A visit from now on that takes nobody's time. Raises NotFound, Invalid."""
    made = await plan(unit, keys, body, stays_with=body.provider_id)
    appointment = made.appointment
    appointment.pool_id = pool_id
    unit.add(appointment)
    await unit.flush()
    unit.add(made.link)
    unit.emit(AppointmentBooked(appointment_id=appointment.id))
    unit.record("C", "appointment.walk-in", "Appointment", appointment.id, person_id=appointment.person_id)
    return appointment


async def hand_to(unit: Unit, appointment: Appointment, provider_id: str, pool_id: str | None) -> None:
    """Another provider or pool sees the person who waits already. The one before has the time back."""
    changed = provider_id != appointment.provider_id
    if changed:
        await free_time(unit, appointment)
    before = appointment.provider_id
    # Whoever goes to somebody else alone is in the group's call no more.
    values: dict[str, object] = (
        {"revision": appointment.revision + 1, "displaced": False, "group_id": None, "shows": "nothing"}
        if changed else {}
    )  # fmt: skip
    await unit.swap(appointment, provider_id=provider_id, pool_id=pool_id, **values)
    if changed:
        unit.emit(AppointmentHandedOver(appointment_id=appointment.id, was_provider_id=before))
    else:
        unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", "appointment.hand-over", "Appointment", appointment.id, person_id=appointment.person_id)


async def _pool(unit: Unit, body: BookIn) -> str | None:
    if body.pool_id is None:
        return None
    pool = await pools.open_pool(unit, body.pool_id)
    if body.provider_id not in (await pools.members_of(unit, [pool.id]))[pool.id]:
        detail = "does not serve the pool"
        raise Invalid("This provider does not serve the pool.", errors=[Fault("/provider_id", detail)])
    return pool.id


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


async def miss(unit: Unit, appointment: Appointment) -> None:
    """A person of the staff says that somebody did not come. Who comes after all still arrives."""
    await unit.move(appointment, machine, Act.mark_noshow)
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", "appointment.no-show", "Appointment", appointment.id, person_id=appointment.person_id)


async def answer(unit: Unit, appointment: Appointment, participation: str) -> None:
    """The patient's answer (FHIR ParticipationStatus). It leaves status and revision as they are."""
    await unit.swap(appointment, participation=participation)
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", f"appointment.{participation}", "Appointment", appointment.id, person_id=appointment.person_id)


async def upcoming(unit: Unit, person_ids: list[str], now: datetime) -> list[Appointment]:
    """The visits of these people that are still to be held, the next one first: booked ones until their end, and those
    of somebody who has arrived for as long as the link opens (a provider may run late)."""
    query = unit.select(Appointment).where(
        col(Appointment.person_id).in_(person_ids),
        or_(
            and_(col(Appointment.status) == Status.booked.value, col(Appointment.end) > now),
            and_(col(Appointment.status) == Status.arrived.value, col(Appointment.end) > now - LATE),
        ),
    )
    return await unit.all(query.order_by(col(Appointment.start)))


async def free_time(unit: Unit, appointment: Appointment) -> None:
    """Give the time back (cancelled, moved, ended early)."""
    await claims.give_back(unit, appointment)
