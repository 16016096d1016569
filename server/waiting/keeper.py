"""What the waiting room does by itself, every few seconds, in whatever worker looks: nobody is forgotten.

Each chore is a transaction of its own: one that meets somebody's act at that very moment is left to the next look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import SystemRandom

from sqlalchemy import select
from sqlmodel import col

from server.appointments.service import LATE
from server.appointments.tables import Appointment
from server.core.errors import StaleVersion
from server.core.principal import system
from server.events import PatientSummoned
from server.settings import Settings
from server.store.unit import Desk, Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind, Priority
from server.waiting import calibration, drift, service
from server.waiting.machine import IN_LINE, Status
from server.waiting.outlook import look_ahead
from server.waiting.tables import StaffPresence, WaitingRoomEntry

_DICE = SystemRandom()
_PRESENCE_GAP = timedelta(seconds=90)


async def look(desk: Desk, settings: Settings, tenant: str) -> None:
    """One look at the waiting room of a practice."""
    away, keep = timedelta(seconds=settings.away_seconds), timedelta(minutes=settings.keep_minutes)
    unseen = timedelta(minutes=settings.unseen_minutes)

    async def silent(unit: Unit) -> None:
        await service.reconcile(unit, away)

    async def over(unit: Unit) -> None:
        await service.expire(unit, unit.clock.now() - LATE, unit.clock.now() - keep)
        await calibration.forget(unit)

    async def ahead(unit: Unit) -> None:
        await look_ahead(unit, _DICE)

    async def lateness(unit: Unit) -> None:
        await drift.watch(unit, _DICE)

    async def arrivals(unit: Unit) -> None:
        await alert_unseen(unit, unseen)

    async def crowded(unit: Unit) -> None:
        await alert_crowded(unit, settings.line_alert_count, timedelta(minutes=settings.line_alert_minutes))

    chores: tuple[Callable[[Unit], Awaitable[object]], ...] = (silent, over, ahead, lateness, summon, arrivals, crowded)
    for chore in chores:
        try:
            async with desk.unit(system(tenant)) as unit:
                await chore(unit)
        except StaleVersion:
            continue  # somebody moved in that very moment; the next look sees where they stand


async def summon(unit: Unit) -> int:
    """Whoever waits elsewhere starts out when one in ten like them would be called on arrival; once for each wait."""
    entry, now = WaitingRoomEntry, unit.clock.now()
    query = unit.select(entry).where(
        col(entry.travel_minutes).is_not(None),
        col(entry.summoned_at).is_(None),
        col(entry.status).in_([Status.waiting.value, Status.away.value, Status.called.value]),
    )
    count = 0
    for one in await unit.all(query.order_by(col(entry.id))):
        due = one.p10 is not None and one.p10 <= now + timedelta(minutes=one.travel_minutes or 0)
        if not due and one.status != Status.called:
            continue
        await unit.swap(one, summoned_at=now)
        unit.emit(PatientSummoned(appointment_id=one.appointment_id, entry_id=one.id))
        unit.record("E", "waiting.summon", "Appointment", one.appointment_id)
        count += 1
    return count


async def alert_unseen(unit: Unit, after: timedelta) -> int:
    """Somebody waits, nobody of the staff has looked, and who serves them is not in a visit: then it calls louder."""
    entry, now = WaitingRoomEntry, unit.clock.now()
    query = unit.select(entry).where(
        col(entry.status).in_([Status.waiting.value, Status.away.value]),  # a locked phone waits too
        col(entry.travel_minutes).is_(None),
        col(entry.seen_at).is_(None),
        col(entry.since) < now - after,
    )
    waiting = await unit.all(query.order_by(col(entry.id)))
    if not waiting:
        return 0
    held = unit.select(entry).where(col(entry.status) == Status.admitted.value, col(entry.finished_at).is_(None),
                                    col(entry.closed_at) > now - LATE)  # fmt: skip
    in_visit = {one.provider_id for one in await unit.all(held)}
    count = 0
    for one in waiting:
        if one.pool_id is None and one.provider_id in in_visit and one.acuity >= 3:
            continue  # the board shows it when they come out; only the urgent interrupt a visit
        appointment = await unit.get(Appointment, one.appointment_id)
        await tasks.ask(
            unit, Kind.unseen_arrival, Priority.stat, person_id=appointment.person_id, appointment_id=appointment.id,
            key=service.unseen_key(one.id),
        )  # fmt: skip
        count += 1
    return count


async def alert_crowded(unit: Unit, most: int, longest: timedelta) -> int:
    """More people in a line, or a longer wait, than the practice allows: a task, at most one an hour and line."""
    entry, now = WaitingRoomEntry, unit.clock.now()
    lines: dict[str, list[WaitingRoomEntry]] = defaultdict(list)
    query = unit.select(entry).where(col(entry.status).in_([status.value for status in IN_LINE]))
    for one in await unit.all(query.order_by(col(entry.lane), col(entry.since))):
        lines[one.lane].append(one)
    count = 0
    for lane, waiting in lines.items():
        too_many, too_long = 0 < most < len(waiting), timedelta() < longest < now - waiting[0].since
        if too_many or too_long:
            minutes = int((now - waiting[0].since).total_seconds() // 60)
            await tasks.ask(
                unit, Kind.long_wait, Priority.urgent, person_id=None, key=f"long-wait:{lane}:{now:%Y%m%d%H}",
                note=f"{len(waiting)} in line, the longest wait is {minutes} min",
            )  # fmt: skip
            count += 1
    return count


async def staff_seen(unit: Unit, account_id: str) -> None:
    """A member of staff has a page open: the stretch of presence grows, or a new one begins."""
    now = unit.clock.now()
    query = select(StaffPresence).where(
        col(StaffPresence.account_id) == account_id, col(StaffPresence.last_seen) > now - _PRESENCE_GAP
    )
    known = (await unit.session.execute(query.order_by(col(StaffPresence.since).desc()).limit(1))).scalars().first()
    if known is None:
        unit.add(StaffPresence(account_id=account_id, since=now, tenant=unit.tenant, last_seen=now))
        return
    known.last_seen = now
    unit.add(known)
