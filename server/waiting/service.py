"""The queue: check in, be called, be admitted, step out, come back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from server.appointments import service as appointments
from server.appointments.tables import Appointment
from server.core.errors import Conflict
from server.core.ids import new_id
from server.events import AppointmentCancelled, AppointmentChanged, AppointmentMoved, EntryChanged, EntrySeen
from server.store.unit import Unit, expect
from server.waiting.machine import IN_LINE, Act, Status, machine
from server.waiting.schemas import ReadinessIn
from server.waiting.tables import ConsentRecord, WaitingRoomEntry

LIVE = (Status.checking_in, *IN_LINE)


async def live_entry(unit: Unit, appointment_id: str) -> WaitingRoomEntry | None:
    """The entry that stands in line now, if any."""
    query = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.appointment_id) == appointment_id,
        col(WaitingRoomEntry.status).in_([status.value for status in LIVE]),
    )
    return await unit.first(query)


async def check_in(unit: Unit, appointment: Appointment, readiness: ReadinessIn | None) -> WaitingRoomEntry:
    """Join the queue; whoever stands in it already keeps the place, and camera and sound unless new ones are told."""
    entry = await live_entry(unit, appointment.id)
    if entry is not None:
        known = ReadinessIn.model_validate(entry, from_attributes=True)
        await update_readiness(unit, entry, readiness or known)
        return entry
    readiness = readiness or ReadinessIn(media="video")
    now = unit.clock.now()
    entry = WaitingRoomEntry(
        id=new_id(), tenant=unit.tenant, appointment_id=appointment.id, provider_id=appointment.provider_id,
        status=machine.initial.value, booked_start=appointment.start, since=now, last_seen=now,
        media=readiness.media, camera=readiness.camera, microphone=readiness.microphone,
    )  # fmt: skip
    unit.add(entry)
    await _move(unit, entry, Act.check_in)
    await appointments.arrive(unit, appointment)
    return entry


async def update_readiness(unit: Unit, entry: WaitingRoomEntry, readiness: ReadinessIn) -> None:
    now = unit.clock.now()
    await unit.swap(
        entry, media=readiness.media, camera=readiness.camera, microphone=readiness.microphone, last_seen=now
    )
    if entry.status == Status.away:
        await _move(unit, entry, Act.return_)
    else:
        _tell(unit, entry)


async def see(unit: Unit, entry_id: str) -> WaitingRoomEntry:
    """A person of the staff has looked at who waits; the first look counts and ends the alerts."""
    entry = await unit.get(WaitingRoomEntry, entry_id)
    if entry.seen_at is None:
        entry.seen_at = unit.clock.now()
        unit.add(entry)
        unit.emit(EntrySeen(appointment_id=entry.appointment_id))
        unit.record("R", "waiting.see", "Appointment", entry.appointment_id)
    return entry


async def call(unit: Unit, entry_id: str, version: int) -> WaitingRoomEntry:
    return await _act(unit, entry_id, version, Act.call)


async def requeue(unit: Unit, entry_id: str, version: int) -> WaitingRoomEntry:
    """Put somebody back: same place, because place is worked out from the booked time."""
    return await _act(unit, entry_id, version, Act.requeue)


async def admit(unit: Unit, entry_id: str, version: int, identifiers: list[str]) -> WaitingRoomEntry:
    """Let one patient in. Two different identifiers must have been compared (WHO patient-safety goal)."""
    if len(set(identifiers)) < 2:
        raise Conflict("Compare two different identifiers before you admit somebody.")
    entry = await _act(unit, entry_id, version, Act.admit)
    unit.record("E", "identity.checked:" + "+".join(sorted(set(identifiers))), "Appointment", entry.appointment_id)
    return entry


async def leave(unit: Unit, appointment_id: str) -> None:
    entry = await live_entry(unit, appointment_id)
    if entry is None:
        raise Conflict("You are not in the waiting room.")
    await _move(unit, entry, Act.leave, closed_at=unit.clock.now())


async def consent(unit: Unit, appointment: Appointment, version: str, locale: str) -> None:
    """Record a consent once per wording and language."""
    query = unit.select(ConsentRecord).where(
        col(ConsentRecord.appointment_id) == appointment.id,
        col(ConsentRecord.text_version) == version,
        col(ConsentRecord.locale) == locale,
    )
    if await unit.first(query) is None:
        consent_id = new_id()
        unit.add(
            ConsentRecord(
                id=consent_id, tenant=unit.tenant, appointment_id=appointment.id, person_id=appointment.person_id,
                text_version=version, locale=locale, at=unit.clock.now(),
            )
        )  # fmt: skip
        unit.emit(AppointmentChanged(appointment_id=appointment.id))  # the board shows it, also before check-in
        unit.record("C", "consent.give", "Consent", consent_id, person_id=appointment.person_id)


async def queue(unit: Unit, provider_id: str) -> list[WaitingRoomEntry]:
    """Everybody in line for a provider, the next one first: by booked time, then by arrival."""
    query = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.provider_id) == provider_id,
        col(WaitingRoomEntry.status).in_([status.value for status in IN_LINE]),
    )
    return await unit.all(
        query.order_by(col(WaitingRoomEntry.booked_start), col(WaitingRoomEntry.since), col(WaitingRoomEntry.id))
    )


async def seen(unit: Unit, appointment_id: str) -> None:
    """The patient's socket is here: remember when, and give the place back to somebody who was away."""
    entry = await live_entry(unit, appointment_id)
    if entry is None:
        return
    await unit.session.execute(
        update(WaitingRoomEntry)
        .where(col(WaitingRoomEntry.id) == entry.id)
        .values(last_seen=unit.clock.now())
        .execution_options(synchronize_session=False)
    )
    if entry.status == Status.away:
        await _move(unit, entry, Act.return_)


async def silent(unit: Unit, before: datetime) -> list[WaitingRoomEntry]:
    """Waiting entries whose patient was last seen before `before`."""
    query = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.status) == Status.waiting.value, col(WaitingRoomEntry.last_seen) < before
    )
    return await unit.all(query.order_by(col(WaitingRoomEntry.id)))  # one order, so that two workers never deadlock


async def reconcile(unit: Unit, grace: timedelta) -> int:
    """Mark the silent as away. They keep their place; the board only shows it."""
    lost = await silent(unit, unit.clock.now() - grace)
    for entry in lost:
        await _move(unit, entry, Act.lose)
    return len(lost)


async def expire(unit: Unit, before: datetime) -> int:
    """End the wait of those whose booked time lies before `before`: nobody of yesterday stands ahead of today."""
    query = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.status).in_([status.value for status in LIVE]), col(WaitingRoomEntry.booked_start) < before
    )
    over = await unit.all(query)
    for entry in over:
        await _move(unit, entry, Act.expire, closed_at=unit.clock.now())
    return len(over)


async def when_moved(unit: Unit, event: AppointmentMoved) -> None:
    """Handed over: the place in line goes along. Another time: the wait is over, the same link opens the new one."""
    entry = await live_entry(unit, event.appointment_id)
    if entry is None:
        return
    appointment = await unit.get(Appointment, event.appointment_id)
    if appointment.start != event.was_start:
        await _move(unit, entry, Act.expire, closed_at=unit.clock.now())
        return
    await _move(unit, entry, Act.transfer, provider_id=appointment.provider_id)
    unit.emit(  # the others in the line that was left move up
        EntryChanged(appointment_id=entry.appointment_id, provider_id=event.was_provider_id, entry_status=entry.status)
    )


async def when_cancelled(unit: Unit, event: AppointmentCancelled) -> None:
    """Nobody waits for a visit that was called off."""
    entry = await live_entry(unit, event.appointment_id)
    if entry is not None:
        await _move(unit, entry, Act.expire, closed_at=unit.clock.now())


async def _act(unit: Unit, entry_id: str, version: int, act: Act) -> WaitingRoomEntry:
    entry = await unit.get(WaitingRoomEntry, entry_id)
    if entry.provider_id != unit.principal.account_id:
        raise Conflict("This patient waits for another provider. Ask the desk to hand the visit over first.")
    expect(entry, version)
    await _move(unit, entry, act)
    return entry


async def _move(unit: Unit, entry: WaitingRoomEntry, act: Act, **values: object) -> None:
    await unit.move(entry, machine, act, **values)
    _tell(unit, entry)
    unit.record("U", f"waiting.{act.value}", "Appointment", entry.appointment_id)


def _tell(unit: Unit, entry: WaitingRoomEntry) -> None:
    unit.emit(
        EntryChanged(appointment_id=entry.appointment_id, provider_id=entry.provider_id, entry_status=entry.status)
    )
