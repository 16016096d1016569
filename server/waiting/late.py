"""Running late, said once for a whole line: everybody whom it concerns is told by how much, and may choose otherwise.

A provider says "20 minutes". Each visit that begins late because of it gets its own minutes (a gap in the day swallows
some), on the page of whoever has it open and by a message to everybody else. Saying less later takes it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush

from sqlmodel import col

from server.access.tables import Account
from server.appointments import pools
from server.appointments.machine import Status as Appt
from server.appointments.pool_tables import Pool
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.core.principal import Role
from server.events import LatenessChanged, LateTold
from server.store import outbox
from server.store.unit import Unit
from server.waiting.machine import IN_LINE, Status
from server.waiting.stage import latest_entry
from server.waiting.tables import Lateness, LateNotice, WaitingRoomEntry

AHEAD = timedelta(hours=4)  # a day that is late now may be in time again by then
BEHIND = timedelta(hours=3)
NOTICED = 5  # minutes below which nobody is told, and to which every number is rounded up
PRESENT = timedelta(seconds=75)  # a socket is noted every half minute: two notes missed, and the page is gone


@dataclass(frozen=True, slots=True)
class Concerned:
    """A visit that begins late, by how much, and whether its person has the page open."""

    appointment: Appointment
    minutes: int
    here: bool


async def say(unit: Unit, lane: str, minutes: int) -> Lateness:
    """Say it, or take it back (0). Who was told before and is not late any more is told that too.

    Raises NotFound, Conflict.
    """
    await _serves(unit, lane)
    await outbox.reserve(unit.session, f"lane:{lane}", 0)
    known = {one.appointment_id: one for one in await _notices(unit, lane)}
    late = {one.appointment.id: one for one in await concerned(unit, lane, minutes)}
    for one in late.values():
        await _tell(unit, known.get(one.appointment.id), lane, one)
    for appointment_id in sorted(known.keys() - late.keys()):
        appointment = await unit.get(Appointment, appointment_id)
        if holds(known[appointment_id], appointment) and appointment.status in _AHEAD:
            here = is_here(await latest_entry(unit, appointment_id), unit.clock.now())
            await unit.session.delete(known[appointment_id])
            unit.emit(LateTold(appointment_id=appointment_id, minutes=0, here=here))
    state = await of_lane(unit, lane)
    state.minutes, state.said_at, state.told = minutes, unit.clock.now(), len(late)
    state.proposed = state.declined = None
    _changed(unit, state)
    unit.record("E", f"late.say.{minutes}", "Schedule", lane)
    return state


async def decline(unit: Unit, lane: str) -> Lateness:
    """No to what was proposed. It is proposed again only when it got worse."""
    await _serves(unit, lane)
    await outbox.reserve(unit.session, f"lane:{lane}", 0)
    state = await of_lane(unit, lane)
    if state.proposed is not None:
        state.declined, state.proposed = state.proposed, None
        _changed(unit, state)
        unit.record("E", "late.decline", "Schedule", lane)
    return state


async def propose(unit: Unit, lane: str, minutes: int | None) -> None:
    """The facts say that a line runs so late, or in time again; None: nothing to say."""
    await outbox.reserve(unit.session, f"lane:{lane}", 0)
    state = await of_lane(unit, lane)
    if state.proposed != minutes:
        state.proposed = minutes
        _changed(unit, state)


async def of_lane(unit: Unit, lane: str) -> Lateness:
    found = await unit.first(unit.select(Lateness).where(col(Lateness.lane) == lane))
    return found or Lateness(id=new_id(), tenant=unit.tenant, lane=lane)


async def concerned(unit: Unit, lane: str, minutes: int) -> list[Concerned]:
    """Whom it concerns when a line runs so late: those who wait in it, and those who come in the next hours."""
    if minutes < NOTICED:
        return []
    now = unit.clock.now()
    visits = await _ahead(unit, lane)
    pool = await unit.find(Pool, [lane])
    servers = len((await pools.members_of(unit, [lane]))[lane]) if pool else 1
    entries = await _entries(unit, [one.id for one in visits])
    spans = [(one.start, one.end, one.group_id or one.id) for one in visits]
    found = []
    for visit, late in zip(visits, delays(spans, minutes, now, servers), strict=True):
        if late >= NOTICED:
            found.append(Concerned(visit, late, is_here(entries.get(visit.id), now)))
    return found


def delays(
    visits: Sequence[tuple[datetime, datetime, str]], minutes: int, now: datetime, servers: int = 1
) -> list[int]:
    """By how many minutes each of `visits` (start, end, what is held together), in order of time, begins late when the
    first one does by `minutes`. Nothing begins before now or before its time."""
    if not visits:
        return []
    free = [max(visits[0][0] + timedelta(minutes=minutes), now)] * max(servers, 1)
    begun: dict[str, datetime] = {}
    found = []
    for start, end, held in visits:
        if held not in begun:
            begun[held] = max(start, heappop(free))
            heappush(free, begun[held] + (end - start))
        late = (begun[held] - start).total_seconds() / 60
        found.append(-int(-late // NOTICED) * NOTICED)
    return found


def holds(notice: LateNotice, appointment: Appointment) -> bool:
    """Whether it speaks of the visit as it is now: the same time, in the same line."""
    return notice.start == appointment.start and notice.lane == (appointment.pool_id or appointment.provider_id)


def is_here(entry: WaitingRoomEntry | None, now: datetime) -> bool:
    """Whether somebody looks at the page: then it tells them, and no message is needed."""
    if entry is None or Status(entry.status) not in IN_LINE or entry.travel_minutes is not None:
        return False
    return entry.last_seen > now - PRESENT


async def notice_of(unit: Unit, appointment_id: str) -> LateNotice | None:
    return await unit.first(unit.select(LateNotice).where(col(LateNotice.appointment_id) == appointment_id))


_AHEAD = (Appt.booked.value, Appt.arrived.value)


async def _ahead(unit: Unit, lane: str) -> list[Appointment]:
    """The visits of a line that are still to begin, by time: booked, or waiting."""
    now = unit.clock.now()
    mine = (col(Appointment.pool_id) == lane) | (
        col(Appointment.pool_id).is_(None) & (col(Appointment.provider_id) == lane)
    )
    query = unit.select(Appointment).where(
        mine, col(Appointment.start).between(now - BEHIND, now + AHEAD), col(Appointment.status).in_(_AHEAD)
    )
    found = await unit.all(query.order_by(col(Appointment.start), col(Appointment.id)))
    entries = await _entries(unit, [one.id for one in found])
    waits = {key for key, entry in entries.items() if Status(entry.status) in IN_LINE}
    # Who is booked and did not come in time is for somebody else to think about.
    return [one for one in found if one.id in waits or (one.status == Appt.booked and one.start > now - _MISSED)]


_MISSED = timedelta(minutes=30)


async def _entries(unit: Unit, appointment_ids: Sequence[str]) -> dict[str, WaitingRoomEntry]:
    """The newest stay of each."""
    query = unit.select(WaitingRoomEntry).where(col(WaitingRoomEntry.appointment_id).in_(appointment_ids))
    return {one.appointment_id: one for one in await unit.all(query.order_by(col(WaitingRoomEntry.turn)))}


async def _notices(unit: Unit, lane: str) -> list[LateNotice]:
    query = unit.select(LateNotice).where(
        col(LateNotice.lane) == lane, col(LateNotice.start) > unit.clock.now() - BEHIND
    )
    return await unit.all(query)


async def _tell(unit: Unit, known: LateNotice | None, lane: str, one: Concerned) -> None:
    visit, now = one.appointment, unit.clock.now()
    known = known or await notice_of(unit, visit.id)
    if known is not None and known.minutes == one.minutes and holds(known, visit):
        return
    notice = known or LateNotice(
        id=new_id(), tenant=unit.tenant, appointment_id=visit.id, lane=lane, start=visit.start, minutes=0, at=now
    )
    notice.lane, notice.start, notice.minutes, notice.at, notice.wish = lane, visit.start, one.minutes, now, None
    unit.add(notice)
    unit.emit(LateTold(appointment_id=visit.id, minutes=one.minutes, here=one.here))
    unit.record("C", "late.tell", "Appointment", visit.id, person_id=visit.person_id)


async def _serves(unit: Unit, lane: str) -> None:
    """A provider speaks for their own lines, the desk for any."""
    principal = unit.principal
    if not await unit.find(Account, [lane]) and not await unit.find(Pool, [lane]):
        raise NotFound("There is no such line here.")
    if principal.role is not Role.provider or lane == principal.account_id:
        return
    if principal.account_id not in (await pools.members_of(unit, [lane]))[lane]:
        raise Conflict("This is another provider's line. They, or the desk, can say that it runs late.")


def _changed(unit: Unit, state: Lateness) -> None:
    unit.add(state)
    unit.emit(LatenessChanged(lane=state.lane))
