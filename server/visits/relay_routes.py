"""A browser's way into the relay: the server says who may, the engine says how."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from media.engine import Away, Offer, Refused
from server.access.schemas import Shape
from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable
from server.core.principal import GUESTS, Role
from server.visits import guest_call, rooms, service
from server.visits.machine import Status
from server.visits.seats import guest_seat, patient_seat
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
    admission. A group's visits meet in one call. What is parted or muted is so before the browser has its answer.
    """
    visit = await service.of_seat(ctx.unit, ctx.path("visit_id"))
    if visit.status != Status.in_progress:
        raise Conflict("This visit is not running, so there is nothing to connect to.")
    mine = await _seat(ctx, visit)
    room = (await rooms.room(ctx.unit, visit)).id
    ctx.ports.limits.relay_seat.check(mine)
    offer = Offer(body.session, body.sdp, {want.mid: (want.seat, want.kind) for want in body.wants})
    try:
        answer = RelayOut(sdp=await ctx.ports.media.negotiate(room, mine, offer))
        if not await guest_call.bound(ctx.ports, visit, mine):
            raise Forbidden(OUT)
    except Refused as fault:
        raise Invalid(str(fault)) from fault
    except Away as fault:
        raise Unavailable(str(fault)) from fault
    return answer


OUT = "The clinic has not let you into the call, or has asked you to wait again."


async def _seat(ctx: Context, visit: Visit) -> str:
    """Raises Forbidden for a guest who was not let in."""
    role = ctx.principal.role
    if role not in GUESTS:
        return patient_seat(visit.id) if role is Role.patient else ctx.principal.account_id
    if not await guest_call.seated(ctx.unit, ctx.principal.link_id, visit):
        raise Forbidden(OUT)
    return guest_seat(ctx.principal.link_id)


ROUTES = [
    Route(
        "POST", "/v1/visits/{visit_id}/relay", relay, "visit.relay", body=RelayIn, returns=RelayOut,
        problems=[NotFound, Conflict, TooMany, Unavailable], writes=False, idempotent=False,
    ),
]  # fmt: skip
