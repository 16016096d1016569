"""Join and end a visit."""

from __future__ import annotations

from typing import Any

from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, NotFound
from server.visits import service
from server.visits.call import call_info
from server.waiting.schemas import Nothing, VersionIn


async def join(ctx: Context, _body: Nothing) -> dict[str, Any]:
    """The provider takes the seat: prepares the call while the patient still waits, or comes back after a reload."""
    visit = await service.joinable(ctx.unit, ctx.path("visit_id"))
    ctx.unit.record("E", "visit.join", "Encounter", visit.id)
    row = await ctx.views.board_row(ctx.unit, visit.appointment_id)
    return {"call": call_info(ctx.ports, visit, provider=ctx.principal.account_id), "row": row}


async def end(ctx: Context, body: VersionIn) -> dict[str, Any]:
    """End the visit for both sides."""
    visit = await service.end(ctx.unit, ctx.path("visit_id"), body.version)
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


ROUTES = [
    Route("POST", "/v1/visits/{visit_id}/join", join, "visit.join", body=Nothing, problems=[NotFound, Conflict]),
    Route("POST", "/v1/visits/{visit_id}/end", end, "visit.end", body=VersionIn, problems=[NotFound, Conflict]),
]
