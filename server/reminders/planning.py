"""Which messages an appointment gets, and when: worked out in the booking's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.appointments.tables import Appointment
from server.core.ids import new_id
from server.events import AppointmentBooked
from server.people.service import Reach, reaches
from server.reminders.machine import machine
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


def steps(appointment: Appointment, reached: Sequence[Reach], now: datetime) -> list[Step]:
    """A confirmation at once by every channel, and the link shortly before by the best one.

    The link is asked for, so it may fall in quiet hours; so may a confirmation, which answers a booking.
    """
    usable: dict[str, Reach] = {}
    for reach in reached:
        if reach.usable:
            usable.setdefault(CHANNEL[reach.contact.system], reach)
    planned = [Step("confirmation", channel, now, reach) for channel, reach in sorted(usable.items())]
    best = usable.get("sms") or usable.get("email")
    if best is not None:
        planned.append(Step("link", CHANNEL[best.contact.system], max(appointment.start - LINK_BEFORE, now), best))
    return planned


async def when_booked(unit: Unit, event: AppointmentBooked) -> None:
    """Plan the reminders of a new appointment."""
    appointment = await unit.get(Appointment, event.appointment_id)
    for step in steps(appointment, await reaches(unit, appointment.person_id), unit.clock.now()):
        plan(unit, appointment, step)
    await unit.flush()


def plan(unit: Unit, appointment: Appointment, step: Step) -> None:
    unit.add(
        Reminder(
            id=new_id(), tenant=unit.tenant, appointment_id=appointment.id, revision=appointment.revision,
            step=step.step, channel=step.channel, contact_id=step.reach.contact.id, due=step.due,
            not_after=appointment.end, status=machine.initial.value, at=unit.clock.now(),
        )
    )  # fmt: skip
