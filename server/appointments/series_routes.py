"""Groups and series: several people at one time, one visit at several times."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.appointments import groups, series
from server.appointments.schemas import GroupIn, MemberIn, RowOut
from server.appointments.series_schemas import GroupOut, OccurrencesOut, SeriesIn, SeriesOut
from server.core.errors import Conflict, NotFound, PersonElsewhere, SlotTaken


async def book_group(ctx: Context, body: GroupIn) -> GroupOut:
    """One time for several people, each with a visit and a link of their own."""
    made = await groups.book(ctx.unit, ctx.ports.keys, body)
    rows = await ctx.views.board_rows(ctx.unit, [one.id for one in made])
    return GroupOut(group_id=made[0].group_id or "", rows=rows)


async def add_to_group(ctx: Context, body: MemberIn) -> RowOut:
    """One more person in a group."""
    made = await groups.add(ctx.unit, ctx.ports.keys, ctx.path("group_id"), body)
    return RowOut(row=await ctx.views.board_row(ctx.unit, made.id))


async def preview_series(ctx: Context, body: SeriesIn) -> OccurrencesOut:
    """Every occurrence and what stands in its way; books nothing."""
    return OccurrencesOut(occurrences=await series.preview(ctx.unit, body))


async def book_series(ctx: Context, body: SeriesIn) -> SeriesOut:
    """All of a series, or nothing of it."""
    made = await series.book(ctx.unit, ctx.ports.keys, body)
    rows = await ctx.views.board_rows(ctx.unit, [one.id for one in made])
    return SeriesOut(series_id=made[0].series_id or "", rows=rows)


ROUTES = [
    Route("POST", "/v1/groups", book_group, "group.book", body=GroupIn, returns=GroupOut, status=201,
          problems=[NotFound, SlotTaken, PersonElsewhere]),
    Route("POST", "/v1/groups/{group_id}/people", add_to_group, "group.add", body=MemberIn, returns=RowOut, status=201,
          problems=[Conflict, PersonElsewhere]),
    Route("POST", "/v1/series/preview", preview_series, "series.preview", body=SeriesIn, returns=OccurrencesOut,
          problems=[NotFound], writes=False),
    Route("POST", "/v1/series", book_series, "series.book", body=SeriesIn, returns=SeriesOut, status=201,
          problems=[NotFound, SlotTaken, PersonElsewhere]),
]  # fmt: skip
