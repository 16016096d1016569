"""Claim what is due by lease, and write down what became of it: one transaction for many messages.

    scheduled --claim--> sending (committed) --> re-read --> provider --> settle (committed)

A worker that dies anywhere in between leaves `sending` rows whose lease ends; whoever claims them next knows that they
are in doubt and asks the provider before sending again. Every write is fenced by owner and version, so a worker that
was only slow changes nothing any more.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, select, update

from notifications.message import DeliveryError, Remedy
from server.core.principal import system
from server.events import DeliveryChanged
from server.reminders.machine import Act, Status, machine
from server.reminders.tables import Reminder
from server.store.many import update_many
from server.store.unit import Desk, Unit

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
CLAIMABLE = [state for state in Status if machine.allows(state, Act.claim)]
Claimed = Row[Any]  # the columns of `Reminder` as the claim left them
_T: Any = Reminder.__table__  # type: ignore[attr-defined]


async def claim(desk: Desk, owner: str, channel: str, limit: int) -> list[Claimed]:
    """Messages of a channel that are due and now ours until the lease ends, the longest due first. Each is given to one
    worker only, on PostgreSQL by row locks that others skip, on SQLite because writers take turns."""
    async with desk.unit(system("")) as unit:
        now = await unit.database_now()
        due = (
            select(_T.c.id)
            .where(_T.c.channel == channel, _T.c.wake_at <= now, _T.c.status.in_([one.value for one in CLAIMABLE]))
            .order_by(_T.c.wake_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        doubt = _T.c.status == Status.sending.value
        taken = (
            update(_T)
            .where(_T.c.id.in_(select(due.c.id)))
            .values(
                status=Status.sending.value, version=_T.c.version + 1, attempts=_T.c.attempts + 1, lease_owner=owner,
                wake_at=now + LEASE, at=desk.clock.now(), in_doubt=case((doubt, True), else_=_T.c.in_doubt),
                tried_at=case((doubt | _T.c.in_doubt, _T.c.tried_at), else_=now),
            )
            .returning(*_T.c)
        )  # fmt: skip
        return list((await unit.session.execute(taken)).all())


@dataclass(slots=True)
class Outcome:
    """What became of one claimed message: the act, and the columns that go with it."""

    row: Claimed
    act: Act
    values: dict[str, Any] = field(default_factory=dict)


_WRITTEN = (
    "status", "wake_at", "due", "attempts", "in_doubt", "provider_ref", "segments", "last_error", "sent_at",
    "delivered_at",
)  # fmt: skip


async def settle(unit: Unit, outcomes: Sequence[Outcome], owner: str) -> list[Outcome]:
    """Write outcomes that are still ours to write; returns those. The others were claimed anew after our lease."""
    ours = await _still_ours(unit, outcomes, owner)
    if not ours:
        return []
    also = {"lease_owner": None, "at": unit.clock.now(), "version": _T.c.version + 1}
    await unit.flush()
    await update_many(unit.session, _T, [_written(one) for one in ours], ("id", "version"), also)
    for one in ours:
        told(unit, one.row.id, one.row.channel, one.row.appointment_id, one.act)
    return ours


def told(unit: Unit, reminder_id: str, channel: str, appointment_id: str | None, act: Act) -> None:
    """The board and the audit trail hear of it."""
    if appointment_id is not None:
        unit.emit(DeliveryChanged(appointment_id=appointment_id))
    unit.record("U", f"reminder.{act.value}.{channel}", "CommunicationRequest", reminder_id)


async def _still_ours(unit: Unit, outcomes: Sequence[Outcome], owner: str) -> list[Outcome]:
    query = (
        select(_T.c.id, _T.c.version)
        .where(
            unit.among(_T.c.id, [one.row.id for one in outcomes]), _T.c.lease_owner == owner,
            _T.c.status == Status.sending.value, _T.c.tenant == unit.tenant,
        )
        .order_by(_T.c.id)  # as whoever plans anew: no ring of those who wait for each other
        .with_for_update()
    )  # fmt: skip
    versions = {one.id: one.version for one in await unit.session.execute(query)}
    return [one for one in outcomes if versions.get(one.row.id) == one.row.version]


def _written(outcome: Outcome) -> dict[str, Any]:
    """Every column that a settlement writes; what the outcome does not say stays, and nothing wakes anybody."""
    row = outcome.row
    kept = {name: getattr(row, name) for name in _WRITTEN}
    state = machine.advance(row.status, outcome.act).value
    changed = {"status": state, "wake_at": None, "in_doubt": False, **outcome.values}
    return {"id": row.id, "version": row.version, **kept, **changed}


def again(row: Claimed, at: datetime, why: str, *, doubt: bool = False) -> Outcome:
    """Try it again at a later moment."""
    return Outcome(row, Act.fail_temporary, {"wake_at": at, "last_error": why, "in_doubt": doubt})


def given_back(row: Claimed, at: datetime, why: str | None = None) -> Outcome:
    """The claim is given back: this was no attempt."""
    values = {"wake_at": at, "attempts": row.attempts - 1, "last_error": why or row.last_error}
    return Outcome(row, Act.release, {**values, "in_doubt": row.in_doubt})


def refused(row: Claimed, error: DeliveryError, now: datetime) -> Outcome:
    """Try it later with full jitter (at most five times, never past its use), or give up."""
    code, doubt = error.code[:64], error.remedy is Remedy.ASK_FIRST
    most = 2 if error.remedy is Remedy.RETRY_ONCE else MAX_ATTEMPTS
    if not error.permanent and row.attempts < most:
        ceiling = min(15 * 2**row.attempts, 900)
        at = now + timedelta(seconds=random.uniform(1, ceiling))  # noqa: S311 - jitter, not a secret
        if at < row.not_after:
            return again(row, at, code, doubt=doubt)
    return Outcome(row, Act.fail_permanent, {"last_error": code, "in_doubt": doubt})
