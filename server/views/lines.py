"""The list of those who wait, filtered and sorted at the same time (HL7 EHR-S FM AS.6.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import col

from server.api.context import Context
from server.api.routing import Route
from server.store.unit import Unit
from server.views import board
from server.waiting.machine import IN_LINE
from server.waiting.schemas import LineIn
from server.waiting.tables import WaitingRoomEntry


async def listing(unit: Unit, asked: LineIn) -> list[dict[str, Any]]:
    """Rows of the board, in the order that was asked for."""
    entry = WaitingRoomEntry
    query = unit.select(entry).where(col(entry.status).in_([status.value for status in IN_LINE]))
    if asked.provider_id is not None:
        query = query.where(col(entry.provider_id) == asked.provider_id)
    if asked.pool_id is not None:
        query = query.where(col(entry.pool_id) == asked.pool_id)
    if asked.acuity is not None:
        query = query.where(col(entry.acuity) <= asked.acuity)
    if asked.triaged is not None:
        known = col(entry.triaged_at)
        query = query.where(known.is_not(None) if asked.triaged else known.is_(None))
    if asked.min_wait is not None:
        query = query.where(col(entry.since) <= unit.clock.now() - timedelta(minutes=asked.min_wait))
    orders = {
        "acuity": (col(entry.acuity), col(entry.booked_start), col(entry.since)),
        "booked": (col(entry.booked_start), col(entry.since)),
        "wait": (col(entry.since),),
    }
    found = await unit.all(query.order_by(*orders[asked.sort], col(entry.id)))
    rows = await board.rows(unit, [one.appointment_id for one in found])
    return [rows[one.appointment_id] for one in found]


async def read_line(ctx: Context, asked: LineIn) -> dict[str, Any]:
    """Who waits, filtered and sorted as asked; each as a row of the board."""
    ctx.unit.record("R", "waiting.list", "Appointment", "")
    return {"now": board.stamp(ctx.unit.clock.now()), "rows": await listing(ctx.unit, asked)}


ROUTES = [Route("GET", "/v1/waiting", read_line, "board.read", query=LineIn)]
