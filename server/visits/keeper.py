"""A visit that nobody ended: both pages are gone for good, so it is over since they were last together.

Either side may vanish and come back; only when both have been silent for a quarter of an hour is the visit completed,
with the end and the length that it really had, and an outcome proposed from them as for any other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from server.appointments.tables import Appointment
from server.core.errors import StaleVersion
from server.core.principal import system
from server.store.unit import Desk, Unit
from server.visits import ringing, service
from server.visits.machine import Status
from server.visits.tables import Visit
from server.waiting.stage import latest_entry
from server.waiting.tables import StaffPresence

SILENT = timedelta(minutes=15)
BY_PHONE = timedelta(hours=2)  # a telephone needs no page: whoever rang from elsewhere may still be talking


async def look(desk: Desk, tenant: str) -> None:
    """One look at the visits of a practice that still run."""
    async with desk.unit(system(tenant), write=False) as unit:
        query = unit.select(Visit).where(
            col(Visit.status) == Status.in_progress.value, col(Visit.started_at) < unit.clock.now() - SILENT
        )
        running = [visit.id for visit in await unit.all(query.order_by(col(Visit.id)))]
    for visit_id in running:
        try:
            async with desk.unit(system(tenant)) as unit:
                await close_if_left(unit, visit_id)
        except StaleVersion:
            continue  # somebody ended it in that very moment


async def close_if_left(unit: Unit, visit_id: str) -> bool:
    """Complete the visit if both sides have left it; whether it was."""
    visit = await unit.get(Visit, visit_id)
    ended_at = await left_at(unit, visit)
    if visit.status != Status.in_progress or ended_at is None:
        return False
    await service.complete(unit, visit, ended_at)
    return True


async def left_at(unit: Unit, visit: Visit) -> datetime | None:
    """When the two were last together; None while one of them may still be there."""
    appointment = await unit.get(Appointment, visit.appointment_id)
    entry = await latest_entry(unit, visit.appointment_id)
    newest = select(func.max(col(StaffPresence.last_seen))).where(
        col(StaffPresence.account_id).in_([appointment.provider_id, *await service.beside(unit, appointment.id)])
    )
    begun = visit.started_at
    if begun is None or entry is None:
        return None
    provider = max((await unit.session.execute(newest)).scalar_one() or begun, begun)
    patient = max(entry.last_seen, begun)
    by_phone = entry.media == "phone" or await ringing.talks(unit, visit.id)
    if max(provider, begun if by_phone else patient) > unit.clock.now() - (BY_PHONE if by_phone else SILENT):
        return None
    return provider if by_phone else min(provider, patient)
