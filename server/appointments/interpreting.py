"""The interpreter of a visit: which language, and whether somebody has agreed to come."""

from __future__ import annotations

from server.appointments.machine import Status
from server.appointments.schemas import InterpreterIn
from server.appointments.tables import Appointment
from server.core.errors import Conflict
from server.events import AppointmentChanged
from server.store.unit import Unit, expect

_OPEN = {Status.booked.value, Status.arrived.value}


async def arrange(unit: Unit, appointment_id: str, body: InterpreterIn) -> Appointment:
    """Note what is known about the interpreter. Raises NotFound, StaleVersion, Conflict when the visit is over."""
    appointment = await unit.get(Appointment, appointment_id)
    expect(appointment, body.version)
    if appointment.status not in _OPEN:
        raise Conflict("This visit is over, so no interpreter is needed any more.")
    handle = await unit.dek(appointment.person_id)
    language = body.language or None
    await unit.swap(
        appointment,
        interpreter=handle.seal("appointment", "interpreter", appointment.id, language),
        interpreter_status=body.status if language else None,
    )
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", "appointment.interpreter", "Appointment", appointment.id, person_id=appointment.person_id)
    return appointment
