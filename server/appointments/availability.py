"""A provider's hours as they stand in the database: weekly stretches, the days that differ, the practice's defaults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete
from sqlmodel import col

from server.access.service import practice_of
from server.appointments.hours import DAY, Span, Special, Weekly, openings
from server.appointments.hours_schemas import ExceptionIn, ExceptionOut, HoursIn, HoursOut, StretchIn, StretchOut
from server.appointments.hours_tables import AvailableTime, HoursException, Schedule
from server.appointments.wish import YEARS
from server.core.clock import zone as known_zone
from server.core.errors import Fault, Invalid, NotFound
from server.core.ids import new_id
from server.store.unit import Unit

GRAIN = 5  # minutes


@dataclass(frozen=True, slots=True)
class Rules:
    """When one provider may be booked."""

    zone: ZoneInfo
    step: int
    notice: timedelta
    weekly: Sequence[Weekly]
    special: Sequence[Special]

    def openings(self, window: Span) -> list[Span]:
        return openings(self.zone, self.weekly, self.special, window)


async def rules_of(unit: Unit, provider_ids: Iterable[str], window: Span) -> dict[str, Rules]:
    """The rules of providers for a window, in three queries; who has no hours, not even the practice's, is left out."""
    wanted = list(provider_ids)
    owners = [*wanted, unit.tenant]
    schedules = {one.owner_id: one for one in await unit.all(_owned(unit, owners))}
    times = await _times(unit, [one.id for one in schedules.values()])
    days = (window.start.date() - timedelta(days=2), window.end.date() + timedelta(days=2))
    query = unit.select(HoursException).where(
        col(HoursException.owner_id).in_(owners), col(HoursException.day).between(*days)
    )
    special = await unit.all(query)
    found = {}
    for provider_id in wanted:
        schedule = schedules.get(provider_id) or schedules.get(unit.tenant)
        if schedule is not None:
            found[provider_id] = Rules(
                ZoneInfo(schedule.zone), schedule.step, timedelta(minutes=schedule.notice),
                [_weekly(one) for one in times if one.schedule_id == schedule.id],
                [_special(one) for one in special if one.owner_id in {provider_id, unit.tenant}],
            )  # fmt: skip
    return found


async def is_closed(unit: Unit, provider_id: str, span: Span) -> bool:
    """Whether a provider (or the practice) is said to be away during any part of a stretch."""
    owners = [provider_id, unit.tenant]
    schedules = {one.owner_id: one for one in await unit.all(_owned(unit, owners))}
    known = schedules.get(provider_id) or schedules.get(unit.tenant)
    zone = ZoneInfo(known.zone if known else (await practice_of(unit)).zone)
    days = (span.start.date() - timedelta(days=2), span.end.date() + timedelta(days=2))
    query = unit.select(HoursException).where(
        col(HoursException.owner_id).in_(owners), col(HoursException.day).between(*days),
        col(HoursException.kind) == "closed",
    )  # fmt: skip
    special = [_special(one) for one in await unit.all(query)]
    always = [Weekly(day, 0, DAY) for day in range(1, 8)]
    return bool(special) and not any(one.holds(span) for one in openings(zone, always, special, span))


async def hours_of(unit: Unit, owner_id: str) -> HoursOut:
    """The hours that hold for an owner: their own, or the practice's."""
    practice = await practice_of(unit)
    schedules = {one.owner_id: one for one in await unit.all(_owned(unit, [owner_id, practice.id]))}
    schedule = schedules.get(owner_id) or schedules.get(practice.id)
    times = await _times(unit, [schedule.id]) if schedule else []
    yesterday = unit.clock.now().date() - timedelta(days=1)  # somewhere it may still be
    query = unit.select(HoursException).where(
        col(HoursException.owner_id).in_({owner_id, practice.id}), col(HoursException.day) >= yesterday
    )
    special = await unit.all(
        query.order_by(col(HoursException.day), col(HoursException.begins), col(HoursException.id))
    )
    return HoursOut(
        owner_id=owner_id, own=owner_id in schedules, zone=schedule.zone if schedule else practice.zone,
        step=schedule.step if schedule else 15, notice=schedule.notice if schedule else 15,
        hours=[
            StretchOut(
                weekday=one.weekday, begins=_text(one.begins), ends=_text(one.ends), valid_from=one.valid_from,
                valid_until=one.valid_until,
            )
            for one in times
        ],
        exceptions=[_exception_out(one, practice.id) for one in special],
    )  # fmt: skip


async def set_hours(unit: Unit, owner_id: str, body: HoursIn) -> None:
    """Replace an owner's week. Visits that are booked already stay as they are. Raises Invalid with pointers."""
    known_zone(body.zone)
    faults = [fault for at, one in enumerate(body.hours) for fault in _stretch_faults(f"/hours/{at}", one)]
    faults = faults or _overlaps(body.hours)
    if faults:
        raise Invalid("The hours need fixing.", errors=faults)
    schedule = await unit.first(_owned(unit, [owner_id]).with_for_update())  # two who save at once take turns
    if schedule is None:
        schedule = Schedule(id=new_id(), tenant=unit.tenant, owner_id=owner_id, zone=body.zone)
        unit.add(schedule)
    schedule.zone, schedule.step, schedule.notice = body.zone, body.step, body.notice
    await unit.flush()
    await unit.session.execute(delete(AvailableTime).where(col(AvailableTime.schedule_id) == schedule.id))
    for one in body.hours:
        unit.add(
            AvailableTime(
                id=new_id(), tenant=unit.tenant, schedule_id=schedule.id, weekday=one.weekday,
                begins=_minutes(one.begins), ends=_minutes(one.ends), valid_from=one.valid_from,
                valid_until=one.valid_until,
            )
        )  # fmt: skip
    await unit.flush()
    unit.record("U", "hours.set", "Schedule", schedule.id)


async def forget_hours(unit: Unit, owner_id: str) -> None:
    """Back to the practice's hours. Raises NotFound when the owner has none of their own."""
    schedule = await unit.first(_owned(unit, [owner_id]).with_for_update())
    if schedule is None:
        raise NotFound("This provider has no hours of their own.")
    await unit.session.execute(delete(AvailableTime).where(col(AvailableTime.schedule_id) == schedule.id))
    await unit.session.execute(delete(Schedule).where(col(Schedule.id) == schedule.id))
    unit.record("D", "hours.forget", "Schedule", schedule.id)


async def add_exception(unit: Unit, owner_id: str, body: ExceptionIn) -> ExceptionOut:
    """Close a day (or a stretch of it), or open extra hours. Booked visits stay. Raises Invalid with pointers."""
    begins, ends = body.begins, body.ends
    if (begins is None) != (ends is None):
        pointer = "/begins" if begins is None else "/ends"
        raise Invalid("One of the two times is missing.", errors=[Fault(pointer, "is missing")])
    if begins is None or ends is None:
        if body.kind == "extra":
            raise Invalid("Say from when until when.", errors=[Fault("/begins", "is missing")])
        begins, ends = "00:00", "24:00"
    faults = _time_faults("", begins, ends)
    if body.day.year not in YEARS:
        faults.append(Fault("/day", "lies too far away"))
    if faults:
        raise Invalid("The exception needs fixing.", errors=faults)
    made = HoursException(
        id=new_id(), tenant=unit.tenant, owner_id=owner_id, day=body.day, kind=body.kind, begins=_minutes(begins),
        ends=_minutes(ends),
    )  # fmt: skip
    unit.add(made)
    unit.record("C", f"hours.{body.kind}", "Schedule", made.id)
    return _exception_out(made, unit.tenant)


async def remove_exception(unit: Unit, owner_id: str, exception_id: str) -> None:
    """Raises NotFound."""
    found = await unit.get(HoursException, exception_id)
    if found.owner_id != owner_id:
        raise NotFound("There is no such hours exception here.")
    await unit.session.execute(delete(HoursException).where(col(HoursException.id) == found.id))
    unit.record("D", "hours.exception", "Schedule", found.id)


def _owned(unit: Unit, owners: list[str]) -> Select[Schedule]:
    return unit.select(Schedule).where(col(Schedule.owner_id).in_(owners))


async def _times(unit: Unit, schedule_ids: list[str]) -> list[AvailableTime]:
    query = unit.select(AvailableTime).where(col(AvailableTime.schedule_id).in_(schedule_ids))
    return await unit.all(
        query.order_by(col(AvailableTime.weekday), col(AvailableTime.begins), col(AvailableTime.valid_from))
    )


def _weekly(row: AvailableTime) -> Weekly:
    return Weekly(row.weekday, row.begins, row.ends, row.valid_from, row.valid_until)


def _special(row: HoursException) -> Special:
    return Special(row.day, row.kind == "closed", row.begins, row.ends)


def _exception_out(row: HoursException, practice_id: str) -> ExceptionOut:
    return ExceptionOut(
        id=row.id, day=row.day, kind=row.kind, begins=_text(row.begins), ends=_text(row.ends),
        practice=row.owner_id == practice_id,
    )  # fmt: skip


def _stretch_faults(pointer: str, one: StretchIn) -> list[Fault]:
    faults = _time_faults(pointer, one.begins, one.ends)
    if one.valid_from and one.valid_until and one.valid_until < one.valid_from:
        faults.append(Fault(f"{pointer}/valid_until", "lies before valid_from"))
    return faults


def _time_faults(pointer: str, begins: str, ends: str) -> list[Fault]:
    faults = [
        Fault(f"{pointer}/{name}", "must be a whole five minutes")
        for name, text in (("begins", begins), ("ends", ends))
        if _minutes(text) % GRAIN
    ]
    if _minutes(ends) <= _minutes(begins):
        faults.append(Fault(f"{pointer}/ends", "must be later than begins; write a night as two stretches"))
    return faults


def _overlaps(hours: Sequence[StretchIn]) -> list[Fault]:
    """Two stretches that hold at the same time are a typing mistake."""
    faults = []
    ordered = sorted(enumerate(hours), key=lambda pair: (pair[1].weekday, _minutes(pair[1].begins)))
    for at, (_, one) in enumerate(ordered):
        for place, other in ordered[at + 1 :]:
            if other.weekday != one.weekday or _minutes(other.begins) >= _minutes(one.ends):
                break
            if _until(one) >= _from(other) and _until(other) >= _from(one):
                faults.append(Fault(f"/hours/{place}/begins", "overlaps another stretch of that day"))
    return faults


def _from(one: StretchIn) -> date:
    return one.valid_from or date.min


def _until(one: StretchIn) -> date:
    return one.valid_until or date.max


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
