"""Join and end a visit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from media.engine import Away
from server.access.service import practice_of
from server.api.context import Context
from server.api.routing import Route
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Invalid, NotFound
from server.core.principal import Role
from server.visits import rooms, service
from server.visits.call import call_info, paths
from server.visits.schemas import EndIn, PathsOut
from server.visits.tables import Visit
from server.waiting.schemas import Nothing, TransferIn


async def join(ctx: Context, _body: Nothing) -> dict[str, Any]:
    """The provider takes the seat: prepares the call while the patient still waits, or comes back after a reload."""
    visit = await service.of_clinician(ctx.unit, ctx.path("visit_id"))
    appointment = await ctx.unit.get(Appointment, visit.appointment_id)
    if appointment.provider_id != ctx.principal.account_id and not ctx.unit.desk.relay:
        raise Conflict("This clinic has no media relay, and a call of three needs one. Ask your administrator.")
    ctx.unit.record("E", "visit.join", "Encounter", visit.id)
    row = await ctx.views.board_row(ctx.unit, visit.appointment_id)
    practice = await practice_of(ctx.unit)
    return {
        "call": await call_info(ctx.unit, ctx.ports, visit, practice, provider=ctx.principal.account_id),
        "row": row,
    }


async def ways(ctx: Context) -> PathsOut:
    """ICE servers with fresh credentials, and what may be used now. Asked at admission, and when TURN falls silent."""
    unit, principal = ctx.unit, ctx.principal
    visit = await service.of_seat(unit, ctx.path("visit_id"))
    mine = principal.account_id if principal.role is Role.provider else ""
    return PathsOut.model_validate(paths(ctx.ports, visit, await practice_of(unit), provider=mine))


async def _hang_up(ctx: Context, room: str, visits: Sequence[Visit], *, goes_on: bool) -> None:
    """Nothing of these visits passes the relay any more; a call that others are in goes on without them."""
    if goes_on:
        for visit in visits:
            await rooms.put_out(ctx.unit, ctx.ports, room, visit)
        return
    with suppress(Away):  # a relay that is away carries nobody
        await ctx.ports.media.close_visit(room)


async def put_back(ctx: Context, body: TransferIn) -> dict[str, Any]:
    """Back into the waiting room: the same place, for the same provider, another one or a pool."""
    visit = await service.joinable(ctx.unit, ctx.path("visit_id"))
    now = await rooms.room(ctx.unit, visit)
    await service.put_back(ctx.unit, visit.id, body)
    # With whom they wait now may be another: who goes on without them are those who were there.
    others = any(one.id != visit.id for one in now.visits)
    await _hang_up(ctx, now.id, [visit], goes_on=others)
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


async def end(ctx: Context, body: EndIn) -> dict[str, Any]:
    """End the visit for both sides; of a group everybody's who is in the call, or this one's alone."""
    now = await rooms.room(ctx.unit, await service.joinable(ctx.unit, ctx.path("visit_id")))
    ended = await service.end(ctx.unit, ctx.path("visit_id"), body.version, alone=body.scope == "this")
    await _hang_up(ctx, now.id, ended, goes_on=len(now.visits) > len(ended))
    return await ctx.views.board_row(ctx.unit, ended[0].appointment_id)


ROUTES = [
    Route("GET", "/v1/visits/{visit_id}/paths", ways, "visit.paths", returns=PathsOut, problems=[NotFound, Conflict]),
    Route("POST", "/v1/visits/{visit_id}/join", join, "visit.join", body=Nothing, problems=[NotFound, Conflict]),
    Route("POST", "/v1/visits/{visit_id}/put-back", put_back, "visit.put_back", body=TransferIn,
          problems=[NotFound, Conflict, Invalid]),
    Route("POST", "/v1/visits/{visit_id}/end", end, "visit.end", body=EndIn, problems=[NotFound, Conflict]),
]  # fmt: skip
