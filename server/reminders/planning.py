"""Which messages an appointment gets, and when: worked out in the booking's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col

from server.appointments.tables import Appointment
from server.core.ids import new_id
from server.events import AppointmentBooked, AppointmentCancelled, AppointmentMoved
from server.people.service import Reach, reaches
from server.reminders.machine import Act, Status, machine
from server.reminders.tables import Reminder
from server.store.unit import Unit

LINK_BEFORE = timedelta(minutes=15)
CHANNEL = {"phone": "sms", "email": "email"}


@dataclass(frozen=True, slots=True)
class Step:
    """One planned message."""

    step: str
    channel: str
    due: datetime
    reach: Reach


def steps(appointment: Appointment, reached: Sequence[Reach], now: datetime, first: str = "confirmation") -> list[Step]:
    """What happened (`first`: confirmation or moved) at once by every channel, and the link shortly before by the best.

    The link is asked for, so it may fall in quiet hours; so may a confirmation, which answers a booking.
    """
    usable: dict[str, Reach] = {}
    for reach in reached:
        if reach.usable:
            usable.setdefault(CHANNEL[reach.contact.system], reach)
    planned = [Step(first, channel, now, reach) for channel, reach in sorted(usable.items())]
    best = usable.get("sms") or usable.get("email")
    if best is not None:
        planned.append(Step("link", CHANNEL[best.contact.system], max(appointment.start - LINK_BEFORE, now), best))
    return planned


async def when_booked(unit: Unit, event: AppointmentBooked) -> None:
    """Plan the reminders of a new appointment."""
    appointment = await unit.get(Appointment, event.appointment_id)
    for step in steps(appointment, await reaches(unit, appointment.person_id), unit.clock.now()):
        if not (event.again and step.step == "confirmation" and step.channel == "sms"):  # one text tells of a series
            plan(unit, appointment, step)
    await unit.flush()


async def when_moved(unit: Unit, event: AppointmentMoved) -> None:
    """Plan anew. What was planned for the old time is void by its revision, and says so in the ledger."""
    appointment = await unit.get(Appointment, event.appointment_id)
    await _withdraw(unit, appointment)
    for step in steps(appointment, await reaches(unit, appointment.person_id), unit.clock.now(), "moved"):
        if not (event.again and step.step == "moved" and step.channel == "sms"):
            plan(unit, appointment, step)
    await unit.flush()


async def when_cancelled(unit: Unit, event: AppointmentCancelled) -> None:
    """Nothing that was planned goes out any more; the patient is told unless somebody did, or the time is over."""
    appointment = await unit.get(Appointment, event.appointment_id)
    await _withdraw(unit, appointment)
    now = unit.clock.now()
    if event.tell and now < appointment.end:
        for step in steps(appointment, await reaches(unit, appointment.person_id), now, "cancelled"):
            if step.step == "cancelled":
                plan(unit, appointment, step)
    await unit.flush()


async def _withdraw(unit: Unit, appointment: Appointment) -> None:
    query = unit.select(Reminder).where(
        col(Reminder.appointment_id) == appointment.id, col(Reminder.revision) != appointment.revision,
        col(Reminder.status).in_([Status.scheduled.value, Status.retrying.value]),
    )  # fmt: skip
    for reminder in await unit.all(query.order_by(col(Reminder.id))):
        await unit.move(reminder, machine, Act.cancel, at=unit.clock.now(), last_error="not-wanted-any-more")


def plan(unit: Unit, appointment: Appointment, step: Step) -> None:
    unit.add(
        Reminder(
            id=new_id(), tenant=unit.tenant, appointment_id=appointment.id, revision=appointment.revision,
            step=step.step, channel=step.channel, contact_id=step.reach.contact.id, due=step.due,
            not_after=appointment.end, status=machine.initial.value, at=unit.clock.now(),
        )
    )  # fmt: skip
