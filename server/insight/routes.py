"""The administrator's figures."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.insight import figures as counted
from server.insight.schemas import DaysIn, Figures


async def figures(ctx: Context, asked: DaysIn) -> Figures:
    """Waits, the forecast's word, who did not come, what patients said; nothing of a person."""
    return await counted.figures(ctx.unit, asked.days)


ROUTES = [Route("GET", "/v1/figures", figures, "figures.read", query=DaysIn, returns=Figures)]
