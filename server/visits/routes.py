"""Join and end a visit."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from media.engine import Away
from server.access.service import practice_of
from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, Invalid, NotFound
from server.core.principal import Role
from server.visits import service
from server.visits.call import call_info, paths
from server.visits.schemas import PathsOut
from server.waiting.schemas import Nothing, TransferIn, VersionIn


async def join(ctx: Context, _body: Nothing) -> dict[str, Any]:
    """The provider takes the seat: prepares the call while the patient still waits, or comes back after a reload."""
    visit = await service.joinable(ctx.unit, ctx.path("visit_id"))
    ctx.unit.record("E", "visit.join", "Encounter", visit.id)
    row = await ctx.views.board_row(ctx.unit, visit.appointment_id)
    practice = await practice_of(ctx.unit)
    return {"call": call_info(ctx.ports, visit, practice, provider=ctx.principal.account_id), "row": row}


async def ways(ctx: Context) -> PathsOut:
    """ICE servers with fresh credentials, and what may be used now. Asked at admission, and when TURN falls silent."""
    unit, principal = ctx.unit, ctx.principal
    visit = await service.of_seat(unit, ctx.path("visit_id"))
    mine = principal.account_id if principal.role is Role.provider else ""
    return PathsOut.model_validate(paths(ctx.ports, visit, await practice_of(unit), provider=mine))


async def _hang_up(ctx: Context, visit_id: str) -> None:
    """Nothing of this visit passes the relay any more."""
    with suppress(Away):  # a relay that is away carries nobody
        await ctx.ports.media.close_visit(visit_id)


async def put_back(ctx: Context, body: TransferIn) -> dict[str, Any]:
    """Back into the waiting room: the same place, for the same provider, another one or a pool."""
    visit = await service.put_back(ctx.unit, ctx.path("visit_id"), body)
    await _hang_up(ctx, visit.id)
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


async def end(ctx: Context, body: VersionIn) -> dict[str, Any]:
    """End the visit for both sides."""
    visit = await service.end(ctx.unit, ctx.path("visit_id"), body.version)
    await _hang_up(ctx, visit.id)
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


ROUTES = [
    Route("GET", "/v1/visits/{visit_id}/paths", ways, "visit.paths", returns=PathsOut, problems=[NotFound, Conflict]),
    Route("POST", "/v1/visits/{visit_id}/join", join, "visit.join", body=Nothing, problems=[NotFound, Conflict]),
    Route("POST", "/v1/visits/{visit_id}/put-back", put_back, "visit.put_back", body=TransferIn,
          problems=[NotFound, Conflict, Invalid]),
    Route("POST", "/v1/visits/{visit_id}/end", end, "visit.end", body=VersionIn, problems=[NotFound, Conflict]),
]  # fmt: skip
