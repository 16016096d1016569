"""Does a line run late? Found from facts every few seconds, proposed to who serves it, never said by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlmodel import col

from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.store.unit import Unit
from server.waiting import late
from server.waiting.forecast import Serving, Standing, outlooks
from server.waiting.line import queue
from server.waiting.machine import IN_LINE
from server.waiting.outlook import running_visits, visit_lengths
from server.waiting.tables import Lateness, WaitingRoomEntry

WORTH = 10  # minutes beyond what was said from which it is worth a word
IN_TIME = 5
SOON = timedelta(minutes=30)  # who is booked so soon after the visit that runs
_STEP = 5
_STALE = timedelta(hours=12)  # yesterday's word


def proposal(drift: float, said: int, proposed: int | None, declined: int | None) -> int | None:
    """What to propose when a line runs `drift` minutes late and `said` were said; 0: say that it is in time again.

    Small changes leave standing what is proposed already: a number that jumps is not believed.
    """
    if said and drift < IN_TIME:
        return 0
    rounded = int(drift) // _STEP * _STEP
    if proposed and abs(drift - proposed) < WORTH and proposed >= said + WORTH:
        rounded = proposed
    if rounded < said + WORTH or (declined is not None and rounded < declined + WORTH):
        return None
    return rounded


async def watch(unit: Unit, rng: Random) -> int:
    """Look at every line in which something happens; how many have a new proposal."""
    now = unit.clock.now()
    known = {one.lane: one for one in await unit.all(unit.select(Lateness))}
    running = await running_visits(unit, now)
    busy = await _lanes(unit) | set(running) | {lane for lane, one in known.items() if _speaks(one)}
    usual = await visit_lengths(unit) if busy else []
    count = 0
    for lane in sorted(busy):
        state = known.get(lane)
        if state is not None and state.said_at is not None and state.said_at < now - _STALE:
            state.minutes, state.declined = 0, None
            unit.add(state)
        drift = await _drift(unit, lane, running.get(lane), usual, rng)
        said, before = (state.minutes, state.proposed) if state else (0, None)
        if state is not None and drift < IN_TIME and state.declined is not None:
            state.declined = None  # it was in time again: what comes is new
            unit.add(state)
        found = proposal(drift, said, before, state.declined if state else None)
        if found != before:
            await late.propose(unit, lane, found)
            count += 1
    return count


def _speaks(state: Lateness) -> bool:
    return bool(state.minutes) or state.proposed is not None


async def _lanes(unit: Unit) -> set[str]:
    entry = WaitingRoomEntry
    query = unit.select(entry).where(col(entry.status).in_([status.value for status in IN_LINE]))
    return {one.lane for one in await unit.all(query)}


async def _drift(unit: Unit, lane: str, elapsed: float | None, usual: list[float], rng: Random) -> float:
    """Minutes by which the next one begins after they were booked, or came when that was later."""
    now = unit.clock.now()
    waiting = [one for one in await queue(unit, lane) if one.travel_minutes is None]
    if waiting:
        first = waiting[0]
        begins = max(first.p50 or now, now)
        return _minutes(begins - max(first.booked_start, first.since))
    if elapsed is None:
        return 0.0
    coming = await _next_booked(unit, lane, now)
    if coming is None:
        return 0.0
    ends = now + timedelta(minutes=outlooks([Standing()], [Serving(elapsed)], usual, rng)[0].p50)
    return _minutes(ends - coming.start)


async def _next_booked(unit: Unit, lane: str, now: datetime) -> Appointment | None:
    query = unit.select(Appointment).where(
        col(Appointment.provider_id) == lane, col(Appointment.pool_id).is_(None),
        col(Appointment.status) == Appt.booked.value,
        col(Appointment.start).between(now - timedelta(minutes=15), now + SOON),
    )  # fmt: skip
    return await unit.first(query.order_by(col(Appointment.start), col(Appointment.id)))


def _minutes(span: timedelta) -> float:
    return max(span.total_seconds() / 60, 0.0)
