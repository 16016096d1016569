"""The open question of a number: ask it, read it, close it, and act when it runs out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from server.api.context import Ports
from server.appointments import moving
from server.appointments.machine import Status
from server.appointments.tables import Appointment
from server.core.errors import Problem
from server.core.ids import new_id
from server.core.principal import system
from server.reminders.dialogue_tables import Dialogue
from server.store.unit import Unit

WHICH, OFFERS, EARLIER, KEEP = "which", "offers", "earlier", "keep"
LIVES = {
    WHICH: timedelta(hours=2), OFFERS: timedelta(hours=24), EARLIER: timedelta(minutes=10), KEEP: timedelta(minutes=10)
}  # fmt: skip


async def ask(unit: Unit, contact_id: str, kind: str, data: dict[str, Any]) -> None:
    """Ask a number something. That a declined visit may be kept stays said beside whatever is asked later."""
    await close(unit, contact_id)
    if kind == KEEP:
        for row, known in await _kept(unit, contact_id):
            if known["appointment_id"] == data["appointment_id"]:
                await end(unit, row)
    row_id = new_id()
    unit.add(
        Dialogue(
            id=row_id, tenant=unit.tenant, contact_id=contact_id, kind=kind,
            data=(await unit.dek()).seal("dialogue", "data", row_id, json.dumps(data)),
            expires_at=unit.clock.now() + LIVES[kind],
        )
    )  # fmt: skip
    await unit.flush()


async def current(unit: Unit, contact_id: str) -> tuple[Dialogue, dict[str, Any]] | None:
    """The open question of a number, if it has one that lives: the menu, which is always the newest, or else the visit
    that was declined last."""
    query = unit.select(Dialogue).where(col(Dialogue.contact_id) == contact_id, col(Dialogue.kind) != KEEP)
    row = await unit.first(query)
    if row is not None and row.expires_at > unit.clock.now():
        return row, await _data(unit, row)
    kept = [one for one in await _kept(unit, contact_id) if one[0].expires_at > unit.clock.now()]
    return kept[0] if kept else None


async def _kept(unit: Unit, contact_id: str) -> list[tuple[Dialogue, dict[str, Any]]]:
    query = unit.select(Dialogue).where(col(Dialogue.contact_id) == contact_id, col(Dialogue.kind) == KEEP)
    rows = await unit.all(query.order_by(col(Dialogue.expires_at).desc(), col(Dialogue.id)))
    return [(row, await _data(unit, row)) for row in rows]


async def _data(unit: Unit, row: Dialogue) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((await unit.dek()).open("dialogue", "data", row.id, row.data))
    return data


def asked_at(row: Dialogue) -> datetime:
    """When the question was asked."""
    return row.expires_at - LIVES[row.kind]


async def close(unit: Unit, contact_id: str) -> None:
    """Take back the menu of a number."""
    menu = (col(Dialogue.contact_id) == contact_id, col(Dialogue.kind) != KEEP)
    await unit.session.execute(delete(Dialogue).where(*menu, col(Dialogue.tenant) == unit.tenant))


async def end(unit: Unit, row: Dialogue) -> None:
    """Take back one question."""
    await unit.session.execute(delete(Dialogue).where(col(Dialogue.id) == row.id, col(Dialogue.tenant) == unit.tenant))


async def run_out(ports: Ports) -> bool:
    """Give away the time of visits that were declined and not kept within ten minutes; whether there were any."""
    async with ports.desk.unit(system(""), write=False) as unit:
        query = (
            select(col(Dialogue.tenant), col(Dialogue.id))
            .where(col(Dialogue.kind) == KEEP, col(Dialogue.expires_at) <= unit.clock.now())
            .limit(50)
        )
        due = [(tenant, row_id) for tenant, row_id in await unit.session.execute(query)]
    for tenant, row_id in due:
        async with ports.desk.unit(system(tenant)) as unit:
            row = await unit.first(unit.select(Dialogue).where(col(Dialogue.id) == row_id))
            if row is None:
                continue  # kept, or given away by another worker
            data = await _data(unit, row)
            await end(unit, row)
            await _give_away(unit, data)
    return bool(due)


async def _give_away(unit: Unit, data: dict[str, Any]) -> None:
    """Call the declined visit off; the waitlist hears of its time by the event. What changed meanwhile stays."""
    appointment = await unit.get(Appointment, data["appointment_id"])
    declined = appointment.participation == "declined" and appointment.revision == data["revision"]
    if not declined or appointment.status != Status.booked:
        return
    try:
        await moving.cancel(unit, appointment, "pat", tell=False)
    except Problem as refused:  # a visit of a kind that is not called off this way stays with the task for staff
        unit.record("E", f"dialogue.kept.{refused.slug}", "Appointment", appointment.id, outcome="4")


def at(text: str) -> datetime:
    """An instant as it stands in a question's data."""
    return datetime.fromisoformat(text)
