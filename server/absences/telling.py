"""Tell who is concerned: three times to choose from by text, or the staff's call list with the most pressing on top."""

from __future__ import annotations

from sqlmodel import col

from notifications.texts import menu, when
from server.appointments.tables import Appointment
from server.events import AppointmentChanged, MessageAsked
from server.people.service import open_people
from server.reminders import dialogues, listeners, rows
from server.reminders.machine import Status
from server.reminders.offers import three
from server.reminders.steps import CALL, SMS, kind_of
from server.reminders.tables import Reminder
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind, Priority


async def who_is_not_reached(unit: Unit, appointment: Appointment) -> None:
    """Whom no message tells of the new time or provider is rung, before anybody else on the call list."""
    await unit.settle()
    query = unit.select(Reminder).where(
        col(Reminder.subject) == appointment.id, col(Reminder.revision) == appointment.revision,
        col(Reminder.channel) == CALL, col(Reminder.status) == Status.scheduled.value,
        col(Reminder.due) <= unit.clock.now(),
    )  # fmt: skip
    calls = [one for one in await unit.all(query) if kind_of(one.step).text is not None]
    if not calls:
        return
    ids = [one.id for one in calls]
    await rows.void(unit, col(Reminder.id).in_(ids), why="on-the-call-list")
    await _ask(unit, appointment, Priority.urgent)


async def choice(unit: Unit, appointment: Appointment) -> bool:
    """Offer three times by text; False when none is free or no text reaches the person. Until they choose, the visit
    stands where it was with a mark that it cannot be held, and the call list has it."""
    person = (await open_people(unit, [appointment.person_id]))[appointment.person_id]
    zone = person.profile.zone or appointment.zone
    await _displace(unit, appointment)
    found = await three(unit, appointment, zone)
    if not found:
        return False
    said = menu([when(one.start, zone, person.profile.language) for one in found])
    event = MessageAsked(
        step="choose", person_id=appointment.person_id, subject=appointment.id, number=appointment.revision,
        appointment_id=appointment.id, facts={"menu": said}, not_after=appointment.start,
    )  # fmt: skip
    planned = await listeners.way_of(unit, event)
    if planned is None or planned.channel != SMS or planned.reach is None:
        return False
    data = {"appointment_id": appointment.id, "revision": appointment.revision, "offers": [one.out() for one in found]}
    await dialogues.ask(unit, planned.reach.contact.id, dialogues.OFFERS, data)
    await listeners.plan(unit, event, planned)
    await _ask(unit, appointment, Priority.routine)
    return True


async def call(unit: Unit, appointment: Appointment, *, waiting: bool) -> None:
    """Somebody of the staff speaks to them; who waits at this moment comes before everybody else."""
    await _displace(unit, appointment)
    await _ask(unit, appointment, Priority.asap if waiting else Priority.urgent)


async def _displace(unit: Unit, appointment: Appointment) -> None:
    """The visit cannot be held as it stands: nothing reminds of it any more, and every page says so."""
    if appointment.displaced:
        return
    await unit.swap(appointment, displaced=True)
    await rows.void(unit, col(Reminder.subject) == appointment.id, why="provider-away")
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", "appointment.displace", "Appointment", appointment.id, person_id=appointment.person_id)


async def _ask(unit: Unit, appointment: Appointment, priority: Priority) -> None:
    await tasks.ask(
        unit, Kind.displaced, priority, person_id=appointment.person_id, appointment_id=appointment.id,
        due=appointment.start, key=f"displaced-{appointment.id}-{appointment.revision}",
    )  # fmt: skip
