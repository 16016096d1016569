"""What a patient who waits may ask of the clinic: to wait elsewhere, to be helped otherwise, to be helped at once."""

from __future__ import annotations

from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.core.errors import Conflict
from server.events import AppointmentChanged
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind, Priority
from server.tasks.tables import Task
from server.waiting import late, service

WORSE = "feel-worse"


async def wait_elsewhere(unit: Unit, appointment_id: str, minutes: int | None) -> None:
    """Leave the page and keep the place: a text comes when it is time to start, `minutes` away. None: back here."""
    entry = await service.live_entry(unit, appointment_id)
    if entry is None:
        raise Conflict("You are not in the waiting room.")
    await unit.swap(entry, travel_minutes=minutes, summoned_at=None)
    service.tell(unit, entry)
    unit.record("U", "waiting.elsewhere" if minutes else "waiting.here", "Appointment", appointment_id)


async def cannot_wait(unit: Unit, appointment: Appointment, wish: str) -> None:
    """Out of the line, and the clinic is asked to rebook or to ring instead. Who was told that the visit begins late
    may also say so before coming."""
    notice = await late.notice_of(unit, appointment.id)
    early = notice is not None and late.holds(notice, appointment) and await _is_to_come(unit, appointment)
    if early and notice is not None:
        notice.wish = wish
        unit.add(notice)
        unit.emit(AppointmentChanged(appointment_id=appointment.id))
        key = f"cannot-wait:{notice.id}:{wish}"
    else:
        key = f"cannot-wait:{(await service.leave(unit, appointment.id, wish)).id}"
    kind = Kind.rebook if wish == "rebook" else Kind.call_back
    await tasks.ask(
        unit, kind, Priority.urgent, person_id=appointment.person_id, appointment_id=appointment.id, key=key
    )


async def _is_to_come(unit: Unit, appointment: Appointment) -> bool:
    return appointment.status == Appt.booked and await service.live_entry(unit, appointment.id) is None


async def feel_worse(unit: Unit, appointment: Appointment) -> Task:
    """Alert the staff at once. Pressing again while nobody has closed the alert changes nothing."""
    known = await tasks.of_appointment(unit, appointment.id, Kind.feel_worse)
    if known is not None and known.closed_at is None:
        return known
    return await tasks.ask(
        unit, Kind.feel_worse, Priority.stat, person_id=appointment.person_id, appointment_id=appointment.id,
        key=f"{WORSE}:{appointment.id}:{known.id if known else 1}",
    )  # fmt: skip
