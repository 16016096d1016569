"""Move, hand over, call off: time, provider or existence of a visit changes; its link and its person never do.

The revision rises, so whatever was planned for the old time is void; the calendar file is the same UID with a higher
SEQUENCE. The old time is given back in the same transaction that takes the new one.
"""

from __future__ import annotations

from datetime import timedelta

from server.access import sessions
from server.appointments import busy, holds, slots
from server.appointments.machine import Act, Status, machine
from server.appointments.schemas import CancelIn, HoldIn, MoveIn, NoteIn
from server.appointments.tables import Appointment
from server.appointments.wish import Wish, checked
from server.core.errors import Conflict, Fault, Invalid
from server.events import AppointmentCancelled, AppointmentChanged, AppointmentMoved
from server.store.unit import Unit, expect

_OVER = {
    Status.cancelled.value: "This visit was called off. Book a new one instead.",
    Status.entered_in_error.value: "This visit was entered in error. Book a new one instead.",
    Status.fulfilled.value: "This visit is over. Book a new one instead.",
    Status.noshow.value: "The patient missed this visit. Book a new one instead.",
}


async def move_as_asked(unit: Unit, appointment_id: str, body: MoveIn) -> Appointment:
    """The desk's move. Raises NotFound, Invalid with pointers, StaleVersion, Conflict, SlotTaken with `next_free`."""
    appointment = await unit.get(Appointment, appointment_id)
    expect(appointment, body.version)
    wish = await wish_for(unit, appointment, body)
    return await move(unit, appointment, wish, hold_id=body.hold_id)


async def wish_for(unit: Unit, appointment: Appointment, body: MoveIn) -> Wish:
    """Where a visit is to go, checked. Raises as `checked` does."""
    asked = HoldIn(
        provider_id=body.provider_id or appointment.provider_id, visit_type_id=appointment.visit_type_id,
        start=body.start, zone=body.zone or appointment.zone,
    )  # fmt: skip
    return keeping_length(await checked(unit, asked), appointment)


def keeping_length(wish: Wish, appointment: Appointment) -> Wish:
    """A booked visit keeps its length, whatever its kind takes by now."""
    minutes = (appointment.end - appointment.start) // timedelta(minutes=1)
    return Wish(wish.provider_id, wish.visit_type, wish.zone, wish.start, minutes)


async def move(
    unit: Unit, appointment: Appointment, wish: Wish, *, hold_id: str | None = None, by_patient: bool = False
) -> Appointment:
    """Give a visit the time and the provider of `wish`. Somebody who waits keeps the place when only the provider
    changes, and stops waiting when the time does.

    Raises SlotTaken with the next free times, Conflict when the visit is over or has begun, StaleVersion, and Invalid
    when nothing would change. `by_patient`: it was the patient's own choice, which is also their answer.
    """
    if appointment.status in _OVER:
        raise Conflict(_OVER[appointment.status])
    same_time = wish.start == appointment.start
    if same_time and wish.provider_id == appointment.provider_id:
        raise Invalid("The visit is at this time already.", errors=[Fault("/start", "is the time it has")])
    await take_time(unit, appointment, wish, hold_id)
    was = AppointmentMoved(
        appointment_id=appointment.id, was_provider_id=appointment.provider_id, was_start=appointment.start,
        was_end=appointment.end, by_patient=by_patient,
    )  # fmt: skip
    answer = appointment.participation if same_time else "accepted" if by_patient else "needs-action"
    await unit.move(
        appointment, machine, Act.hand_over if same_time else Act.move, provider_id=wish.provider_id,
        start=wish.start, end=wish.end, wall_start=wish.start.astimezone(wish.zone).strftime("%Y-%m-%dT%H:%M"),
        zone=wish.zone.key, revision=appointment.revision + 1, participation=answer,
    )  # fmt: skip
    await sessions.follow(unit, appointment.id, appointment.end - was.was_end)
    unit.emit(was)
    unit.record("U", "appointment.move", "Appointment", appointment.id, person_id=appointment.person_id)
    return appointment


async def take_time(unit: Unit, appointment: Appointment, wish: Wish, hold_id: str | None = None) -> None:
    """Take the new time, then give the old one back, as far as it is not the same. Raises SlotTaken."""
    held = hold_id is not None and await holds.use(unit, hold_id, wish, appointment.id)
    if not held and not await busy.take(unit, wish.provider_id, wish.taken_from, wish.taken_to, appointment.id):
        raise await slots.taken(unit, wish, appointment.person_id)
    await busy.keep_only(unit, appointment.id, [wish.provider_id], wish.taken_from, wish.taken_to)


async def cancel_as_asked(unit: Unit, appointment_id: str, body: CancelIn) -> Appointment:
    """The desk's cancellation. Raises NotFound, StaleVersion, Conflict."""
    appointment = await unit.get(Appointment, appointment_id)
    expect(appointment, body.version)
    return await cancel(unit, appointment, body.reason, tell=body.tell)


async def cancel(unit: Unit, appointment: Appointment, reason: str = "other", *, tell: bool = True) -> Appointment:
    """Call a visit off and give its time back. Raises Conflict when it is over or has begun, StaleVersion."""
    if appointment.status in _OVER:
        raise Conflict(_OVER[appointment.status])
    await unit.move(
        appointment, machine, Act.cancel, revision=appointment.revision + 1, cancel_reason=reason,
    )  # fmt: skip
    await busy.give_back(unit, appointment.id)
    unit.emit(AppointmentCancelled(appointment_id=appointment.id, tell=tell))
    unit.record("U", "appointment.cancel", "Appointment", appointment.id, person_id=appointment.person_id)
    return appointment


async def set_note(unit: Unit, appointment_id: str, body: NoteIn) -> Appointment:
    """Write the note for the desk. It changes neither time nor answer, so the revision stays."""
    appointment = await unit.get(Appointment, appointment_id)
    expect(appointment, body.version)
    handle = await unit.dek(appointment.person_id)
    note = handle.seal("appointment", "note", appointment.id, (body.note or "").strip() or None)
    await unit.swap(appointment, note=note)
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", "appointment.note", "Appointment", appointment.id, person_id=appointment.person_id)
    return appointment
