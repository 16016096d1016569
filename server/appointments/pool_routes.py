"""Pools over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from server.access.schemas import Id, Shape
from server.access.service import staff_names
from server.api.context import Context
from server.api.routing import Route
from server.appointments import pools
from server.appointments.pool_tables import Pool
from server.appointments.schemas import Named
from server.core.errors import NotFound
from server.people.schemas import OneLine


class PoolIn(Shape):
    """`members` are the accounts of providers."""

    name: Annotated[OneLine, Field(min_length=1, max_length=80)]
    members: list[Id] = Field(max_length=200)
    active: bool = True


class PoolOut(BaseModel):
    id: str
    name: str
    active: bool
    members: list[Named]


class PoolsOut(BaseModel):
    pools: list[PoolOut]


async def listing(ctx: Context) -> PoolsOut:
    """The pools of the practice and who serves them."""
    return PoolsOut(pools=[await _out(ctx, pool, members) for pool, members in await pools.listing(ctx.unit)])


async def make(ctx: Context, body: PoolIn) -> PoolOut:
    """Several providers for one line."""
    return await _saved(ctx, None, body)


async def change(ctx: Context, body: PoolIn) -> PoolOut:
    """Another name, other members, or the end of it. Who waits in it stays in line for those who serve it now."""
    return await _saved(ctx, ctx.path("pool_id"), body)


async def _saved(ctx: Context, pool_id: str | None, body: PoolIn) -> PoolOut:
    pool = await pools.save(ctx.unit, pool_id, body.name, body.members, active=body.active)
    return await _out(ctx, pool, (await pools.members_of(ctx.unit, [pool.id]))[pool.id])


async def _out(ctx: Context, pool: Pool, members: list[str]) -> PoolOut:
    names = await staff_names(ctx.unit, set(members))
    shown = sorted((Named(id=member, name=names[member]) for member in members), key=lambda one: one.name)
    return PoolOut(id=pool.id, name=pool.name, active=pool.active, members=shown)


ROUTES = [
    Route("GET", "/v1/pools", listing, "pool.list", returns=PoolsOut),
    Route("POST", "/v1/pools", make, "pool.write", body=PoolIn, returns=PoolOut, status=201, problems=[NotFound]),
    Route("PUT", "/v1/pools/{pool_id}", change, "pool.write", body=PoolIn, returns=PoolOut, problems=[NotFound]),
]
