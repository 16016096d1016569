"""Browsers that want to be told, and the practice's on-call phones."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, Invalid
from server.core.ids import b64
from server.push import service
from server.push.schemas import EndpointIn, PhonesIn, PhonesOut, PushKeyOut, PushStateOut, SubscribeIn


async def key(ctx: Context) -> PushKeyOut:
    """The key a browser subscribes with."""
    return PushKeyOut(key=b64(ctx.ports.push.public_key))


async def subscribe(ctx: Context, body: SubscribeIn) -> None:
    """Tell this browser when there is something new."""
    await service.subscribe(ctx.unit, ctx.ports.keys, ctx.ports.push, body)


async def state(ctx: Context, body: EndpointIn) -> PushStateOut:
    """Whether this browser is told. Asked by POST, so that its address stands in no URL."""
    return PushStateOut(on=await service.subscribed(ctx.unit, ctx.ports.keys, body.endpoint))


async def unsubscribe(ctx: Context, body: EndpointIn) -> None:
    """Tell this browser no more."""
    await service.unsubscribe(ctx.unit, ctx.ports.keys, body.endpoint)


async def phones(ctx: Context) -> PhonesOut:
    """The number that texts leave by, and the phones that are texted when nobody accepts a `stat` task."""
    return await service.phones(ctx.unit)


async def set_phones(ctx: Context, body: PhonesIn) -> PhonesOut:
    """Name the practice's phones anew."""
    return await service.set_phones(ctx.unit, body, ctx.ports.sms.number)


ROUTES = [
    Route("GET", "/v1/push/key", key, "push.subscribe", returns=PushKeyOut),
    Route("PUT", "/v1/push/subscription", subscribe, "push.subscribe", body=SubscribeIn, status=204,
          problems=[Invalid]),
    Route("POST", "/v1/push/state", state, "push.subscribe", body=EndpointIn, returns=PushStateOut, writes=False),
    Route("POST", "/v1/push/unsubscribe", unsubscribe, "push.subscribe", body=EndpointIn, status=204),
    Route("GET", "/v1/practice/phones", phones, "phones.read", returns=PhonesOut),
    Route("PUT", "/v1/practice/phones", set_phones, "phones.write", body=PhonesIn, returns=PhonesOut,
          problems=[Invalid, Conflict]),
]  # fmt: skip
