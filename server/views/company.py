"""Who is at a visit beside its two: the patient's devices, and the guests. The same words for staff and patient."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlmodel import col

from server.access import confirming, guests
from server.access.tables import Guest, Session
from server.appointments.interpreter_tables import InterpreterRace
from server.appointments.tables import Appointment
from server.core.principal import Role
from server.store.unit import Unit
from server.views.hanging import of_appointments
from server.visits.guests import shown
from server.visits.tables import VisitRing


async def devices(unit: Unit, appointment_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The browsers in which a patient's link was used, by appointment, the first one first. `level` is
    `access.confirming`'s, null while nobody knows whose it is; `invite` names the device in the conversation."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in await _sessions(unit, appointment_ids):
        if not one.device:
            continue
        found.setdefault(one.appointment_id or "", []).append(
            {
                "id": one.id, "device": one.device, "level": one.level or None,
                "invite": one.link_id if one.device == confirming.FIRST else one.id,
                "at": one.created_at.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
            }
        )  # fmt: skip
    return found


async def _sessions(unit: Unit, appointment_ids: list[str]) -> list[Session]:
    """The sign-ins to these visits that nobody has ended, the oldest first."""
    query = unit.select(Session).where(
        col(Session.appointment_id).in_(appointment_ids), col(Session.ended_at).is_(None)
    )
    order = (col(Session.created_at), col(Session.id))
    return await unit.once((Session, *appointment_ids), lambda: unit.all(query.order_by(*order)))


async def at_visits(unit: Unit, appointments: dict[str, Appointment]) -> dict[str, list[dict[str, Any]]]:
    """The guests of these visits, by appointment."""
    by_visit = await guests.at(unit, list(appointments))
    rings = await _rings(unit, [guest.id for there in by_visit.values() for guest in there if guest.interpreter_id])
    cells = unit.cells()
    await cells.prefetch_cells(guest.name for there in by_visit.values() for guest in there)
    return {
        visit: [shown(guest, cells.open("guest", "name", guest.id, guest.name), rings.get(guest.id)) for guest in there]
        for visit, there in by_visit.items()
    }


async def _rings(unit: Unit, guest_ids: list[str]) -> dict[str, VisitRing]:
    """The newest telephone call to each of these guests."""
    if not guest_ids:
        return {}
    query = unit.select(VisitRing).where(col(VisitRing.guest_id).in_(guest_ids))
    rung = await unit.all(query.order_by(col(VisitRing.asked_at), col(VisitRing.id)))
    return {one.guest_id: one for one in rung if one.guest_id}


async def races(unit: Unit, appointment_ids: list[str]) -> dict[str, dict[str, Any]]:
    """How it stands with the interpreters who were asked, by appointment; the newest race of each."""
    held = await of_appointments(unit, InterpreterRace, appointment_ids)
    newest = {one.appointment_id: one for one in sorted(held, key=lambda one: one.created_at)}
    if not newest:
        return {}
    passed = unit.select(Guest).where(
        col(Guest.race_id).in_([one.id for one in newest.values()]), col(Guest.passed_at).is_not(None)
    )
    said_no = Counter(guest.race_id for guest in await unit.all(passed))
    return {
        visit: {
            "state": "taken" if one.taken_by else "closed" if one.closed_at else "open", "asked": one.asked,
            "passed": said_no[one.id],
        }
        for visit, one in newest.items()
    }  # fmt: skip


async def has_onlookers(unit: Unit, appointment_id: str) -> bool:
    """Whether anybody follows the visit who is not its patient: a guest, or a device that nobody knows yet."""
    if await guests.at(unit, [appointment_id]):
        return True
    return any(one.role == Role.unconfirmed for one in await _sessions(unit, [appointment_id]))
