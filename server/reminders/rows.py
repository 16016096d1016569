"""Write messages into the plan, once each, and take them out again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import col

from server.core.ids import new_id
from server.reminders.machine import Act, Status, machine
from server.reminders.planning import Planned
from server.reminders.tables import Reminder
from server.store.many import insert_many
from server.store.unit import Unit

WAITING = (Status.scheduled, Status.retrying)
_T: Any = Reminder.__table__  # type: ignore[attr-defined]
_UNIQUE = ["subject", "revision", "step", "channel"]


def row(
    unit: Unit, planned: Planned, *, subject: str, revision: int, person_id: str, appointment_id: str | None
) -> dict[str, Any]:
    now = unit.clock.now()
    return {
        "id": new_id(), "tenant": unit.tenant, "status": machine.initial.value, "version": 1, "subject": subject,
        "appointment_id": appointment_id, "person_id": person_id, "revision": revision, "step": planned.step,
        "channel": planned.channel, "contact_id": planned.reach.contact.id if planned.reach else None, "facts": None,
        "due": planned.due, "not_after": planned.not_after, "wake_at": planned.due, "in_doubt": False, "attempts": 0,
        "segments": 0, "planned_at": now, "at": now,
    }  # fmt: skip


async def add(unit: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
    """Plan them; what is planned already stays as it is."""
    if not rows:
        return
    await unit.flush()
    await insert_many(unit.session, _T, rows, unique=_UNIQUE)


async def seal_facts(unit: Unit, reminder_id: str, facts: Mapping[str, str]) -> bytes | None:
    return (await unit.dek()).seal("reminder", "facts", reminder_id, json.dumps(dict(facts))) if facts else None


async def void(unit: Unit, *where: ColumnElement[bool], why: str) -> None:
    """Take back what has not begun to leave. What is leaving is settled by the worker that has it."""
    for state in WAITING:
        await unit.session.execute(
            update(Reminder)
            .where(col(Reminder.tenant) == unit.tenant, col(Reminder.status) == state.value, *where)
            .values(
                status=machine.advance(state, Act.cancel).value, version=col(Reminder.version) + 1, wake_at=None,
                last_error=why, at=unit.clock.now(),
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip


async def carry(unit: Unit, appointment_id: str, revision: int) -> None:
    """What has not begun to leave holds for the new revision as well: nothing that it says has changed."""
    await unit.session.execute(
        update(Reminder)
        .where(
            col(Reminder.tenant) == unit.tenant, col(Reminder.appointment_id) == appointment_id,
            col(Reminder.revision) == revision - 1, col(Reminder.status).in_([state.value for state in WAITING]),
        )
        .values(revision=revision, version=col(Reminder.version) + 1, at=unit.clock.now())
        .execution_options(synchronize_session=False)
    )  # fmt: skip


async def of_subjects(unit: Unit, subjects: Iterable[str]) -> list[Reminder]:
    return await unit.all(unit.select(Reminder).where(col(Reminder.subject).in_(list(subjects))))


def wakes(at: datetime) -> ColumnElement[bool]:
    return col(Reminder.wake_at) <= at
