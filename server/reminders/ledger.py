"""The delivery ledger: each message one line, from planned to delivered to answered."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col

from server.reminders.tables import Reminder
from server.store.unit import Unit


class LedgerLine(BaseModel):
    """`planned`, `sent`, `delivered` and `answered` are the stations of its way; `at` is when `state` last changed."""

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


class Ledger(BaseModel):
    lines: list[LedgerLine]


async def of_appointment(unit: Unit, appointment_id: str) -> Ledger:
    query = unit.select(Reminder).where(col(Reminder.appointment_id) == appointment_id)
    found = await unit.all(query.order_by(col(Reminder.due), col(Reminder.step), col(Reminder.channel)))
    return Ledger(lines=[line(one) for one in found])


def line(row: Reminder) -> LedgerLine:
    return LedgerLine(
        id=row.id, step=row.step, channel=row.channel, state=row.status, planned=row.planned_at, due=row.due, at=row.at,
        sent=row.sent_at, delivered=row.delivered_at, answered=row.answered_at, answer=row.answer,
        attempts=row.attempts, segments=row.segments, why=row.last_error,
    )  # fmt: skip
