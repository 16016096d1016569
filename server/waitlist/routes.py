"""The waitlist for staff, and the offers for whoever got one."""

from __future__ import annotations

from typing import Any

from server.api.context import Answer, Context
from server.api.routing import Route
from server.appointments.schemas import RowOut
from server.appointments.shown import stamp
from server.core.errors import Conflict, NotFound, SlotTaken
from server.waitlist import offers, service
from server.waitlist.schemas import OfferOut, OffersOut, WaitlistIn, WaitlistOut


async def read(ctx: Context) -> WaitlistOut:
    """Who waits for an earlier time, in the order in which they are asked; what became free and who took it."""
    return await service.shown(ctx.unit)


async def join(ctx: Context, body: WaitlistIn) -> WaitlistOut:
    """Put a booked visit on the list, or change what it would take."""
    await service.join(ctx.unit, body)
    return await service.shown(ctx.unit)


async def leave(ctx: Context) -> None:
    """Take a visit off the list."""
    await service.leave(ctx.unit, ctx.path("waitlist_id"))


async def take_for(ctx: Context) -> RowOut:
    """Take an offered time for somebody who rang."""
    appointment = await offers.take(ctx.unit, await offers.mine(ctx.unit, ctx.path("offer_id")))
    return RowOut(row=await ctx.views.board_row(ctx.unit, appointment.id))


async def own(ctx: Context) -> OffersOut:
    """The times that are offered for one's own visit."""
    return OffersOut(
        offers=[
            OfferOut(
                id=one.id, state=one.status, start=stamp(one.start), end=stamp(one.end),
                expires_at=stamp(one.expires_at),
            )
            for one in await offers.of_visit(ctx.unit, ctx.principal.appointment_id)
        ]
    )  # fmt: skip


async def take(ctx: Context) -> Answer:
    """Take an offered time: the visit moves there, the link stays."""
    appointment = await offers.take(ctx.unit, await offers.mine(ctx.unit, ctx.path("offer_id")))
    return Answer(await _view(ctx, appointment.id))


async def decline(ctx: Context) -> Answer:
    """Let an offered time go."""
    offer = await offers.mine(ctx.unit, ctx.path("offer_id"))
    await offers.decline(ctx.unit, offer)
    return Answer(await _view(ctx, offer.appointment_id))


async def _view(ctx: Context, appointment_id: str) -> dict[str, Any]:
    return await ctx.views.patient_view(ctx.unit, ctx.ports, appointment_id)


_TAKING = [Conflict, SlotTaken]
ROUTES = [
    Route("GET", "/v1/waitlist", read, "waitlist.read", returns=WaitlistOut),
    Route("POST", "/v1/waitlist", join, "waitlist.write", body=WaitlistIn, returns=WaitlistOut, status=201,
          problems=[NotFound, Conflict]),
    Route("DELETE", "/v1/waitlist/{waitlist_id}", leave, "waitlist.write", status=204),
    Route("POST", "/v1/offers/{offer_id}/take", take_for, "offer.take_for", returns=RowOut, problems=_TAKING),
    Route("GET", "/v1/my/offers", own, "offer.read_own", returns=OffersOut),
    Route("POST", "/v1/my/offers/{offer_id}/take", take, "offer.take", problems=_TAKING),
    Route("POST", "/v1/my/offers/{offer_id}/decline", decline, "offer.take", problems=[Conflict]),
]  # fmt: skip
