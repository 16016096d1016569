"""A browser's way into the relay: the server says who may, the engine says how."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from media.engine import Away, Offer, Refused
from server.access.schemas import Shape
from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from server.core.principal import Role
from server.visits import service
from server.visits.call import patient_seat
from server.visits.machine import Status
from server.visits.tables import Visit


class WantIn(Shape):
    mid: str = Field(min_length=1, max_length=16)
    seat: str = Field(min_length=1, max_length=64)
    kind: Literal["audio", "video"]


class RelayIn(Shape):
    session: str = Field(min_length=1, max_length=64)
    sdp: str = Field(min_length=1, max_length=200_000)
    wants: list[WantIn] = Field(max_length=64)


class RelayOut(BaseModel):
    sdp: str


async def relay(ctx: Context, body: RelayIn) -> RelayOut:
    """Answer a browser's offer to the relay. Only for the seats of a visit that runs: nobody connects ahead of
    admission.
    """
    visit = await service.of_seat(ctx.unit, ctx.path("visit_id"))
    if visit.status != Status.in_progress:
        raise Conflict("This visit is not running, so there is nothing to connect to.")
    mine = _seat(ctx, visit)
    ctx.ports.limits.relay_seat.check(mine)
    offer = Offer(body.session, body.sdp, {want.mid: (want.seat, want.kind) for want in body.wants})
    try:
        return RelayOut(sdp=await ctx.ports.media.negotiate(visit.id, mine, offer))
    except Refused as fault:
        raise Invalid(str(fault)) from fault
    except Away as fault:
        raise Unavailable(str(fault)) from fault


def _seat(ctx: Context, visit: Visit) -> str:
    return patient_seat(visit.id) if ctx.principal.role is Role.patient else ctx.principal.account_id


ROUTES = [
    Route(
        "POST", "/v1/visits/{visit_id}/relay", relay, "visit.relay", body=RelayIn, returns=RelayOut,
        problems=[NotFound, Conflict, TooMany, Unavailable], writes=False, idempotent=False,
    ),
]  # fmt: skip
