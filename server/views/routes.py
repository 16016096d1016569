"""Snapshots for staff."""

from __future__ import annotations

from typing import Any, cast

from server.api.context import Context
from server.api.routing import Route
from server.views.projector import Projection


async def read_board(ctx: Context) -> dict[str, Any]:
    """The day's visits, everybody waiting and everybody in a visit."""
    ctx.unit.record("R", "board.read", "Appointment", "")
    return await cast("Projection", ctx.views).board(ctx.unit)


ROUTES = [Route("GET", "/v1/board", read_board, "board.read", writes=True)]
