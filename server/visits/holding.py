"""Hold and resume: the two stay connected and neither hears nor sees the other, as long as the provider says.

A pause of the media and not of the encounter: FHIR's `on-hold` is a patient who is back in the waiting room. What is on
hold stands with the visit, so that a reload, another instance or a new way keeps it; when, stands in the visit's line.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

from media.engine import Away
from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.events import VisitChanged
from server.store.unit import Unit
from server.visits import guest_call, rooms, service
from server.visits.machine import Status
from server.visits.tables import LineChange, Visit
from server.waiting.schemas import Nothing


async def hold(ctx: Context, _body: Nothing) -> dict[str, Any]:
    """Nothing is sent either way until it is resumed; the patient's page says so. Again: nothing changes."""
    return await _turn(ctx, "hold")


async def resume(ctx: Context, _body: Nothing) -> dict[str, Any]:
    """Face to face again, with what each had on before. Again: nothing changes."""
    return await _turn(ctx, "resume")


async def _turn(ctx: Context, what: Literal["hold", "resume"]) -> dict[str, Any]:
    unit = ctx.unit
    visit = await service.joinable(unit, ctx.path("visit_id"))
    if visit.status != Status.in_progress:
        raise Conflict("This visit is not running, so there is nothing to hold. Admit the patient first.")
    if (visit.held_at is None) == (what == "hold"):
        for one in (await rooms.room(unit, visit)).visits:  # of a group everybody's who is in the call
            _write(unit, one, what)
        await unit.flush()
        room = await rooms.room(unit, visit)
        with suppress(Away):  # a relay that is away carries nobody
            for seat, kinds in guest_call.sending(room).items():
                await ctx.ports.media.set_publish(room.id, seat, kinds)
    return await ctx.views.board_row(unit, visit.appointment_id)


def _write(unit: Unit, visit: Visit, what: Literal["hold", "resume"]) -> None:
    now = unit.clock.now()
    visit.held_at = now if what == "hold" else None
    line = LineChange(
        id=new_id(), tenant=unit.tenant, visit_id=visit.id, seat="provider", at=now, rung=what, reason="chosen"
    )
    unit.add(visit, line)
    unit.emit(VisitChanged(appointment_id=visit.appointment_id))
    unit.record("U", f"visit.{what}", "Encounter", visit.id)


ROUTES = [
    Route("POST", "/v1/visits/{visit_id}/hold", hold, "visit.hold", body=Nothing, problems=[NotFound, Conflict]),
    Route("POST", "/v1/visits/{visit_id}/resume", resume, "visit.hold", body=Nothing, problems=[NotFound, Conflict]),
]
