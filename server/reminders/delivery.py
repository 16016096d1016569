"""The ledger as a page, and of which visits the newest message reached nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlmodel import col

from server.access.service import staff_names
from server.access.tables import Link
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.people.service import Opened, open_people
from server.reminders.delivery_schemas import (
    DeliveriesOut,
    DeliveryLine,
    DeliveryQuery,
    ReachedPerson,
    UnreachedListOut,
    UnreachedOut,
    VisitOfLine,
)
from server.reminders.ledger import addresses, line
from server.reminders.listeners import people
from server.reminders.machine import Status
from server.reminders.planning import ways
from server.reminders.steps import CALL, TEXT_FIRST, kind_of
from server.reminders.tables import Reminder
from server.store.unit import Unit

PAGE = 50
_BEHIND, _AHEAD = timedelta(hours=1), timedelta(days=14)
_MOST = 200  # visits of which nobody was reached; more than that is a channel that is down, and its own alarm
IN_FLIGHT = (Status.sending, Status.retrying)
_LOST = ("opted-out", "broken", "refused", "not-theirs-any-more")


async def page(unit: Unit, asked: DeliveryQuery) -> DeliveriesOut:
    """Messages, the newest due first."""
    query = unit.select(Reminder)
    for column, value in ((Reminder.status, asked.state), (Reminder.channel, asked.channel)):
        if value is not None:
            query = query.where(col(column) == value)
    if asked.step:
        query = query.where(or_(col(Reminder.step) == asked.step, col(Reminder.step).startswith(f"{asked.step}.")))
    if asked.since is not None:
        query = query.where(col(Reminder.due) >= asked.since)
    if asked.until is not None:
        query = query.where(col(Reminder.due) < asked.until)
    if asked.after is not None:
        last = await unit.get(Reminder, asked.after)
        before = and_(col(Reminder.due) == last.due, col(Reminder.id) < last.id)
        query = query.where(or_(col(Reminder.due) < last.due, before))
    found = await unit.all(query.order_by(col(Reminder.due).desc(), col(Reminder.id).desc()).limit(PAGE + 1))
    lines = await _lines(unit, found[:PAGE])
    unit.record("R", "delivery.list", "Communication", "")
    return DeliveriesOut(now=unit.clock.now(), lines=lines, more=len(found) > PAGE)


async def _lines(unit: Unit, rows: Sequence[Reminder]) -> list[DeliveryLine]:
    known = await open_people(unit, {row.person_id for row in rows})
    visits = await visits_of(unit, await unit.find(Appointment, {row.appointment_id or "" for row in rows}))
    to = await addresses(unit, rows)
    return [
        DeliveryLine(
            line=line(row, to.get(row.id)), person=_person(known[row.person_id]),
            visit=visits.get(row.appointment_id or ""),
        )
        for row in rows
    ]  # fmt: skip


async def visits_of(unit: Unit, found: Mapping[str, Appointment]) -> dict[str, VisitOfLine]:
    names = await staff_names(unit, {one.provider_id for one in found.values()})
    return {
        one.id: VisitOfLine(
            id=one.id, start=one.start, zone=one.zone, status=one.status, provider=names.get(one.provider_id, "")
        )
        for one in found.values()
    }  # fmt: skip


def _person(one: Opened) -> ReachedPerson:
    profile = one.profile
    return ReachedPerson(id=one.id, name=profile.name, birth_date=profile.birth_date, language=profile.language)


# -- nobody was reached -------------------------------------------------------


async def unreached(unit: Unit) -> UnreachedListOut:
    """Visits to come whose newest message reached nobody, the next one first. Who answered, or opened the link, was."""
    now = unit.clock.now()
    rows = await _doubtful(unit, now)
    found = {key: one for key, one in rows.items() if nobody_reached(one, now)}
    appointments = await unit.find(Appointment, found)
    opened = await _opened(unit, found)
    left = sorted((one for one in appointments.values() if one.id not in opened), key=lambda one: one.start)[:_MOST]
    visits = await visits_of(unit, {one.id: one for one in left})
    known = await open_people(unit, {one.person_id for one in left})
    reach = await people(unit, {one.person_id for one in left})
    to = await addresses(unit, [row for one in left for row in found[one.id]])
    unit.record("R", "delivery.unreached", "Communication", "")
    return UnreachedListOut(
        now=now,
        visits=[
            UnreachedOut(
                visit=visits[one.id], person=_person(known[one.person_id]),
                lines=[line(row, to.get(row.id)) for row in newest(found[one.id], now)],
                ways=list(dict.fromkeys(by for by, _ in ways(TEXT_FIRST, reach[one.person_id], unit.desk.channels))),
                reached_at=max((row.delivered_at for row in found[one.id] if row.delivered_at), default=None),
            )
            for one in left
        ],
    )  # fmt: skip


async def _doubtful(unit: Unit, now: datetime) -> dict[str, list[Any]]:
    """The messages of visits to come that nobody has answered, at their present revision: one query, and columns only,
    because most of two weeks' messages are looked at once and let go."""
    visit = col(Appointment.id) == col(Reminder.appointment_id)
    query = select(*Reminder.__table__.c).join(Appointment, visit)  # type: ignore[attr-defined]
    rows = await unit.session.execute(
        query.where(
            col(Reminder.tenant) == unit.tenant,
            col(Appointment.status) == Appt.booked.value, col(Appointment.participation) == "needs-action",
            col(Appointment.start) > now - _BEHIND, col(Appointment.start) < now + _AHEAD,
            col(Reminder.revision) == col(Appointment.revision), col(Reminder.due) <= now,
        ).order_by(col(Reminder.due), col(Reminder.id))
    )  # fmt: skip
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.appointment_id or "", []).append(row)
    return found


async def _opened(unit: Unit, appointment_ids: Iterable[str]) -> set[str]:
    query = unit.select(Link).where(
        unit.among(col(Link.appointment_id), appointment_ids), col(Link.opened_at).is_not(None)
    )
    return {one.appointment_id for one in await unit.all(query)}


def newest(rows: Sequence[Reminder], now: datetime) -> list[Reminder]:
    """The tries of the newest message that was due, of those that are for the patient. What only became needless
    (answered, moved, capped) was no try."""
    tries = [row for row in rows if row.due <= now and _is_try(row)]
    if not tries:
        return []
    last = max(tries, key=lambda row: (row.due, row.id))
    return [row for row in tries if row.step == last.step]


def _is_try(row: Reminder) -> bool:
    if kind_of(row.step).text is None and not was_told(row):
        return False
    return row.status != Status.cancelled or row.last_error in _LOST


def nobody_reached(rows: Sequence[Reminder], now: datetime) -> bool:
    """Whether the newest message is over with and reached nobody, as far as anybody told us."""
    tries = newest(rows, now)
    return bool(tries) and not any(reached(row) or _under_way(row) for row in tries)


def reached(row: Reminder) -> bool:
    """It arrived; or it went by a channel that tells nobody whether it did, and nothing came back."""
    if row.status == Status.delivered:
        return True
    return row.status == Status.sent and row.channel != CALL and row.wake_at is None and row.last_error is None


def _under_way(row: Reminder) -> bool:
    if row.channel == CALL:
        return False
    return row.status in {Status.scheduled, *IN_FLIGHT} or (row.status == Status.sent and row.wake_at is not None)


def was_told(row: Reminder) -> bool:
    """Whether somebody of the staff told the patient."""
    return row.step.partition(".")[0] == "told"
