"""The call list: what no machine can tell somebody becomes a task for a person; one transaction, and therefore once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from server.appointments.tables import Appointment
from server.core.principal import system
from server.reminders import missed
from server.reminders.aftermath import of_held
from server.reminders.claims import Claimed, Outcome, claim, settle
from server.reminders.letters import Held, in_plan, wanted
from server.reminders.machine import Act
from server.reminders.rules import planned_steps
from server.reminders.steps import CALL
from server.store.unit import Desk, Unit
from server.tasks.kinds import Kind, Priority
from server.tasks.service import ask

_KINDS = {"unconfirmed": Kind.unconfirmed, "noshow": Kind.no_show}
_SOON = timedelta(hours=4)  # whoever is expected so soon must be rung first


async def work(desk: Desk, owner: str, limit: int) -> bool:
    """Put what is due on the call list; whether there was anything."""
    rows = await claim(desk, owner, CALL, limit)
    by_tenant: dict[str, list[Claimed]] = defaultdict(list)
    for row in rows:
        by_tenant[row.tenant].append(row)
    for tenant, mine in by_tenant.items():
        async with desk.unit(system(tenant)) as unit:
            await _ask_all(unit, mine, owner)
    return bool(rows)


async def _ask_all(unit: Unit, rows: Sequence[Claimed], owner: str) -> None:
    appointments = await unit.find(Appointment, {row.appointment_id for row in rows if row.appointment_id})
    steps = await planned_steps(unit, (one.visit_type_id for one in appointments.values()))
    now = unit.clock.now()
    outcomes = []
    for row in rows:
        appointment = appointments.get(row.appointment_id)
        held = wanted(row, appointment, now) or in_plan(row, appointment, steps)
        if held is None and _kind(row) is Kind.no_show and appointment is not None:
            held = await _not_missing(unit, row, appointment)
        if held is not None:
            outcomes.append(of_held(held, now))
        else:
            outcomes.append(Outcome(row, Act.accept, {"sent_at": now, "last_error": None}))
    for one in await settle(unit, outcomes, owner):
        if one.act is Act.accept:
            await _ask(unit, one.row, appointments.get(one.row.appointment_id))


async def _not_missing(unit: Unit, row: Claimed, appointment: Appointment) -> Held | None:
    """Why nobody may be called missing (yet)."""
    found = await missed.look(unit, appointment)
    if found.why is None:
        return None
    return Held(row, found.why, until=found.until if found.until and found.until < row.not_after else None)


def _kind(row: Claimed) -> Kind:
    return _KINDS.get(row.step.partition(".")[0], Kind.not_reached)


async def _ask(unit: Unit, row: Claimed, appointment: Appointment | None) -> None:
    kind = _kind(row)
    near = appointment is not None and appointment.start - unit.clock.now() < _SOON
    priority = Priority.urgent if near and kind is not Kind.unconfirmed else Priority.routine
    due = appointment.start if appointment is not None and kind is not Kind.no_show else None
    missing = kind is Kind.no_show and appointment is not None
    await ask(
        unit, kind, priority, person_id=row.person_id, appointment_id=row.appointment_id, due=due,
        key=missed.key_of(appointment) if missing and appointment else f"reminder-{row.id}",
    )  # fmt: skip
