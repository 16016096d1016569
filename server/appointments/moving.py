"""Move, hand over, call off: time, provider or existence of a visit changes; its link and its person never do.

The revision rises, so whatever was planned for the old time is void; the calendar file is the same UID with a higher
SEQUENCE. The old time is given back in the same transaction that takes the new one.
"""

from __future__ import annotations

from datetime import timedelta

from server.access import sessions
from server.appointments import busy, claims, elsewhere
from server.appointments.machine import Act, Status, machine
from server.appointments.schemas import HoldIn, MoveIn, NoteIn
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


async def wish_for(unit: Unit, appointment: Appointment, body: MoveIn) -> Wish:
    """Where a visit is to go, checked. Raises as `checked` does."""
    asked = HoldIn(
        provider_id=body.provider_id or appointment.provider_id, visit_type_id=appointment.visit_type_id,
        start=body.start, zone=body.zone or appointment.zone,
    )  # fmt: skip
    return keeping_length(await checked(unit, asked, stays_with=appointment.provider_id), appointment)


def keeping_length(wish: Wish, appointment: Appointment) -> Wish:
    """A booked visit keeps its length, whatever its kind takes by now."""
    minutes = (appointment.end - appointment.start) // timedelta(minutes=1)
    return Wish(wish.provider_id, wish.visit_type, wish.zone, wish.start, minutes)


async def move(
    unit: Unit, appointment: Appointment, wish: Wish, *, hold_id: str | None = None, by_patient: bool = False,
    even_so: bool = False,
) -> Appointment:  # fmt: skip
    """Give a visit the time and the provider of `wish`. Somebody who waits keeps the place when only the provider
    changes, and stops waiting when the time does.

    Raises SlotTaken with the next free times, Conflict when the visit is over or has begun, StaleVersion, and Invalid
    when nothing would change; PersonElsewhere when the person is in another visit then and it is not `even_so`.
    `by_patient`: it was the patient's own choice, which is also their answer.
    """
    refuse_over(appointment)
    if wish.start == appointment.start and wish.provider_id == appointment.provider_id:
        raise Invalid("The visit is at this time already.", errors=[Fault("/start", "is the time it has")])
    leaves = bool(await claims.companions(unit, appointment))  # the others keep the group and its time
    co_providers = await co_providers_then(unit, appointment, wish)
    await claims.claim(
        unit, appointment.id if leaves else claims.owner(appointment), wish, co_providers,
        person_id=appointment.person_id, hold_id=hold_id,
    )  # fmt: skip
    if wish.start != appointment.start:
        await elsewhere.refuse(unit, appointment, wish.start, wish.end, even_so=even_so or by_patient)
    await relocate(unit, appointment, wish, by_patient=by_patient, leaves=leaves)
    return appointment


async def take_off(unit: Unit, appointment: Appointment, provider_id: str) -> None:
    """The visit goes on without one of its co-providers, whose time is free again once the others of its group do."""
    left = [one for one in (await claims.who_sees(unit, appointment))[1:] if one != provider_id]
    await claims.set_co_providers(unit, appointment.id, left)
    others = [one.id for one in await claims.companions(unit, appointment)]
    if provider_id not in {one for many in (await claims.co_providers(unit, others)).values() for one in many}:
        await busy.give_back(unit, claims.owner(appointment), provider_id)
    await unit.swap(appointment)
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", "appointment.take-off", "Appointment", appointment.id, person_id=appointment.person_id)


def refuse_over(appointment: Appointment) -> None:
    """Raises Conflict for a visit that will not be held any more."""
    if appointment.status in _OVER:
        raise Conflict(_OVER[appointment.status])


async def co_providers_then(unit: Unit, appointment: Appointment, wish: Wish) -> list[str]:
    """The co-providers of a visit once it has the provider of `wish`, who may have been one of them."""
    before = (await claims.co_providers(unit, [appointment.id])).get(appointment.id, [])
    after = [one for one in before if one != wish.provider_id]
    if after != before:
        await claims.set_co_providers(unit, appointment.id, after)
    return after


async def relocate(
    unit: Unit, appointment: Appointment, wish: Wish, *, by_patient: bool = False, leaves: bool = False,
    again: bool = False,
) -> None:  # fmt: skip
    """Write the new time and provider, once the time is taken. Raises StaleVersion, ImpossibleMove."""
    same_time = wish.start == appointment.start
    was = AppointmentMoved(
        appointment_id=appointment.id, was_provider_id=appointment.provider_id, was_start=appointment.start,
        was_end=appointment.end, by_patient=by_patient, again=again,
    )  # fmt: skip
    answer = appointment.participation if same_time else "accepted" if by_patient else "needs-action"
    # Whoever said yes to interpret said so to the old time.
    asked_anew = appointment.interpreter_status is not None and not same_time
    await unit.move(
        appointment, machine, Act.hand_over if same_time else Act.move, provider_id=wish.provider_id,
        start=wish.start, end=wish.end, wall_start=wish.start.astimezone(wish.zone).strftime("%Y-%m-%dT%H:%M"),
        zone=wish.zone.key, revision=appointment.revision + 1, participation=answer, displaced=False,
        interpreter_status="needs-action" if asked_anew else appointment.interpreter_status,
        group_id=None if leaves else appointment.group_id, shows="nothing" if leaves else appointment.shows,
    )  # fmt: skip
    await sessions.follow(unit, appointment.id, appointment.end - was.was_end)
    unit.emit(was)
    unit.record("U", "appointment.move", "Appointment", appointment.id, person_id=appointment.person_id)


async def cancel(unit: Unit, appointment: Appointment, reason: str = "other", *, tell: bool = True) -> Appointment:
    """Call a visit off and give its time back. Raises Conflict when it is over or has begun, StaleVersion."""
    refuse_over(appointment)
    await unit.move(
        appointment, machine, Act.cancel, revision=appointment.revision + 1, cancel_reason=reason,
    )  # fmt: skip
    await claims.give_back(unit, appointment)
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
