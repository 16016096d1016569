"""What was planned is worked out anew, when the plan or the ways to reach somebody changed: in that transaction.

Never twice: a step that has begun to leave by any channel stays as it is. Never lost: a step that is wanted still keeps
its message, and one that was taken back by an earlier change comes back. The revision stays: the visit did not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.events import ContactsChanged, DeliveryChanged
from server.reminders import rows
from server.reminders.listeners import ANSWERED, people
from server.reminders.machine import Act, Status, machine
from server.reminders.planning import Person, Planned, by_rule
from server.reminders.rules import Rule, hold, rules_of
from server.reminders.steps import kind_of
from server.reminders.tables import Reminder
from server.store.unit import Unit

REPLANNED = "replanned"  # why a message was taken back: it may be planned again
_AT_ONCE = 500
_SHOWN = timedelta(hours=48)  # boards show visits as near as that
_T: Any = Reminder.__table__  # type: ignore[attr-defined]
Rules = Mapping[str, tuple[Rule, ...]]
Key = tuple[str, str]  # step, channel


async def by_plan(unit: Unit, before: Rules, after: Rules) -> int:
    """A plan changed: plan anew the steps in which it differs, for every visit to come. How many visits changed."""
    steps = {one: _differing(before.get(one, ()), after[one]) for one in after}
    kinds = [one for one, differing in steps.items() if differing]
    changed, last = 0, ""
    while kinds:
        query = _coming(unit).where(col(Appointment.visit_type_id).in_(kinds), col(Appointment.id) > last)
        batch = await unit.all(query.order_by(col(Appointment.id)).limit(_AT_ONCE))
        changed += await anew(unit, batch, after, steps)
        if len(batch) < _AT_ONCE:
            break
        last = batch[-1].id
    return changed


async def when_contacts_changed(unit: Unit, event: ContactsChanged) -> None:
    """The ways to reach somebody changed: every step ahead of their visits takes the best way there is now."""
    await hold(unit)
    batch = await unit.all(_coming(unit).where(col(Appointment.person_id) == event.person_id))
    rules = await rules_of(unit, {one.visit_type_id for one in batch})
    await anew(unit, batch, rules, _ahead(rules))


async def of_clocks(unit: Unit, after: str) -> str | None:
    """Zones have other rules now: every step ahead of the next visits (by id, after this one) is planned anew. The last
    visit's id; None when there are no more."""
    await hold(unit)
    query = _coming(unit).where(col(Appointment.id) > after).order_by(col(Appointment.id)).limit(_AT_ONCE)
    batch = await unit.all(query)
    rules = await rules_of(unit, {one.visit_type_id for one in batch})
    await anew(unit, batch, rules, _ahead(rules))
    return batch[-1].id if len(batch) == _AT_ONCE else None


def _ahead(rules: Rules) -> dict[str, set[str]]:
    """Every step but what confirms a booking, by kind of visit."""
    return {one: {rule.step for rule in known if rule.kind != "confirmation"} for one, known in rules.items()}


def _coming(unit: Unit) -> Any:
    booked = col(Appointment.status) == Appt.booked.value
    return unit.select(Appointment).where(booked, col(Appointment.end) > unit.clock.now())


def _differing(before: Sequence[Rule], after: Sequence[Rule]) -> set[str]:
    """The steps whose rules are not the same. What confirms a booking went with it; only its end is heeded."""
    steps = {rule.step for rule in (*before, *after)}
    differ = {step for step in steps if _of(step, before) != _of(step, after)}
    return {step for step in differ if step != "confirmation" or not _of(step, after)}


def _of(step: str, rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.step == step]


async def anew(unit: Unit, appointments: Sequence[Appointment], rules: Rules, steps: Mapping[str, set[str]]) -> int:
    """Plan `steps` (by kind of visit) of these visits anew. How many visits have other messages now."""
    if not appointments:
        return 0
    known = await _known(unit, appointments)
    found = await people(unit, {one.person_id for one in appointments})
    work = _Work(unit)
    for one in appointments:
        before = work.size
        for step in sorted(steps[one.visit_type_id]):
            mine = {row.channel: row for row in known.get(one.id, ()) if row.step == step}
            work.step(one, _of(step, rules[one.visit_type_id]), found[one.person_id], mine)
        if work.size > before:
            work.changed.append(one)
    await work.write()
    return len(work.changed)


async def _known(unit: Unit, appointments: Sequence[Appointment]) -> dict[str, list[Reminder]]:
    """Their messages, held until we have written: none of them begins to leave while its step is planned anew."""
    revisions = {one.id: one.revision for one in appointments}
    query = unit.select(Reminder).where(unit.among(col(Reminder.subject), revisions)).order_by(col(Reminder.id))
    found: dict[str, list[Reminder]] = {}
    held = query.with_for_update().execution_options(populate_existing=True)
    for row in await unit.all(held):
        if row.revision == revisions[row.subject]:
            found.setdefault(row.subject, []).append(row)
    return found


class _Work:
    """What must be written for a batch of visits."""

    def __init__(self, unit: Unit) -> None:
        self.unit, self.now = unit, unit.clock.now()
        self.changed: list[Appointment] = []
        self._void: list[str] = []
        self._planned: list[dict[str, Any]] = []
        self._moved: list[tuple[Reminder, Planned, Act | None]] = []

    @property
    def size(self) -> int:
        return len(self._void) + len(self._planned) + len(self._moved)

    def step(self, visit: Appointment, rules: Sequence[Rule], person: Person, mine: Mapping[str, Reminder]) -> None:
        """One step of one visit. `mine`: its messages so far, by channel."""
        waiting = [row for row in mine.values() if row.status in rows.WAITING]
        if not rules:
            self._void += [row.id for row in waiting]
            return
        if any(row.status not in {Status.scheduled, Status.cancelled} for row in mine.values()):
            return  # it leaves, or has left
        if visit.participation in ANSWERED and kind_of(rules[0].kind).answered:
            return
        wanted = self._wanted(visit, rules, person)
        if not wanted:
            return  # too near now to be planned another way: it stays as it is
        self._void += [row.id for row in waiting if row.channel not in wanted]
        for channel, planned in wanted.items():
            row = mine.get(channel)
            if row is None:
                self._planned.append(
                    rows.row(
                        self.unit, planned, subject=visit.id, revision=visit.revision, person_id=visit.person_id,
                        appointment_id=visit.id,
                    )
                )  # fmt: skip
            elif row.status == Status.scheduled and not _same(row, planned):
                self._moved.append((row, planned, None))
            elif row.status == Status.cancelled and row.last_error == REPLANNED:
                self._moved.append((row, planned, Act.plan))

    def _wanted(self, visit: Appointment, rules: Sequence[Rule], person: Person) -> dict[str, Planned]:
        found: dict[str, Planned] = {}
        for rule in rules:
            planned = by_rule(visit, rule, person, self.unit.desk.channels, self.now)
            if planned is not None:
                found.setdefault(planned.channel, planned)
        return found

    async def write(self) -> None:
        if self._void:
            await rows.void(self.unit, col(Reminder.id).in_(self._void), why=REPLANNED)
        for row, planned, act in self._moved:
            await self._move(row, planned, act)
        await rows.add(self.unit, self._planned)
        for one in self.changed:
            if one.start < self.now + _SHOWN:
                self.unit.emit(DeliveryChanged(appointment_id=one.id))

    async def _move(self, row: Reminder, planned: Planned, act: Act | None) -> None:
        state = machine.advance(row.status, act).value if act else row.status
        contact = planned.reach.contact.id if planned.reach else None
        values: dict[str, str | int | datetime | None] = {
            "status": state, "version": row.version + 1, "due": planned.due, "not_after": planned.not_after,
            "wake_at": planned.due, "contact_id": contact, "last_error": None, "at": self.now,
        }  # fmt: skip
        await self.unit.session.execute(
            update(_T).where(_T.c.id == row.id, _T.c.version == row.version).values(**values)
        )


def _same(row: Reminder, planned: Planned) -> bool:
    contact = planned.reach.contact.id if planned.reach else None
    return (row.due, row.not_after, row.contact_id) == (planned.due, planned.not_after, contact)
