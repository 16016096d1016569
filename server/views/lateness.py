"""Running late, as staff and patients see it: the same words for snapshots, answers and events."""

from __future__ import annotations

from typing import Any

from sqlmodel import col

from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.store.unit import Unit
from server.views.hanging import of_appointments
from server.waiting.late import holds
from server.waiting.machine import Status
from server.waiting.tables import Lateness, LateNotice, WaitingRoomEntry

_TO_COME = {Appt.booked.value, Appt.arrived.value}


async def lines(unit: Unit) -> dict[str, dict[str, Any]]:
    """By line (a provider or a pool): what was said and what is proposed; lines in time are left out."""
    found = {one.lane: line(one) for one in await unit.all(unit.select(Lateness))}
    return {lane: shown for lane, shown in found.items() if shown is not None}


async def line_of(unit: Unit, lane: str) -> dict[str, Any] | None:
    found = await unit.first(unit.select(Lateness).where(col(Lateness.lane) == lane))
    return line(found) if found else None


def line(state: Lateness) -> dict[str, Any] | None:
    if not state.minutes and state.proposed is None:
        return None
    said_at = state.said_at.replace(microsecond=0).isoformat().replace("+00:00", "Z") if state.said_at else None
    return {
        "minutes": state.minutes, "told": state.told, "at": said_at if state.minutes else None,
        "proposed": state.proposed,
    }  # fmt: skip


async def notices(
    unit: Unit, appointments: dict[str, Appointment], entries: dict[str, WaitingRoomEntry]
) -> dict[str, dict[str, Any]]:
    """By appointment: `{minutes, at, wish}`, while the visit is still to come and what was told holds."""
    found = {}
    for one in await of_appointments(unit, LateNotice, list(appointments)):
        visit, entry = appointments[one.appointment_id], entries.get(one.appointment_id)
        inside = entry is not None and entry.status == Status.admitted
        if visit.status in _TO_COME and not inside and holds(one, visit):
            at = one.at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
            found[visit.id] = {"minutes": one.minutes, "at": at, "wish": one.wish}
    return found
