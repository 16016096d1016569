"""Draft an absence, change what is planned, apply it, take it back. Nothing of it moves or tells anybody."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import col

from server.absences.machine import Act, Status, machine
from server.absences.planning import Away, Paper
from server.absences.schemas import AbsenceIn, Way
from server.absences.tables import Absence, AbsenceItem
from server.appointments.availability import GRAIN
from server.appointments.hours import Span, Special, openings
from server.appointments.machine import Status as Appt
from server.appointments.series import provider_zone
from server.appointments.tables import Appointment, CoProvider
from server.appointments.wish import YEARS, provider_of
from server.core.errors import Conflict, Fault, Invalid
from server.core.ids import new_id
from server.store.unit import Unit, expect
from server.visits.machine import Status as Visiting
from server.visits.tables import Visit
from server.waiting.machine import IN_LINE
from server.waiting.tables import WaitingRoomEntry

UNDO = timedelta(seconds=10)  # so long what was applied can be taken back
OPEN = (Status.on_hold.value, Status.active.value)


async def draft(unit: Unit, body: AbsenceIn) -> Absence:
    """Plan what becomes of each visit of a provider who is away. Raises NotFound, Invalid with pointers."""
    provider = await provider_of(unit, body.provider_id)
    zone = await provider_zone(unit, provider.id)
    day = body.day or unit.clock.now().astimezone(zone).date()
    begins, ends = _minutes(body.begins), _minutes(body.ends)
    faults = [
        Fault(f"/{name}", "must be a whole five minutes")
        for name, minute in (("begins", begins), ("ends", ends))
        if minute % GRAIN
    ]
    if ends <= begins:
        faults.append(Fault("/ends", "must be later than begins"))
    if day.year not in YEARS:
        faults.append(Fault("/day", "lies too far away"))
    elif day < unit.clock.now().astimezone(zone).date():
        faults.append(Fault("/day", "is over"))
    if faults:
        raise Invalid("The absence needs fixing.", errors=faults)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(ZoneInfo("UTC"))
    wide = Span(noon - timedelta(days=2), noon + timedelta(days=2))
    spans = openings(zone, [], [Special(day, closed=False, begins=begins, ends=ends)], wide)
    if not spans:
        raise Invalid("The clocks skip this time.", errors=[Fault("/begins", "does not exist on that day")])
    absence = Absence(
        id=new_id(), tenant=unit.tenant, provider_id=provider.id, day=day, begins=begins, ends=ends,
        start=spans[0].start, end=spans[-1].end, made_by=unit.principal.account_id, created_at=unit.clock.now(),
        status=machine.initial.value,
    )  # fmt: skip
    unit.add(absence)
    await unit.flush()
    await _plan(unit, absence)
    unit.record("C", "absence.draft", "Practitioner", provider.id)
    return absence


async def _plan(unit: Unit, absence: Absence) -> None:
    visits = await visits_of(unit, absence)
    beside = await visits_beside(unit, absence)
    entries = await _in_line(unit, [one.id for one in visits])
    paper = await Paper(unit, away_of(absence)).read(visits)
    by_time: dict[str, list[Appointment]] = defaultdict(list)
    # Who waits is told first, and first come to a colleague.
    for one in sorted(visits, key=lambda one: (one.id not in entries, one.start, one.id)):
        by_time[one.group_id or one.id].append(one)
    place = 0
    for together in by_time.values():
        plan = paper.plan(together, waiting=together[0].id in entries)
        lead: str | None = None
        for one in together:
            item = AbsenceItem(
                id=new_id(), tenant=unit.tenant, absence_id=absence.id, appointment_id=one.id, revision=one.revision,
                place=place, waiting=one.id in entries, planned=plan.way, way=plan.way, why=plan.why,
                provider_id=plan.provider_id, start=plan.start, lead_id=lead,
            )  # fmt: skip
            unit.add(item)
            lead, place = lead or item.id, place + 1
    for at, one in enumerate(beside, place):
        unit.add(AbsenceItem(
            id=new_id(), tenant=unit.tenant, absence_id=absence.id, appointment_id=one.id, revision=one.revision,
            place=at, planned="without", way="without", why="co-provider",
        ))  # fmt: skip
    await unit.flush()


def away_of(absence: Absence) -> Away:
    return Away(absence.provider_id, Span(absence.start, absence.end))


async def visits_of(unit: Unit, absence: Absence) -> list[Appointment]:
    """The provider's visits in the absence that have not begun and are not over."""
    return await _ahead(unit, absence, col(Appointment.provider_id) == absence.provider_id)


async def visits_beside(unit: Unit, absence: Absence) -> list[Appointment]:
    """Those of other providers at which the absent one was to be too."""
    theirs = unit.select(CoProvider).where(col(CoProvider.provider_id) == absence.provider_id)
    ids = theirs.with_only_columns(col(CoProvider.appointment_id))
    return await _ahead(unit, absence, col(Appointment.id).in_(ids))


async def _ahead(unit: Unit, absence: Absence, which: ColumnElement[bool]) -> list[Appointment]:
    now = unit.clock.now()
    query = unit.select(Appointment).where(
        which, col(Appointment.start) < absence.end, col(Appointment.end) > absence.start,
        col(Appointment.status).in_([Appt.booked.value, Appt.arrived.value]),
    )  # fmt: skip
    found = await unit.all(query.order_by(col(Appointment.start), col(Appointment.id)))
    begun = unit.select(Visit).where(
        col(Visit.appointment_id).in_([one.id for one in found]), col(Visit.status) != Visiting.planned.value
    )
    gone_in = {one.appointment_id for one in await unit.all(begun)}
    return [one for one in found if one.id not in gone_in and (one.end > now or one.status == Appt.arrived)]


async def _in_line(unit: Unit, appointment_ids: list[str]) -> set[str]:
    query = unit.select(WaitingRoomEntry).where(
        col(WaitingRoomEntry.appointment_id).in_(appointment_ids),
        col(WaitingRoomEntry.status).in_([status.value for status in IN_LINE]),
    )
    return {one.appointment_id for one in await unit.all(query)}


async def items_of(unit: Unit, absence_id: str) -> list[AbsenceItem]:
    query = unit.select(AbsenceItem).where(col(AbsenceItem.absence_id) == absence_id)
    return await unit.all(query.order_by(col(AbsenceItem.place)))


def ways_of(item: AbsenceItem, *, alone: bool) -> list[Way]:
    """What may be done with a visit: what was proposed, the patient's choice (of somebody who is not here yet and
    shares no time), a call, or nothing. A visit that goes on without one of two needs no other time."""
    choose: list[Way] = ["choose"] if alone and not item.waiting and item.planned != "without" else []
    proposed: list[Way] = [item.planned]  # type: ignore[list-item]
    return list(dict.fromkeys([*proposed, *choose, "call", "leave"]))


async def change(unit: Unit, absence: Absence, item_id: str, version: int, way: str) -> None:
    """Another way for one visit of a draft, and for who shares its time. Raises NotFound, Conflict, Invalid,
    StaleVersion."""
    expect(absence, version)
    item = await unit.get(AbsenceItem, item_id)
    if item.absence_id != absence.id:
        raise Invalid("This visit is not part of the absence.", errors=[Fault("", "is not part of the absence")])
    if absence.status != Status.draft:
        raise Conflict("This was applied already. Take it back first.")
    items = await items_of(unit, absence.id)
    lead = item.lead_id or item.id
    together = [one for one in items if lead in (one.id, one.lead_id)]
    if way not in ways_of(item, alone=len(together) == 1):
        raise Invalid("This cannot be done for this visit.", errors=[Fault("/way", "is not possible here")])
    for one in together:
        one.way = way
        unit.add(one)
    await unit.swap(absence)
    unit.record("U", f"absence.{way}", "Appointment", item.appointment_id)


async def apply(unit: Unit, absence: Absence, version: int) -> None:
    """It will be carried out when the moment to take it back is over. Raises StaleVersion, ImpossibleMove."""
    expect(absence, version)
    await unit.move(absence, machine, Act.apply, runs_at=unit.clock.now() + UNDO)
    unit.record("U", "absence.apply", "Practitioner", absence.provider_id)


async def undo(unit: Unit, absence: Absence, version: int) -> None:
    """Back to a draft: nothing has moved and nobody was told. Raises Conflict when that moment is over."""
    expect(absence, version)
    await unit.move(absence, machine, Act.undo, runs_at=None)
    unit.record("U", "absence.undo", "Practitioner", absence.provider_id)


async def drop(unit: Unit, absence: Absence, version: int) -> None:
    """The draft is not wanted. Raises StaleVersion, ImpossibleMove."""
    expect(absence, version)
    await unit.move(absence, machine, Act.drop)


async def open_ones(unit: Unit) -> list[Absence]:
    """Those that are on hold or being carried out, the newest first."""
    query = unit.select(Absence).where(col(Absence.status).in_(OPEN))
    return await unit.all(query.order_by(col(Absence.created_at).desc(), col(Absence.id)))


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
