"""Find and add people."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict
from server.people import service
from server.people.schemas import PeopleOut, PersonIn, PersonOut


async def search(ctx: Context) -> PeopleOut:
    """Find people by the first letters of their names, clinic number or phone number."""
    return PeopleOut(people=await service.search(ctx.unit, ctx.ports.keys, ctx.query("q")))


async def create(ctx: Context, body: PersonIn) -> PersonOut:
    """Add a person with contact points and needs."""
    person = await service.create(ctx.unit, ctx.ports.keys, body)
    return await service.person_out(ctx.unit, person.id)


ROUTES = [
    Route("GET", "/v1/people", search, "person.search", returns=PeopleOut),
    Route("POST", "/v1/people", create, "person.create", body=PersonIn, returns=PersonOut, status=201,
          problems=[Conflict]),
]  # fmt: skip
