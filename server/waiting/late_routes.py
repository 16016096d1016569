"""Say that a line runs late, look before whom it concerns, or say no to what the facts propose."""

from __future__ import annotations

from pydantic import BaseModel, Field

from server.access.schemas import Id, Shape
from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, NotFound
from server.waiting import late
from server.waiting.schemas import Nothing
from server.waiting.tables import Lateness


class LateIn(Shape):
    """`minutes` by which the next visit of the line begins late; 0: in time again."""

    minutes: int = Field(ge=0, le=240)


class WhomIn(Shape):
    lane: Id
    minutes: int = Field(ge=0, le=240)


class WhomOut(BaseModel):
    """How many it concerns; `here` of them have the page open, the others are sent a message."""

    people: int
    here: int


class LateOut(BaseModel):
    """`told` people; `proposed` minutes that the facts say."""

    lane: str
    minutes: int
    told: int
    proposed: int | None


async def whom(ctx: Context, asked: WhomIn) -> WhomOut:
    """How many would be told, before anybody is."""
    found = await late.concerned(ctx.unit, asked.lane, asked.minutes)
    return WhomOut(people=len(found), here=sum(one.here for one in found))


async def say(ctx: Context, body: LateIn) -> LateOut:
    """Tell everybody whom it concerns. Messages leave ten seconds later, so that it can be taken back."""
    return _out(await late.say(ctx.unit, ctx.path("lane"), body.minutes))


async def decline(ctx: Context, _body: Nothing) -> LateOut:
    """No: it is not so late as the facts say. Nobody is told."""
    return _out(await late.decline(ctx.unit, ctx.path("lane")))


def _out(state: Lateness) -> LateOut:
    return LateOut.model_validate(state, from_attributes=True)


ROUTES = [
    Route("GET", "/v1/late", whom, "late.read", query=WhomIn, returns=WhomOut),
    Route("POST", "/v1/late/{lane}", say, "late.say", body=LateIn, returns=LateOut, problems=[NotFound, Conflict]),
    Route("POST", "/v1/late/{lane}/decline", decline, "late.say", body=Nothing, returns=LateOut,
          problems=[NotFound, Conflict]),
]  # fmt: skip
