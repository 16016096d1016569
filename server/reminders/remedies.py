"""What is done when nobody was reached: sent again, sent another way, or told by a person. Never twice, never stale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace

from sqlalchemy import update
from sqlmodel import col

from server.appointments.tables import Appointment
from server.core.errors import Conflict, StaleVersion
from server.events import DeliveryChanged
from server.people.service import Reach
from server.reminders import rows
from server.reminders.delivery_schemas import NotReplayed, ReplayOut
from server.reminders.ledger import LedgerLine, addresses, line
from server.reminders.letters import wanted
from server.reminders.listeners import people
from server.reminders.machine import Act, Status, machine
from server.reminders.planning import Person, Planned, fit, fitted, ways
from server.reminders.steps import ALIVE, CALL, STEPS, kind_of
from server.reminders.tables import Reminder
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind
from server.tasks.machine import OPEN
from server.tasks.tables import Task

_GOES = (Status.scheduled, Status.retrying, Status.sending, Status.sent, Status.delivered)
_DONE_BY_TELLING = (Kind.not_reached, Kind.unconfirmed)


async def replay(unit: Unit, ids: Sequence[str]) -> ReplayOut:
    """Send dead letters again, each when it still helps and nothing of its step goes or went another way. It is the
    same message, so a mail keeps its Message-ID (RFC 5322 3.6.4: a new one is for a revision): should the first one
    have arrived after all, the mailbox folds the two."""
    found = await unit.find(Reminder, ids)
    visits = await unit.find(Appointment, {one.appointment_id or "" for one in found.values()})
    known = await people(unit, {one.person_id for one in found.values()})
    beside = await rows.of_subjects(unit, {one.subject for one in found.values()})
    out = ReplayOut(replayed=[], refused=[])
    for one in dict.fromkeys(ids):
        row = found.get(one)
        if row is None:
            out.refused.append(NotReplayed(id=one, why="not-failed"))
            continue
        visit = visits.get(row.appointment_id or "")
        way = _again(unit, row, visit, known[row.person_id], beside)
        if isinstance(way, str):
            out.refused.append(NotReplayed(id=one, why=way))
            continue
        at, not_after, reach = way
        await unit.move(
            row, machine, Act.replay, wake_at=at, due=at, not_after=not_after, attempts=0, last_error=None,
            contact_id=reach.contact.id, at=unit.clock.now(),
        )  # fmt: skip
        unit.record("U", f"reminder.replay.{row.channel}", "CommunicationRequest", row.id, person_id=row.person_id)
        if row.appointment_id is not None:
            unit.emit(DeliveryChanged(appointment_id=row.appointment_id))
        out.replayed.append(one)
    return out


def _again(
    unit: Unit, row: Reminder, visit: Appointment | None, person: Person, beside: Sequence[Reminder]
) -> tuple[datetime, datetime, Reach] | str:
    """(when, not after, to whom) it can leave again, or why not."""
    now, kind = unit.clock.now(), kind_of(row.step)
    if row.status != Status.failed:
        return "not-failed"
    not_after = row.not_after if visit is None or kind.fleeting else max(row.not_after, visit.start)
    asked = SimpleNamespace(step=row.step, not_after=not_after, attempts=0, revision=row.revision)
    held = wanted(asked, visit, now)  # type: ignore[arg-type]
    if held is not None:
        return held.why
    same = [one for one in beside if (one.subject, one.revision, one.step) == (row.subject, row.revision, row.step)]
    if any(one.id != row.id and one.channel != CALL and one.status in _GOES for one in same):
        return "by-another-way"
    for channel, reach in ways((row.channel,), person, unit.desk.channels):
        at = fit(kind, channel, reach, person.zone, now, not_after, now, visit.start if visit else None)
        return "quiet-hours" if at is None else (at, not_after, reach)
    return "no-way"


async def resend(unit: Unit, appointment_id: str, channel: str) -> LedgerLine:
    """The confirmation once more, by this channel. Raises Conflict when it cannot be sent, or the visit is over."""
    appointment = await unit.get(Appointment, appointment_id)
    _coming(unit, appointment)
    person = (await people(unit, [appointment.person_id]))[appointment.person_id]
    number = 1 + _count(await rows.of_subjects(unit, [appointment.id]), "again")
    now, kind = unit.clock.now(), STEPS["again"]
    planned = fitted(
        f"again.{number}", kind, (channel,), now, appointment.end, person, unit.desk.channels, now, appointment.start
    )
    if planned is None or planned.reach is None:
        raise Conflict(
            "Nothing can be sent that way now: no such address, or it was refused. Try another way, or ring."
        )
    return await _add(unit, appointment, planned)


async def told(unit: Unit, appointment_id: str) -> LedgerLine:
    """Somebody of the staff told the patient: a line of the ledger, and what asked for a call is done."""
    appointment = await unit.get(Appointment, appointment_id)
    _coming(unit, appointment)
    now = unit.clock.now()
    number = 1 + _count(await rows.of_subjects(unit, [appointment.id]), "told")
    made = await _add(unit, appointment, Planned(f"told.{number}", CALL, now, appointment.end))
    state = machine.advance(machine.advance(machine.initial, Act.claim), Act.deliver)
    await unit.session.execute(
        update(Reminder)
        .where(col(Reminder.id) == made.id)
        .values(status=state.value, version=2, wake_at=None, sent_at=now, delivered_at=now)
        .execution_options(synchronize_session=False)
    )
    query = unit.select(Task).where(
        col(Task.appointment_id) == appointment.id, col(Task.kind).in_([one.value for one in _DONE_BY_TELLING]),
        col(Task.status).in_([one.value for one in OPEN]),
    )  # fmt: skip
    for task in await unit.all(query):
        await tasks.complete(unit, task.id, task.version)
    unit.record("U", "reminder.told", "Appointment", appointment.id, person_id=appointment.person_id)
    row = await unit.get(Reminder, made.id)
    await unit.session.refresh(row)
    return line(row, None)


def _coming(unit: Unit, appointment: Appointment) -> None:
    if appointment.status not in ALIVE or appointment.end <= unit.clock.now():
        raise Conflict("This visit is over or was called off: there is nothing to tell any more.")


def _count(known: Sequence[Reminder], kind: str) -> int:
    return sum(one.step.partition(".")[0] == kind for one in known)


async def _add(unit: Unit, appointment: Appointment, planned: Planned) -> LedgerLine:
    made = rows.row(
        unit, planned, subject=appointment.id, revision=appointment.revision, person_id=appointment.person_id,
        appointment_id=appointment.id,
    )  # fmt: skip
    await rows.add(unit, [made])
    unit.emit(DeliveryChanged(appointment_id=appointment.id))
    unit.record("C", f"reminder.{planned.step.partition('.')[0]}", "CommunicationRequest", made["id"])
    row = await unit.session.get(Reminder, made["id"])
    if row is None:  # planned by whoever pressed in the same moment
        raise StaleVersion("Somebody did this in the same moment. Look at the ledger before you do it again.")
    return line(row, (await addresses(unit, [row])).get(row.id))
