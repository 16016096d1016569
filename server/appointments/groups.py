"""Several people at one time with one provider: a family, a class.

Each person has a visit of their own, with its link, consent, entry and conversation; what they share is the time and
`group_id`. Nothing of one person is ever shown to another but a number, and the name of who chose to show it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import col

from server.appointments import claims, elsewhere, service
from server.appointments.schemas import IN_ONE_CALL, BookIn, GroupIn, MemberIn
from server.appointments.tables import Appointment
from server.appointments.wish import checked
from server.core.errors import Conflict, Fault, Invalid, NotFound
from server.core.ids import new_id
from server.store.unit import Unit
from server.vault.port import KeyPort


async def book(unit: Unit, keys: KeyPort, body: GroupIn) -> list[Appointment]:
    """Book one time for all of them, or for nobody. Raises as booking does, with pointers into `people`."""
    each_once([one.person_id for one in body.people])
    expect_room(len(body.people), len(body.co_provider_ids))
    await claims.check_co_providers(unit, body.provider_id, body.co_provider_ids)
    wish = await checked(unit, body)
    group_id = new_id()
    await claims.claim(unit, group_id, wish, body.co_provider_ids, hold_id=body.hold_id)
    shared = body.model_dump(include={"provider_id", "visit_type_id", "start", "zone", "co_provider_ids"})
    return [await join(unit, keys, BookIn(**shared, **one.model_dump()), group_id) for one in body.people]


async def add(unit: Unit, keys: KeyPort, group_id: str, body: MemberIn) -> Appointment:
    """One more person. Raises NotFound when no visit of the group stands, Conflict when it is full or has them."""
    members = await standing(unit, group_id)
    if any(one.person_id == body.person_id for one in members):
        raise Conflict("This person is in the group already.")
    first = members[0]
    others = (await claims.co_providers(unit, [first.id])).get(first.id, [])
    if len(members) >= places(len(others)):
        raise Conflict(f"A group has {places(len(others))} people at the most. Book another time.")
    booking = BookIn(
        provider_id=first.provider_id, visit_type_id=first.visit_type_id, start=first.start, zone=first.zone,
        co_provider_ids=others, **body.model_dump(),
    )  # fmt: skip
    return await join(unit, keys, booking, group_id, first)


async def standing(unit: Unit, group_id: str) -> list[Appointment]:
    """The visits of a group that stand. Raises NotFound when there are none."""
    query = unit.select(Appointment).where(
        col(Appointment.group_id) == group_id, col(Appointment.status).in_(claims.STANDING)
    )
    found = await unit.all(query.order_by(col(Appointment.created_at), col(Appointment.id)))
    if not found:
        raise NotFound("There is no such group here, or it was called off.")
    return found


async def join(unit: Unit, keys: KeyPort, body: BookIn, group_id: str, like: Appointment | None = None) -> Appointment:
    """Write the visit of one person whose time the group has taken already; `like` another of the group's visits."""
    made = await service.plan(unit, keys, body)
    await elsewhere.refuse(unit, made.appointment, made.wish.start, made.wish.end, even_so=body.even_so)
    made.appointment.group_id = group_id
    made.appointment.group_number = await _next_number(unit, group_id)
    if like is not None:
        made.appointment.end = like.end
        made.appointment.series_id, made.appointment.series_number = like.series_id, like.series_number
    return await service.write(unit, made, body.co_provider_ids)


async def _next_number(unit: Unit, group_id: str) -> int:
    """No number is given twice, also when its first owner has left the group or was called off."""
    newest = select(func.max(col(Appointment.group_number))).where(
        col(Appointment.group_id) == group_id, col(Appointment.tenant) == unit.tenant
    )
    return ((await unit.session.execute(newest)).scalar_one() or 0) + 1


def places(co_providers: int) -> int:
    """How many people a group has room for, beside its provider and co-providers."""
    return IN_ONE_CALL - 1 - co_providers


def expect_room(people: int, co_providers: int) -> None:
    """Raises Invalid for more people than one call holds."""
    if people > places(co_providers):
        fault = Fault("/people", f"are more than the {places(co_providers)} for whom there is room")
        raise Invalid("One call does not hold so many people. Book some of them at another time.", errors=[fault])


def each_once(person_ids: Sequence[str]) -> None:
    for place, person_id in enumerate(person_ids):
        if person_id in person_ids[:place]:
            fault = Fault(f"/people/{place}/person_id", "is in the group already")
            raise Invalid("A person is named twice.", errors=[fault])
