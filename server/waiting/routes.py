"""The provider's side of the waiting room."""

from __future__ import annotations

from typing import Any

from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, NotFound
from server.waiting import service
from server.waiting.schemas import AdmitIn, Nothing, VersionIn


async def see(ctx: Context, _body: Nothing) -> dict[str, Any]:
    """Say that a person of the staff has seen who waits: alerts end, here and at everybody else's board."""
    entry = await service.see(ctx.unit, ctx.path("entry_id"))
    return await ctx.views.board_row(ctx.unit, entry.appointment_id)


async def call(ctx: Context, body: VersionIn) -> dict[str, Any]:
    """Call somebody: the next step is to admit them or to put them back."""
    entry = await service.call(ctx.unit, ctx.path("entry_id"), body.version)
    return await ctx.views.board_row(ctx.unit, entry.appointment_id)


async def admit(ctx: Context, body: AdmitIn) -> dict[str, Any]:
    """Let one patient in, after two identifiers were compared. Opens the visit."""
    entry = await service.admit(ctx.unit, ctx.path("entry_id"), body.version, list(body.identifiers))
    await ctx.unit.settle()
    return await ctx.views.board_row(ctx.unit, entry.appointment_id)


async def requeue(ctx: Context, body: VersionIn) -> dict[str, Any]:
    """Put somebody who was called back in line, at the same place."""
    entry = await service.requeue(ctx.unit, ctx.path("entry_id"), body.version)
    return await ctx.views.board_row(ctx.unit, entry.appointment_id)


_PROBLEMS = [NotFound, Conflict]
ROUTES = [
    Route("POST", "/v1/waiting/{entry_id}/see", see, "waiting.see", body=Nothing, problems=[NotFound]),
    Route("POST", "/v1/waiting/{entry_id}/call", call, "waiting.call", body=VersionIn, problems=_PROBLEMS),
    Route("POST", "/v1/waiting/{entry_id}/admit", admit, "waiting.admit", body=AdmitIn, problems=_PROBLEMS),
    Route("POST", "/v1/waiting/{entry_id}/requeue", requeue, "waiting.requeue", body=VersionIn, problems=_PROBLEMS),
]
