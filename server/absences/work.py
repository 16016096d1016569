"""Carry out what was applied, one visit after the other, each in a transaction of its own that also notes it as done.

Killed at any line, it goes on where it was: what was not noted did not happen. What was planned may be impossible by
now (somebody else took the time): then it is planned anew, and in the end staff are asked.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from server.absences import telling
from server.absences.machine import Act, Status, machine
from server.absences.planning import Paper
from server.absences.service import OPEN, away_of, items_of
from server.absences.shown import clock
from server.absences.tables import Absence, AbsenceItem
from server.api.context import Ports
from server.appointments import claims, moving, together
from server.appointments.availability import add_exception
from server.appointments.hours_schemas import ExceptionIn
from server.appointments.schemas import MoveIn
from server.appointments.tables import Appointment, VisitType
from server.appointments.wish import Wish
from server.core.clock import zone as known_zone
from server.core.errors import Conflict, Invalid, NotFound, SlotTaken, StaleVersion
from server.core.principal import system
from server.store.unit import Unit

TRIES = 3  # how often a taken time is planned anew before a person is asked


async def once(ports: Ports) -> bool:
    """Carry out what is due; whether there was anything."""
    async with ports.desk.unit(system(""), write=False) as unit:
        query = select(col(Absence.tenant), col(Absence.id)).where(
            col(Absence.status).in_(OPEN), col(Absence.runs_at) <= unit.clock.now()
        )
        due = [(tenant, absence_id) for tenant, absence_id in await unit.session.execute(query)]
    faults: list[Exception] = []
    for tenant, absence_id in due:
        try:
            await _carry_out(ports, tenant, absence_id)
        except Exception as error:  # noqa: BLE001 - one that cannot be carried out must not hold back the others
            faults.append(error)
    if faults:
        raise ExceptionGroup("Absences that could not be carried out", faults)
    return bool(due)


async def _carry_out(ports: Ports, tenant: str, absence_id: str) -> None:
    try:
        async with ports.desk.unit(system(tenant)) as unit:
            await _start(unit, await unit.get(Absence, absence_id))
        while await _next(ports, tenant, absence_id):
            pass
    except StaleVersion:
        return  # somebody took it back, or another worker has it; the next look sees what is so


async def _start(unit: Unit, absence: Absence) -> None:
    """The time is closed, so that nobody is booked or offered it any more."""
    if absence.status != Status.on_hold or absence.runs_at is None or absence.runs_at > unit.clock.now():
        return
    await unit.move(absence, machine, Act.start)
    closed = ExceptionIn(day=absence.day, kind="closed", begins=clock(absence.begins), ends=clock(absence.ends))
    await add_exception(unit, absence.provider_id, closed)
    unit.record("E", "absence.start", "Practitioner", absence.provider_id)


async def _next(ports: Ports, tenant: str, absence_id: str) -> bool:
    """Do one time; False when nothing is left. What stands against it is met in a transaction of its own."""
    refused = ""
    try:
        async with ports.desk.unit(system(tenant)) as unit:
            absence = await _mine(unit, absence_id)
            if absence is None:
                return False
            items = await items_of(unit, absence.id)
            item = next((one for one in items if one.done_at is None), None)
            if item is None:
                await unit.move(absence, machine, Act.finish, finished_at=unit.clock.now())
                return False
            refused = item.id
            along = [one for one in items if one.lead_id == item.id]
            await _do(unit, absence, item, along)
    except (SlotTaken, Invalid, NotFound):
        await _again(ports, tenant, absence_id, refused)
    except StaleVersion:
        return True  # read it again: what changed under our hands is seen then
    except Conflict:  # the visit has begun, or is over
        await _note(ports, tenant, absence_id, refused)
    return True


async def _mine(unit: Unit, absence_id: str) -> Absence | None:
    """The absence, held until the end: of two workers one does each time. None when it is not being carried out."""
    query = unit.select(Absence).where(col(Absence.id) == absence_id, col(Absence.status) == Status.active.value)
    return await unit.first(query.with_for_update())


async def _do(unit: Unit, absence: Absence, item: AbsenceItem, along: list[AbsenceItem]) -> None:
    appointment = await unit.get(Appointment, item.appointment_id)
    was_beside = item.planned == "without"
    there = await claims.who_sees(unit, appointment)
    where = there[1:] if was_beside else there[:1]
    changed = appointment.revision != item.revision or absence.provider_id not in where
    if changed or appointment.status not in claims.STANDING:
        return _done(unit, [item, *along], "changed")
    if item.way == "leave":
        return _done(unit, [item, *along], "left")
    if item.way == "without":
        await moving.take_off(unit, appointment, absence.provider_id)
        return _done(unit, [item, *along], "without")
    if item.way in {"colleague", "move"}:
        assert item.provider_id is not None
        assert item.start is not None
        for moved in await _move(unit, appointment, item.provider_id, item.start):
            await telling.who_is_not_reached(unit, moved)
        return _done(unit, [item, *along], "moved")
    asked = item.way == "choose" and not along and await telling.choice(unit, appointment)
    if not asked:
        for one in [item, *along]:
            await telling.call(unit, await unit.get(Appointment, one.appointment_id), waiting=one.waiting)
    _done(unit, [item, *along], "asked" if asked else "called")
    return None


async def _move(unit: Unit, appointment: Appointment, provider_id: str, start: datetime) -> list[Appointment]:
    if appointment.group_id is not None:
        body = MoveIn(
            version=appointment.version,
            start=start,
            zone=appointment.zone,
            provider_id=provider_id,
            scope="group",
            even_so=True,
        )
        return await together.move(unit, appointment.id, body)
    kind = await unit.get(VisitType, appointment.visit_type_id)
    wish = Wish(provider_id, kind, known_zone(appointment.zone), start)
    return [await moving.move(unit, appointment, moving.keeping_length(wish, appointment), even_so=True)]


async def _again(ports: Ports, tenant: str, absence_id: str, item_id: str) -> None:
    """The time is gone: plan this one anew with what is free now."""
    async with ports.desk.unit(system(tenant)) as unit:
        absence = await _mine(unit, absence_id)
        item = await unit.get(AbsenceItem, item_id)
        if absence is None or item.done_at is not None:
            return
        along = [one for one in await items_of(unit, absence_id) if one.lead_id == item.id]
        ids = [one.appointment_id for one in (item, *along)]
        visits = await unit.find(Appointment, ids)
        item.tries += 1
        if item.tries < TRIES:
            paper = await Paper(unit, away_of(absence)).read(list(visits.values()))
            plan = paper.plan([visits[one] for one in ids], waiting=item.waiting)
            item.way, item.why, item.provider_id, item.start = plan.way, plan.why, plan.provider_id, plan.start
        else:
            item.way = "call"
        unit.add(item)


async def _note(ports: Ports, tenant: str, absence_id: str, item_id: str) -> None:
    async with ports.desk.unit(system(tenant)) as unit:
        items = await items_of(unit, absence_id)
        _done(unit, [one for one in items if item_id in (one.id, one.lead_id) and one.done_at is None], "changed")


def _done(unit: Unit, items: list[AbsenceItem], outcome: str) -> None:
    for one in items:
        one.done_at, one.outcome = unit.clock.now(), outcome
        unit.add(one)
        unit.record("E", f"absence.{outcome}", "Appointment", one.appointment_id)
