"""Count what happened in a stretch of days, on the practice's own calendar."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import col

from server.access.service import practice_of
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.core.few import FEW, told
from server.insight.schemas import Count, Figures, Forecasts, Hour, Month, Survey, Visits, Waits
from server.store.unit import Unit
from server.visits.machine import Status as Encounter
from server.visits.tables import Visit
from server.waiting import calibration
from server.waiting.machine import Status
from server.waiting.tables import WaitingRoomEntry

MONTHS = 6


async def figures(unit: Unit, days: int) -> Figures:
    """The last `days` days; who did not come also of each of the last six months."""
    now = unit.clock.now()
    zone = ZoneInfo((await practice_of(unit)).zone)
    since = now - timedelta(days=days)
    return Figures(
        days=days, since=since, until=now, zone=zone.key, waits=await _waits(unit, since, zone),
        forecast=await _forecast(unit, since), visits=await _visits(unit, since, zone),
        survey=await _survey(unit, since),
    )  # fmt: skip


async def _waits(unit: Unit, since: datetime, zone: ZoneInfo) -> Waits:
    """From "I'm ready" to being let in. The first stay of a visit counts: being put back is no new wait."""
    entry = WaitingRoomEntry
    query = select(col(entry.since), col(entry.closed_at)).where(
        col(entry.tenant) == unit.tenant, col(entry.since) >= since, col(entry.turn) == 1,
        col(entry.status) == Status.admitted.value, col(entry.closed_at).is_not(None),
    )  # fmt: skip
    hours: dict[int, list[float]] = defaultdict(list)
    for began, ended in await unit.session.execute(query):
        if ended is not None:
            hours[began.astimezone(zone).hour].append((ended - began).total_seconds() / 60)
    every = [wait for waits in hours.values() for wait in waits]
    return Waits(
        count=len(every), median=quantile(every, 0.5), p80=quantile(every, 0.8),
        by_hour=[
            Hour(hour=hour, count=len(waits), median=quantile(waits, 0.5), p80=quantile(waits, 0.8))
            for hour, waits in sorted(hours.items())
        ],
        left=await _ended(unit, since, Status.left), expired=await _ended(unit, since, Status.expired),
    )  # fmt: skip


async def _ended(unit: Unit, since: datetime, status: Status) -> int:
    entry = WaitingRoomEntry
    query = select(func.count()).where(
        col(entry.tenant) == unit.tenant, col(entry.since) >= since, col(entry.status) == status.value
    )
    return int((await unit.session.execute(query)).scalar_one())


async def _forecast(unit: Unit, since: datetime) -> Forecasts:
    return Forecasts.model_validate(await calibration.figures(unit, since), from_attributes=True)


async def _visits(unit: Unit, since: datetime, zone: ZoneInfo) -> Visits:
    """`due`: booked, not called off, and their time has come."""
    now = unit.clock.now()
    first = min(since, _months_ago(now.astimezone(zone), MONTHS - 1))
    query = select(col(Appointment.start), col(Appointment.status)).where(
        col(Appointment.tenant) == unit.tenant, col(Appointment.start).between(first, now),
        col(Appointment.status).in_([Appt.fulfilled.value, Appt.arrived.value, Appt.noshow.value]),
    )  # fmt: skip
    found = list(await unit.session.execute(query))
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for start, status in found:
        months[f"{start.astimezone(zone):%Y-%m}"][status] += 1
    here = Counter(status for start, status in found if start >= since)
    return Visits(
        due=sum(here.values()), missed=here[Appt.noshow.value],
        share=_share(here[Appt.noshow.value], sum(here.values())), outcomes=await _outcomes(unit, since),
        by_month=[
            Month(month=name, due=sum(one.values()), missed=one[Appt.noshow.value],
                  share=_share(one[Appt.noshow.value], sum(one.values())))
            for name, one in sorted(months.items())[-MONTHS:]
        ],
    )  # fmt: skip


async def _outcomes(unit: Unit, since: datetime) -> list[Count]:
    query = (
        select(col(Visit.outcome), func.count())
        .where(
            col(Visit.tenant) == unit.tenant, col(Visit.status) == Encounter.completed.value,
            col(Visit.ended_at) >= since, col(Visit.outcome).is_not(None),
        )
        .group_by(col(Visit.outcome))
    )  # fmt: skip
    found = {str(name): count for name, count in (await unit.session.execute(query))}
    shown = told(found)
    rest = sum(found.values()) - sum(shown.values())
    counts = [Count(name=name, count=count) for name, count in sorted(shown.items(), key=lambda one: (-one[1], one[0]))]
    return counts + [Count(name="other", count=rest)] if counts and rest else counts


async def _survey(unit: Unit, since: datetime) -> Survey:
    query = select(col(Visit.ease), col(Visit.helped)).where(
        col(Visit.tenant) == unit.tenant, col(Visit.ease).is_not(None), col(Visit.ended_at) >= since
    )
    answers = list(await unit.session.execute(query))
    return Survey(  # whoever knows who was here would know who said what
        answers=len(answers), ease=_taps(ease for ease, _ in answers), helped=_taps(helped for _, helped in answers)
    )


def _taps(answers: Iterable[int | None]) -> dict[str, int]:
    counted = Counter(answers)
    return told({str(n): counted[n] for n in (1, 2, 3)})


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of them do not exceed; None of so few that it would tell of one person."""
    if len(values) < FEW:
        return None
    ordered = sorted(values)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 1)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole >= FEW else None


def _months_ago(now: datetime, months: int) -> datetime:
    """The first midnight of the month so many months ago."""
    count = now.year * 12 + now.month - 1 - months
    return now.replace(year=count // 12, month=count % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
