"""What became of messages: the ledger, dead letters, who was not reached and what helps, figures and prices."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, NotFound, StaleVersion
from server.reminders import delivery, prices, remedies
from server.reminders import figures as counted
from server.reminders.delivery_schemas import (
    DeliveriesOut,
    DeliveryQuery,
    FiguresOut,
    FiguresQuery,
    PricesIn,
    PricesOut,
    ReplayIn,
    ReplayOut,
    ResendIn,
    UnreachedListOut,
)
from server.reminders.ledger import LedgerLine
from server.waiting.schemas import Nothing


async def listing(ctx: Context, query: DeliveryQuery) -> DeliveriesOut:
    """Messages one by one, from planned to delivered to answered. Dead letters are those that failed."""
    return await delivery.page(ctx.unit, query)


async def replay(ctx: Context, body: ReplayIn) -> ReplayOut:
    """Send dead letters again, as far as that helps and nothing went another way."""
    done = await remedies.replay(ctx.unit, body.ids)
    ctx.unit.afterwards(ctx.ports.wake_worker)
    return done


async def unreached(ctx: Context) -> UnreachedListOut:
    """Visits to come of which the newest message reached nobody."""
    return await delivery.unreached(ctx.unit)


async def resend(ctx: Context, body: ResendIn) -> LedgerLine:
    """The confirmation once more, by this channel."""
    made = await remedies.resend(ctx.unit, ctx.path("appointment_id"), body.channel)
    ctx.unit.afterwards(ctx.ports.wake_worker)
    return made


async def told(ctx: Context, _body: Nothing) -> LedgerLine:
    """Somebody of the staff told the patient of the visit."""
    return await remedies.told(ctx.unit, ctx.path("appointment_id"))


async def figures(ctx: Context, query: FiguresQuery) -> FiguresOut:
    """How messages fare by channel and what they cost."""
    return await counted.figures(ctx.unit, ctx.ports, query.days)


async def read_prices(ctx: Context) -> PricesOut:
    """What messages cost now."""
    return await prices.prices(ctx.unit)


async def set_prices(ctx: Context, body: PricesIn) -> PricesOut:
    """What messages cost from now on."""
    return await prices.set_prices(ctx.unit, body)


ROUTES = [
    Route("GET", "/v1/deliveries", listing, "delivery.list", query=DeliveryQuery, returns=DeliveriesOut, writes=True,
          problems=[NotFound]),
    Route("GET", "/v1/deliveries/unreached", unreached, "delivery.list", returns=UnreachedListOut, writes=True),
    Route("POST", "/v1/deliveries/replay", replay, "delivery.repair", body=ReplayIn, returns=ReplayOut,
          problems=[StaleVersion]),
    Route("POST", "/v1/appointments/{appointment_id}/resend", resend, "delivery.repair", body=ResendIn,
          returns=LedgerLine, status=201, problems=[Conflict, StaleVersion]),
    Route("POST", "/v1/appointments/{appointment_id}/told", told, "delivery.repair", body=Nothing, returns=LedgerLine,
          status=201, problems=[Conflict, StaleVersion]),
    Route("GET", "/v1/delivery-figures", figures, "delivery.figures", query=FiguresQuery, returns=FiguresOut),
    Route("GET", "/v1/practice/message-prices", read_prices, "prices.read", returns=PricesOut),
    Route("PUT", "/v1/practice/message-prices", set_prices, "prices.write", body=PricesIn, returns=PricesOut),
]  # fmt: skip
