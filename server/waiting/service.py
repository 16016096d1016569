"""The queue as its patients and the clock move it: check in, fall silent, come back, leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from server.appointments import service as appointments
from server.appointments.tables import Appointment
from server.core.errors import Conflict
from server.core.ids import new_id
from server.events import AppointmentCancelled, AppointmentChanged, AppointmentMoved, EntryChanged
from server.store.unit import Unit
from server.tasks import service as tasks
from server.waiting import calibration, line
from server.waiting.consent import hash_of, text
from server.waiting.line import Why
from server.waiting.machine import IN_LINE, Act, Status, machine
from server.waiting.schemas import ReadinessIn
from server.waiting.stage import latest_entry
from server.waiting.tables import ConsentRecord, WaitingRoomEntry

LIVE = (Status.checking_in, *IN_LINE)
_NOTE = ("waiting_entry", "triage_note")


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
    before = await latest_entry(unit, appointment.id)
    entry = await stay(unit, appointment, before, readiness or ReadinessIn(media="video"), unit.clock.now())
    await move(unit, entry, Act.check_in, why=Why.booked_before)
    await appointments.arrive(unit, appointment)
    return entry


async def stay(
    unit: Unit, appointment: Appointment, before: WaitingRoomEntry | None, readiness: ReadinessIn, since: datetime
) -> WaitingRoomEntry:
    """A new stay, not in line yet. How urgent somebody is was said of the person: it outlives a stay that ended."""
    entry_id = new_id()
    note = None
    if before is not None and before.triage_note is not None:
        handle = await unit.dek(appointment.person_id)
        note = handle.seal(*_NOTE, entry_id, handle.open(*_NOTE, before.id, before.triage_note))
    entry = WaitingRoomEntry(
        id=entry_id, tenant=unit.tenant, appointment_id=appointment.id, turn=before.turn + 1 if before else 1,
        provider_id=appointment.provider_id, pool_id=appointment.pool_id,
        lane=appointment.pool_id or appointment.provider_id, status=machine.initial.value,
        booked_start=appointment.start, since=since, last_seen=unit.clock.now(), media=readiness.media,
        camera=readiness.camera, microphone=readiness.microphone, triage_note=note,
    )  # fmt: skip
    if before is not None:
        entry.acuity, entry.triaged_at = before.acuity, before.triaged_at
    unit.add(entry)
    return entry


async def update_readiness(unit: Unit, entry: WaitingRoomEntry, readiness: ReadinessIn) -> None:
    """Camera and sound as they are now. Whoever tells them is here: away and elsewhere end."""
    now = unit.clock.now()
    await unit.swap(
        entry, media=readiness.media, camera=readiness.camera, microphone=readiness.microphone, last_seen=now,
        travel_minutes=None,
    )  # fmt: skip
    if entry.status == Status.away:
        await move(unit, entry, Act.return_)
    else:
        tell(unit, entry)


async def leave(unit: Unit, appointment_id: str, left_as: str | None = None) -> WaitingRoomEntry:
    """Out of the line. `left_as`: what the clinic shall do instead (rebook, phone)."""
    entry = await live_entry(unit, appointment_id)
    if entry is None:
        raise Conflict("You are not in the waiting room.")
    await move(unit, entry, Act.leave, closed_at=unit.clock.now(), left_as=left_as)
    return entry


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
                text_version=version, text_hash=hash_of(text(locale)), locale=locale, at=unit.clock.now(),
            )
        )  # fmt: skip
        unit.emit(AppointmentChanged(appointment_id=appointment.id))  # the board shows it, also before check-in
        unit.record("C", "consent.give", "Consent", consent_id, person_id=appointment.person_id)


async def seen(unit: Unit, appointment_id: str) -> None:
    """The patient's socket is here: remember when, and give the place back to somebody who was away."""
    entry = await live_entry(unit, appointment_id) or await latest_entry(unit, appointment_id)
    if entry is None or (entry.status not in IN_LINE and entry.status != Status.admitted):
        return
    if entry.status == Status.away:
        await move(unit, entry, Act.return_, last_seen=unit.clock.now(), travel_minutes=None)
        return
    await unit.session.execute(
        update(WaitingRoomEntry)
        .where(col(WaitingRoomEntry.id) == entry.id)
        .values(last_seen=unit.clock.now())
        .execution_options(synchronize_session=False)
    )


async def silent(unit: Unit, before: datetime) -> list[WaitingRoomEntry]:
    """Waiting entries whose patient was last seen before `before`."""
    query = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.status) == Status.waiting.value, col(WaitingRoomEntry.last_seen) < before
    )
    # One order, by the line that is held first, so that two workers never wait for each other.
    return await unit.all(query.order_by(col(WaitingRoomEntry.lane), col(WaitingRoomEntry.id)))


async def reconcile(unit: Unit, grace: timedelta) -> int:
    """Mark the silent as away. They keep their place; the board only shows it."""
    lost = await silent(unit, unit.clock.now() - grace)
    for entry in lost:
        await move(unit, entry, Act.lose)
    return len(lost)


async def expire(unit: Unit, before: datetime, silent_before: datetime) -> int:
    """End the wait of those whose booked time lies before `before`: nobody of yesterday stands ahead of today. And of
    those who are away since `silent_before`, unless they said that they wait elsewhere: the grace has an end."""
    live = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.status).in_([status.value for status in LIVE]), col(WaitingRoomEntry.booked_start) < before
    )
    gone = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.status) == Status.away.value,
        col(WaitingRoomEntry.last_seen) < silent_before,
        col(WaitingRoomEntry.travel_minutes).is_(None),
    )
    over = {entry.id: entry for query in (live, gone) for entry in await unit.all(query)}
    for entry in sorted(over.values(), key=lambda one: (one.lane, one.id)):
        await move(unit, entry, Act.expire, closed_at=unit.clock.now())
    return len(over)


async def when_moved(unit: Unit, event: AppointmentMoved) -> None:
    """Handed over: the place in line goes along. Another time: the wait is over, the same link opens the new one."""
    entry = await live_entry(unit, event.appointment_id)
    if entry is None:
        return
    appointment = await unit.get(Appointment, event.appointment_id)
    if appointment.start != event.was_start:
        await move(unit, entry, Act.expire, closed_at=unit.clock.now())
        return
    provider_id = appointment.provider_id
    await move(
        unit, entry, Act.transfer, why=Why.handed_over, provider_id=provider_id, lane=entry.pool_id or provider_id
    )


async def when_cancelled(unit: Unit, event: AppointmentCancelled) -> None:
    """Nobody waits for a visit that was called off."""
    entry = await live_entry(unit, event.appointment_id)
    if entry is not None:
        await move(unit, entry, Act.expire, closed_at=unit.clock.now())


def unseen_key(entry_id: str) -> str:
    """The key of the task that calls when nobody looked at an arrival."""
    return f"unseen:{entry_id}"


async def move(unit: Unit, entry: WaitingRoomEntry, act: Act, *, why: Why | None = None, **values: object) -> None:
    """The one way an entry moves: its line is held, who else gets another place is told, and why."""
    lanes = sorted({entry.lane, str(values.get("lane", entry.lane))})
    shift = await line.shifting(unit, lanes)
    await unit.move(entry, machine, act, **values)
    moved = await shift.settle(why, own=entry)
    if act is Act.admit:
        await calibration.settle(unit, entry.id)
    elif entry.status in machine.terminal:
        await calibration.forget(unit, entry.id)
    if act in {Act.call, Act.transfer} or entry.status in machine.terminal:
        await tasks.drop(unit, unseen_key(entry.id))
    tell(unit, entry, moved, act, lanes)
    unit.record("U", f"waiting.{act.value}", "Appointment", entry.appointment_id)


def tell(
    unit: Unit, entry: WaitingRoomEntry, moved: Sequence[str] = (), act: Act | None = None, lanes: Sequence[str] = ()
) -> None:
    """`moved`: the appointments of those in these lines whose place is another one now."""
    others = tuple(one for one in moved if one != entry.appointment_id)
    unit.emit(
        EntryChanged(
            appointment_id=entry.appointment_id, entry_status=entry.status, act=act.value if act else "",
            moved=others, lanes=tuple(lanes) or (entry.lane,),
        )
    )  # fmt: skip
