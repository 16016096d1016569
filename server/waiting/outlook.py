"""From the rows of the waiting room to the forecast's numbers and back: who serves a line, who stands in it.

Stored, because a page shows what the server said; said anew only when it changed by more than a person would notice.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from statistics import NormalDist

from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col

from server.appointments import pools
from server.appointments.availability import rules_of
from server.appointments.hours import Span
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment, VisitType
from server.events import PlacesForecast
from server.store.unit import Unit
from server.waiting import calibration
from server.waiting.forecast import Outlook, Serving, Standing, outlooks
from server.waiting.machine import IN_LINE, Status
from server.waiting.tables import StaffPresence, WaitingRoomEntry

SHOWN = 600  # the newest visits whose lengths are drawn from
FEW = 30  # with fewer of them the kinds of visit say what is usual
AT_WORK = timedelta(minutes=5)
LONGEST = timedelta(hours=4)  # a visit under way for longer was forgotten, nobody waits for its end
COMES = 0.88  # of those who are booked and not there yet
SOON, LATE = timedelta(minutes=60), timedelta(minutes=15)
NOTICED = 60.0  # seconds by which a forecast must change to be said anew


@dataclass
class _Room:
    """What is known of the whole waiting room at one moment."""

    now: datetime
    lines: dict[str, list[WaitingRoomEntry]]
    members: dict[str, list[str]]  # pool -> who serves it and is at work
    under_way: dict[str, float]  # provider -> minutes
    pauses: dict[str, tuple[tuple[float, float], ...]]
    expected: dict[str, list[Appointment]]  # lane -> booked and not there yet
    lengths: list[float]
    urgent: dict[str, float]  # lane -> more urgent people a minute

    def providers(self, lane: str) -> list[str]:
        return self.members.get(lane, [lane])


async def look_ahead(unit: Unit, rng: Random) -> int:
    """Forecast every line of the practice; how many people are told another time. Writes what changed."""
    room = await _look(unit)
    if not room.lines:
        return 0
    stretch, known = await calibration.stretch(unit), await calibration.sampled(unit)
    told = 0
    for lane in sorted(room.lines):
        for place, (entry, bare) in enumerate(_forecast(room, lane, rng), 1):
            told += await _store(unit, room.now, entry, bare.stretched(stretch))
            if entry.id not in known:
                calibration.sample(unit, entry, bare, stretch, place)
    return told


def _forecast(room: _Room, lane: str, rng: Random) -> list[tuple[WaitingRoomEntry, Outlook]]:
    """The outlook of everybody of one line. Others that its providers also serve count by the provider's share."""
    providers = room.providers(lane)
    standing: list[tuple[tuple[int, datetime], Standing, WaitingRoomEntry | None]] = []
    for other, entries in room.lines.items():
        shared = set(room.providers(other)) & set(providers)
        if shared:
            share = 1.0 if other == lane else len(shared) / len(room.providers(other))
            for entry in entries:
                mine = entry if other == lane else None
                standing.append(((entry.acuity, entry.booked_start), Standing(comes=share), mine))
    last = max(one[0] for one in standing)
    for appointment in room.expected.get(lane, []):
        ready = max((appointment.start - room.now).total_seconds() / 60, 1.0)
        if (3, appointment.start) < last:
            standing.append(((3, appointment.start), Standing(ready, COMES), None))
    standing.sort(key=lambda one: one[0])
    serving = [Serving(room.under_way.get(one), pauses=room.pauses.get(one, ())) for one in providers]
    found = outlooks(
        [one[1] for one in standing], serving, room.lengths, rng, urgent_per_minute=room.urgent.get(lane, 0.0)
    )
    return [(one[2], outlook) for one, outlook in zip(standing, found, strict=True) if one[2] is not None]


async def _store(unit: Unit, now: datetime, entry: WaitingRoomEntry, outlook: Outlook) -> bool:
    """Whether it was said anew. `version` stays: nothing happened to the entry."""
    at = {name: now + timedelta(minutes=getattr(outlook, name)) for name in ("p10", "p50", "p80", "p90")}
    if entry.p50 is not None and entry.p80 is not None and entry.p10 is not None:
        differs = max(
            abs((was - at[name]).total_seconds())
            for name, was in (("p10", entry.p10), ("p50", entry.p50), ("p80", entry.p80))
        )
        passed = entry.p50 < now and outlook.p50 > 1
        if differs < max(NOTICED, outlook.p50 * 6) and not passed:  # a tenth of the wait
            return False
    await unit.session.execute(
        update(WaitingRoomEntry)
        .where(col(WaitingRoomEntry.id) == entry.id)
        .values(**at, forecast_at=now)
        .execution_options(synchronize_session=False)
    )
    for name, value in {**at, "forecast_at": now}.items():
        set_committed_value(entry, name, value)
    unit.emit(PlacesForecast(appointment_id=entry.appointment_id))
    return True


async def _look(unit: Unit) -> _Room:
    now = unit.clock.now()
    lines: dict[str, list[WaitingRoomEntry]] = defaultdict(list)
    entry = WaitingRoomEntry
    query = unit.select(entry).where(col(entry.status).in_([status.value for status in IN_LINE]))
    order = (col(entry.lane), col(entry.acuity), col(entry.booked_start), col(entry.since), col(entry.id))
    for one in await unit.all(query.order_by(*order)):
        lines[one.lane].append(one)
    if not lines:
        return _Room(now, {}, {}, {}, {}, {}, [], {})
    under_way = await running_visits(unit, now)
    members = await _members(unit, lines, under_way, now)
    providers = sorted({one for lane in lines for one in members.get(lane, [lane])})
    return _Room(
        now, dict(lines), members, under_way, await _pauses(unit, providers, now), await _expected(unit, lines, now),
        await visit_lengths(unit), await _urgent(unit, now),
    )  # fmt: skip


async def running_visits(unit: Unit, now: datetime) -> dict[str, float]:
    query = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.status) == Status.admitted.value,
        col(WaitingRoomEntry.finished_at).is_(None),
        col(WaitingRoomEntry.closed_at) > now - LONGEST,
    )
    begun = {one.provider_id: one.closed_at for one in await unit.all(query.order_by(col(WaitingRoomEntry.closed_at)))}
    return {provider: (now - at).total_seconds() / 60 for provider, at in begun.items() if at is not None}


async def _members(
    unit: Unit, lines: dict[str, list[WaitingRoomEntry]], under_way: dict[str, float], now: datetime
) -> dict[str, list[str]]:
    """Who serves each pool now: those with a page open or in a visit; all of them when that is nobody."""
    wanted = {one.pool_id for entries in lines.values() for one in entries if one.pool_id}
    present = set(
        (
            await unit.session.execute(
                select(col(StaffPresence.account_id)).where(
                    col(StaffPresence.tenant) == unit.tenant, col(StaffPresence.last_seen) > now - AT_WORK
                )
            )
        ).scalars()
    ) | set(under_way)
    found = await pools.members_of(unit, wanted)
    return {pool: [one for one in all_ if one in present] or all_ or [pool] for pool, all_ in found.items()}


async def _pauses(unit: Unit, providers: Sequence[str], now: datetime) -> dict[str, tuple[tuple[float, float], ...]]:
    """The gaps between a provider's hours in the next half day, minutes from now. Who is late today works on."""
    end = now + timedelta(hours=6)
    pauses = {}
    for provider, rules in (await rules_of(unit, providers, Span(now, end))).items():
        spans = rules.openings(Span(now - timedelta(hours=12), end))
        gaps = [
            (_minutes(one.end - now), _minutes(two.start - now))
            for one, two in zip(spans, spans[1:], strict=False)
            if two.start > now and two.start - one.end <= timedelta(hours=2)
        ]
        pauses[provider] = tuple(gaps)
    return pauses


async def _expected(
    unit: Unit, lines: dict[str, list[WaitingRoomEntry]], now: datetime
) -> dict[str, list[Appointment]]:
    query = unit.select(Appointment).where(
        col(Appointment.status) == Appt.booked.value, col(Appointment.start).between(now - LATE, now + SOON)
    )
    found: dict[str, list[Appointment]] = defaultdict(list)
    for one in await unit.all(query):
        if (lane := one.pool_id or one.provider_id) in lines:
            found[lane].append(one)
    return found


async def visit_lengths(unit: Unit) -> list[float]:
    """Minutes of the newest visits; while they are few, what the kinds of visit take, spread as visits are."""
    entry = WaitingRoomEntry
    query = unit.select(entry).where(col(entry.finished_at).is_not(None)).order_by(col(entry.finished_at).desc())
    known = [
        _minutes(one.finished_at - one.closed_at)
        for one in await unit.all(query.limit(SHOWN))
        if one.finished_at is not None and one.closed_at is not None
    ]
    known = [one for one in known if 0.5 <= one <= _minutes(LONGEST)]
    if len(known) >= FEW:
        return known
    for kind in await unit.all(unit.select(VisitType).where(col(VisitType.active).is_(True))):
        known += [kind.minutes * math.exp(0.5 * NormalDist().inv_cdf((n + 0.5) / 12)) for n in range(12)]
    return known or [15.0]


async def _urgent(unit: Unit, now: datetime) -> dict[str, float]:
    """How many a minute were triaged before others, over the last four hours."""
    entry, window = WaitingRoomEntry, timedelta(hours=4)
    query = unit.select(entry).where(col(entry.acuity) < 3, col(entry.triaged_at) > now - window)
    rates: dict[str, float] = defaultdict(float)
    for one in await unit.all(query):
        rates[one.lane] += 1 / _minutes(window)
    return rates


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60
