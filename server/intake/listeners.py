"""What is done though the patient's place lies outside the provider's licence is on record, whichever way it is done:
one by one, as a series, for a whole absent day, by another system, or by checking in."""

from __future__ import annotations

from server.appointments.tables import Appointment
from server.events import AppointmentBooked, AppointmentHandedOver, AppointmentMoved, EntryChanged
from server.intake.service import outside_licence
from server.store.unit import Unit


async def when_booked(unit: Unit, event: AppointmentBooked) -> None:
    await _note(unit, event.appointment_id, "booked")


async def when_handed_over(unit: Unit, event: AppointmentMoved | AppointmentHandedOver) -> None:
    appointment = await unit.get(Appointment, event.appointment_id)
    if appointment.provider_id != event.was_provider_id:
        await _note(unit, appointment.id, "moved")


async def when_entry_changed(unit: Unit, event: EntryChanged) -> None:
    if event.act == "check_in":
        await _note(unit, event.appointment_id, "checked-in")


async def _note(unit: Unit, appointment_id: str, how: str) -> None:
    appointment = await unit.get(Appointment, appointment_id)
    if await outside_licence(unit, appointment.person_id, appointment.provider_id) is not None:
        who = appointment.person_id
        unit.record("E", f"licence.{how}-outside", "Appointment", appointment.id, person_id=who)
