"""Who comes without an appointment, and who is helped in by the desk."""

from __future__ import annotations

from server.appointments import pools
from server.appointments import service as appointments
from server.appointments.schemas import BookIn
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Fault, Gone, Invalid
from server.settings import Settings
from server.store.unit import Unit
from server.vault.port import KeyPort
from server.waiting import consent, service
from server.waiting.schemas import ForThemIn, ReadinessIn, WalkInIn
from server.waiting.stage import Stage, stage_of
from server.waiting.tables import WaitingRoomEntry


async def walk_in(unit: Unit, keys: KeyPort, body: WalkInIn) -> Appointment:
    """A visit that begins now, beside what the provider has: it takes nobody's time, so it waits behind who is booked.

    Raises NotFound, Invalid.
    """
    provider_id = body.provider_id
    if body.pool_id is not None:
        pool = await pools.open_pool(unit, body.pool_id)
        members = (await pools.members_of(unit, [pool.id]))[pool.id]
        provider_id = provider_id if provider_id in members else members[0]
    if provider_id is None:
        raise Invalid("Name a provider or a pool.", errors=[Fault("/provider_id", "one of the two is needed")])
    wish = BookIn(
        person_id=body.person_id, provider_id=provider_id, visit_type_id=body.visit_type_id, start=unit.clock.now(),
        reason=body.reason,
    )  # fmt: skip
    return await appointments.walk_in(unit, keys, wish, body.pool_id)


async def check_in_for(unit: Unit, settings: Settings, appointment_id: str, body: ForThemIn) -> WaitingRoomEntry:
    """The desk puts a patient in line who cannot get in by themselves; the visit is then held by telephone.

    The consent is recorded as read out: the audit trail names the member of staff who read it.
    """
    version = body.consent.version if body.consent else consent.VERSION
    if version != consent.VERSION:
        raise Conflict("The consent text was renewed. Please read the new one out.", version=consent.VERSION)
    appointment = await unit.get(Appointment, appointment_id)
    stage = await stage_of(unit, settings, appointment)
    if stage in {Stage.ended, Stage.closed}:
        raise Gone("This visit is over.")
    if stage in {Stage.early, Stage.in_visit}:
        raise Conflict("The waiting room is not open for this visit now.")
    await service.consent(unit, appointment, version, body.locale)
    readiness = ReadinessIn(media=body.media, camera="unchecked", microphone="unchecked")
    entry = await service.check_in(unit, appointment, readiness)
    unit.record("E", "waiting.check-in-for", "Appointment", appointment.id, person_id=appointment.person_id)
    return entry
