"""The delivery ledger: each message one line, from planned to delivered to answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col

from server.people.service import masked, reaches_of
from server.reminders.tables import Reminder
from server.store.unit import Unit


class LedgerLine(BaseModel):
    """`planned`, `sent`, `delivered` and `answered` are the stations of its way; `at` is when `state` last changed.
    `to`: enough of the number or mailbox to recognise it. `why` is a code."""

    id: str
    step: str
    channel: str
    state: str
    planned: datetime
    due: datetime
    at: datetime | None
    sent: datetime | None
    delivered: datetime | None
    answered: datetime | None
    answer: str | None
    attempts: int
    segments: int
    why: str | None
    to: str | None = None


class Ledger(BaseModel):
    lines: list[LedgerLine]


async def of_appointment(unit: Unit, appointment_id: str) -> Ledger:
    query = unit.select(Reminder).where(col(Reminder.appointment_id) == appointment_id)
    found = await unit.all(query.order_by(col(Reminder.due), col(Reminder.step), col(Reminder.channel)))
    to = await addresses(unit, found)
    return Ledger(lines=[line(one, to.get(one.id)) for one in found])


async def addresses(unit: Unit, rows: Sequence[Reminder]) -> dict[str, str]:
    """Message id -> enough of its number or mailbox to recognise it; not of what is the person's no more."""
    reached = await reaches_of(unit, {row.person_id for row in rows})
    known = {(who, one.contact.id): masked(one) for who, found in reached.items() for one in found}
    found = {row.id: known.get((row.person_id, row.contact_id or "")) for row in rows}
    return {row_id: to for row_id, to in found.items() if to is not None}


def line(row: Reminder, to: str | None = None) -> LedgerLine:
    return LedgerLine(
        id=row.id, step=row.step, channel=row.channel, state=row.status, planned=row.planned_at, due=row.due, at=row.at,
        sent=row.sent_at, delivered=row.delivered_at, answered=row.answered_at, answer=row.answer,
        attempts=row.attempts, segments=row.segments, why=row.last_error, to=to,
    )  # fmt: skip
