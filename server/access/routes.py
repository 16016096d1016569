"""Sign-in and sign-out of staff."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from server.access import service, sessions
from server.access.schemas import Me, MediaIn, SignIn
from server.api.context import Answer, Context
from server.api.routing import Route, cookie
from server.core.errors import Conflict, TooMany, Unauthenticated, Unavailable
from server.core.principal import Role
from server.vault.normal import fold


async def sign_in(ctx: Context, body: SignIn) -> Answer:
    """Sign in as staff with e-mail and password."""
    limits, ports = ctx.ports.limits, ctx.ports
    name = fold(body.email).strip()  # as the address is looked up
    limits.signin_address.check(ctx.address)
    limits.signin_account.check(f"{ctx.address} {name}")
    limits.signin_anywhere.check(name)
    role = Role(body.role)
    try:
        account = await service.prove(ctx.unit, ports.keys, email=body.email, password=body.password, role=role)
    except Unauthenticated:
        ports.metrics.sign_in_failed("password")
        raise
    limits.signin_account.forget(f"{ctx.address} {name}")
    life = timedelta(hours=ctx.settings.session_hours)
    async with ports.desk.unit(ctx.principal, request_id=ctx.request_id) as unit:
        token = await service.enter(unit, account, role, life)
        return Answer(await service.me(unit), 201, cookies={cookie(role): token})


async def sign_out(ctx: Context) -> Answer:
    """End this session everywhere."""
    await sessions.end(ctx.unit)
    # Only once it is true: a socket thrown out earlier could come back before the commit.
    ctx.unit.afterwards(partial(ctx.ports.expel, ctx.principal.session_id))
    return Answer(status=204, cookies={cookie(ctx.principal.speaker, ctx.principal.link_id): None})


async def who_am_i(ctx: Context) -> Me:
    """Who is signed in, and at which practice."""
    return await service.me(ctx.unit)


async def set_media(ctx: Context, body: MediaIn) -> MediaIn:
    """Hide network addresses in every call of the practice, or no longer. Running calls keep their ways."""
    if body.relay_only and not ctx.ports.ice_servers.turn:
        raise Conflict("Addresses can only be hidden with a TURN server. Set CAREROOM_TURN_URLS first.")
    await service.set_media(ctx.unit, relay_only=body.relay_only)
    return body


ROUTES = [
    Route("PUT", "/v1/practice/media", set_media, "practice.media", body=MediaIn, returns=MediaIn, problems=[Conflict]),
    Route("POST", "/v1/sessions", sign_in, "session.create", body=SignIn, returns=Me, status=201,
          problems=[TooMany, Unavailable], writes=False, idempotent=False),
    Route("DELETE", "/v1/sessions/current", sign_out, "session.end", status=204),
    Route("GET", "/v1/me", who_am_i, "session.read", returns=Me),
]  # fmt: skip
