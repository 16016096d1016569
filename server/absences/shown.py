"""An absence as the desk sees it: who goes where, why, and whom no message would reach."""

from __future__ import annotations

from collections import Counter

from server.absences.schemas import AbsenceOut, ItemOut, Person, Target
from server.absences.service import items_of, ways_of
from server.absences.tables import Absence, AbsenceItem
from server.access.service import staff_names
from server.appointments.schemas import Named
from server.appointments.series import provider_zone
from server.appointments.shown import stamp
from server.appointments.tables import Appointment, VisitType
from server.people.service import open_people
from server.reminders.listeners import people
from server.reminders.planning import ways
from server.reminders.steps import TEXT_FIRST
from server.store.unit import Unit


async def shown(unit: Unit, absence: Absence) -> AbsenceOut:
    items = await items_of(unit, absence.id)
    visits = await unit.find(Appointment, [one.appointment_id for one in items])
    kinds = await unit.find(VisitType, {one.visit_type_id for one in visits.values()})
    known = await open_people(unit, {one.person_id for one in visits.values()})
    reached = await people(unit, set(known))
    staff = {one.provider_id for one in items if one.provider_id} | {absence.provider_id}
    names = await staff_names(unit, staff)
    sharing = Counter(one.lead_id or one.id for one in items)
    unit.record("R", "absence.read", "Practitioner", absence.provider_id)

    def out(one: AbsenceItem) -> ItemOut:
        visit = visits[one.appointment_id]
        profile = known[visit.person_id].profile
        way = next(iter(ways(TEXT_FIRST, reached[visit.person_id], unit.desk.channels)), None)
        to = None
        if one.way in {"colleague", "move"} and one.provider_id and one.start:
            to = Target(provider=Named(id=one.provider_id, name=names[one.provider_id]), start=stamp(one.start))
        return ItemOut(
            id=one.id, appointment_id=visit.id,
            person=Person(id=visit.person_id, name=profile.name, birth_date=profile.birth_date),
            start=stamp(visit.start), visit_type=kinds[visit.visit_type_id].name, waiting=one.waiting,
            reach=way[0] if way else None, way=one.way,
            ways=ways_of(one, alone=sharing[one.lead_id or one.id] == 1), why=one.why, to=to, outcome=one.outcome,
        )  # fmt: skip

    return AbsenceOut(
        id=absence.id, status=absence.status, version=absence.version,
        provider=Named(id=absence.provider_id, name=names[absence.provider_id]), day=absence.day,
        begins=clock(absence.begins), ends=clock(absence.ends),
        zone=(await provider_zone(unit, absence.provider_id)).key,
        runs_at=stamp(absence.runs_at) if absence.runs_at else None, now=stamp(unit.clock.now()),
        items=[out(one) for one in items],
    )  # fmt: skip


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
