"""The queue as the staff move it: call, put back, admit, hand over, triage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from server.appointments import claims, pools
from server.appointments import service as appointments
from server.appointments.tables import Appointment
from server.appointments.wish import provider_of
from server.core.errors import Conflict, Fault, Invalid
from server.core.principal import Role
from server.events import EntrySeen
from server.store.unit import Unit, expect
from server.tasks import service as tasks
from server.waiting import line, service
from server.waiting.line import Why
from server.waiting.machine import IN_LINE, Act, Status
from server.waiting.schemas import ReadinessIn, TransferIn, TriageIn
from server.waiting.stage import latest_entry
from server.waiting.tables import WaitingRoomEntry


async def see(unit: Unit, entry_id: str) -> WaitingRoomEntry:
    """A person of the staff has looked at who waits; the first look counts and ends the alerts."""
    entry = await unit.get(WaitingRoomEntry, entry_id)
    if entry.seen_at is None:
        entry.seen_at = unit.clock.now()
        unit.add(entry)
        unit.emit(EntrySeen(appointment_id=entry.appointment_id))
        await tasks.drop(unit, service.unseen_key(entry.id))
        unit.record("R", "waiting.see", "Appointment", entry.appointment_id)
    return entry


async def call(unit: Unit, entry_id: str, version: int) -> WaitingRoomEntry:
    """Call somebody. Who serves the pool has them from now on, until they are put back."""
    entry = await _mine(unit, entry_id, version)
    await service.move(unit, entry, Act.call, provider_id=unit.principal.account_id)
    return entry


async def requeue(unit: Unit, entry_id: str, version: int) -> WaitingRoomEntry:
    """Put somebody back: same place, because place is worked out from the booked time."""
    entry = await _mine(unit, entry_id, version)
    await service.move(unit, entry, Act.requeue)
    return entry


async def admit(unit: Unit, entry_id: str, version: int, identifiers: Sequence[str]) -> WaitingRoomEntry:
    """Let one patient in. Two different identifiers must have been compared (WHO patient-safety goal)."""
    if len(set(identifiers)) < 2:
        raise Conflict("Compare two different identifiers before you admit somebody.")
    entry = await _mine(unit, entry_id, version)
    me, now = unit.principal.account_id, unit.clock.now()
    await service.move(unit, entry, Act.admit, provider_id=me, closed_at=now)
    appointment = await unit.get(Appointment, entry.appointment_id)
    if appointment.provider_id != me and me not in await _beside(unit, appointment.id):
        await appointments.hand_to(unit, appointment, me, entry.pool_id)
    unit.record("E", "identity.checked:" + "+".join(sorted(set(identifiers))), "Appointment", entry.appointment_id)
    return entry


async def transfer(unit: Unit, entry_id: str, body: TransferIn) -> WaitingRoomEntry:
    """To another provider or pool: place, consent and what is known go along; `note` is for who takes over."""
    entry = await unit.get(WaitingRoomEntry, entry_id)
    if unit.principal.role is Role.provider:
        await _serves(unit, entry, leads=True)
    expect(entry, body.version)
    appointment = await unit.get(Appointment, entry.appointment_id)
    provider_id, pool_id = await target(unit, body.provider_id, body.pool_id, appointment)
    lane = pool_id or provider_id
    if lane == entry.lane:
        raise Invalid("The patient waits there already.", errors=[Fault("", "is where the patient waits")])
    note = (await unit.dek(appointment.person_id)).seal("waiting_entry", "handover", entry.id, body.note)
    await service.move(
        unit, entry, Act.transfer, why=Why.handed_over, provider_id=provider_id, pool_id=pool_id, lane=lane,
        handover=note, handed_by=unit.principal.account_id, seen_at=None,
    )  # fmt: skip
    await appointments.hand_to(unit, appointment, provider_id, pool_id)
    return entry


async def follow(unit: Unit, appointment: Appointment) -> None:
    """Whoever still waits for a visit waits in the line of the one who leads it now, at the same place."""
    entry = await service.live_entry(unit, appointment.id)
    if entry is None or entry.pool_id is not None or Status(entry.status) not in IN_LINE:
        return
    lead = appointment.provider_id
    await service.move(unit, entry, Act.transfer, why=Why.handed_over, provider_id=lead, lane=lead)


async def target(
    unit: Unit, provider_id: str | None, pool_id: str | None, appointment: Appointment
) -> tuple[str, str | None]:
    """(provider, pool) somebody is sent to. Raises NotFound, Invalid."""
    if (provider_id is None) == (pool_id is None):
        raise Invalid("Name a provider or a pool.", errors=[Fault("/provider_id", "exactly one of the two")])
    if pool_id is not None:
        return appointment.provider_id, (await pools.open_pool(unit, pool_id)).id
    assert provider_id is not None
    return (await provider_of(unit, provider_id)).id, None


async def triage(unit: Unit, entry_id: str, body: TriageIn) -> WaitingRoomEntry:
    """Say how urgent somebody is, with the reason. Who falls back is told that somebody more urgent goes first."""
    entry = await unit.get(WaitingRoomEntry, entry_id)
    expect(entry, body.version)
    if Status(entry.status) not in IN_LINE:
        raise Conflict("This person does not wait any more.")
    appointment = await unit.get(Appointment, entry.appointment_id)
    note = (await unit.dek(appointment.person_id)).seal("waiting_entry", "triage_note", entry.id, body.reason)
    shift = await line.shifting(unit, [entry.lane])
    await unit.swap(entry, acuity=body.acuity, triaged_at=unit.clock.now(), triage_note=note)
    service.tell(unit, entry, await shift.settle(Why.more_urgent, own=entry))
    unit.record("U", f"waiting.triage.{body.acuity}", "Appointment", appointment.id, person_id=appointment.person_id)
    return entry


async def put_back(
    unit: Unit, appointment: Appointment, provider_id: str, pool_id: str | None, note: str | None
) -> WaitingRoomEntry:
    """From the visit back into the line, this one or another: with the place, the arrival and the consent as before."""
    before = await latest_entry(unit, appointment.id)
    if before is None or before.status != Status.admitted:
        raise Conflict("This patient is not in the visit.")
    before.finished_at = unit.clock.now()
    unit.add(before)
    known = ReadinessIn.model_validate(before, from_attributes=True)
    if (provider_id, pool_id) != (appointment.provider_id, appointment.pool_id):
        await appointments.hand_to(unit, appointment, provider_id, pool_id)
    entry = await service.stay(unit, appointment, before, known, before.since)
    handle = await unit.dek(appointment.person_id)
    entry.handover = handle.seal("waiting_entry", "handover", entry.id, note)
    entry.handed_by = unit.principal.account_id
    await service.move(unit, entry, Act.check_in, why=Why.put_back)
    return entry


async def finished(unit: Unit, appointment_id: str, at: datetime) -> None:
    """The visit that followed ended: what it took is known from now on. Whoever was put back leaves the line with it:
    nobody waits for a visit that is over, and nobody is admitted to one."""
    entry = await latest_entry(unit, appointment_id)
    if entry is None:
        return
    if entry.status == Status.admitted:
        entry.finished_at = at
        unit.add(entry)
    elif Status(entry.status) in IN_LINE:
        await service.move(unit, entry, Act.expire, closed_at=unit.clock.now())


async def _mine(unit: Unit, entry_id: str, version: int) -> WaitingRoomEntry:
    entry = await unit.get(WaitingRoomEntry, entry_id)
    await _serves(unit, entry)
    expect(entry, version)
    return entry


async def _beside(unit: Unit, appointment_id: str) -> list[str]:
    return (await claims.co_providers(unit, [appointment_id])).get(appointment_id, [])


async def _serves(unit: Unit, entry: WaitingRoomEntry, *, leads: bool = False) -> None:
    """The one it waits for, a co-provider of the visit unless it must be who leads it, or who serves its pool. Whom a
    colleague has called is theirs."""
    me = unit.principal.account_id
    if entry.provider_id == me and entry.pool_id is not None and entry.status == Status.called:
        return
    if entry.pool_id is None:
        appointment = await unit.get(Appointment, entry.appointment_id)
        if me == appointment.provider_id or (not leads and me in await _beside(unit, appointment.id)):
            return
    if entry.pool_id is None:
        raise Conflict("This patient waits for another provider. Ask the desk to hand the visit over first.")
    if me not in (await pools.members_of(unit, [entry.pool_id]))[entry.pool_id]:
        raise Conflict("This patient waits for a pool you do not serve. Ask the desk to hand the visit over first.")
    if entry.status == Status.called:
        raise Conflict("A colleague has just called this patient.", provider_id=entry.provider_id)
