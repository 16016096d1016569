"""Whose time a visit takes: its provider's and its co-providers', once for all who share it.

The owner of time is the visit itself, or the group it belongs to: a group takes its time once, and has it as long as
one of its visits stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import delete
from sqlmodel import col

from server.appointments import busy, holds, slots
from server.appointments.machine import Status
from server.appointments.tables import Appointment, CoProvider
from server.appointments.wish import Wish, provider_of
from server.core.errors import Fault, Invalid
from server.core.ids import new_id
from server.store.unit import Unit

STANDING = tuple(status.value for status in (Status.proposed, Status.pending, Status.booked, Status.arrived))


def owner(appointment: Appointment) -> str:
    """What the rows of `busy` name."""
    return appointment.group_id or appointment.id


async def claim(
    unit: Unit, owner_id: str, wish: Wish, co_provider_ids: Iterable[str] = (), *, person_id: str | None = None,
    hold_id: str | None = None,
) -> None:  # fmt: skip
    """Take a time of everybody who is needed, then give back whatever else the owner had.

    Raises SlotTaken, with the next free times and the id of whoever is not free; Invalid for a hold of something else.
    """
    everybody = [wish.provider_id, *co_provider_ids]
    held = hold_id is not None and await holds.use(unit, hold_id, wish, owner_id)
    for provider_id in sorted(everybody):  # always in one order, so that two claims never wait for each other
        if held and provider_id == wish.provider_id:
            continue
        if not await busy.take(unit, provider_id, wish.taken_from, wish.taken_to, owner_id):
            raise await slots.taken(unit, replace(wish, provider_id=provider_id), person_id)
    await busy.keep_only(unit, owner_id, everybody, wish.taken_from, wish.taken_to)


async def give_back(unit: Unit, appointment: Appointment) -> None:
    """A visit needs its time no more; a group keeps it while another of its visits stands."""
    if appointment.group_id is None or not await companions(unit, appointment):
        await busy.give_back(unit, owner(appointment))


async def companions(unit: Unit, appointment: Appointment) -> list[Appointment]:
    """The other visits of the same group that stand."""
    if appointment.group_id is None:
        return []
    query = unit.select(Appointment).where(
        col(Appointment.group_id) == appointment.group_id, col(Appointment.id) != appointment.id,
        col(Appointment.status).in_(STANDING),
    )  # fmt: skip
    return await unit.all(query.order_by(col(Appointment.id)))


async def co_providers(unit: Unit, appointment_ids: Iterable[str]) -> dict[str, list[str]]:
    """The co-providers of visits, in one order; visits without any are left out."""
    ids = sorted(set(appointment_ids))

    async def load() -> dict[str, list[str]]:
        query = unit.select(CoProvider).where(unit.among(col(CoProvider.appointment_id), ids))
        found: dict[str, list[str]] = defaultdict(list)
        for one in await unit.all(query.order_by(col(CoProvider.provider_id))):
            found[one.appointment_id].append(one.provider_id)
        return dict(found)

    return await unit.once((co_providers, *ids), load)


async def who_sees(unit: Unit, appointment: Appointment) -> list[str]:
    """Its provider, then its co-providers."""
    return [appointment.provider_id, *(await co_providers(unit, [appointment.id])).get(appointment.id, [])]


async def check_co_providers(unit: Unit, provider_id: str, co_provider_ids: Sequence[str]) -> None:
    """Raises NotFound, or Invalid with a pointer."""
    for place, one in enumerate(co_provider_ids):
        if one == provider_id or one in co_provider_ids[:place]:
            fault = Fault(f"/co_provider_ids/{place}", "sees the patient already")
            raise Invalid("A provider is named twice.", errors=[fault])
        await provider_of(unit, one, f"/co_provider_ids/{place}")


async def set_co_providers(unit: Unit, appointment_id: str, co_provider_ids: Iterable[str]) -> None:
    await unit.session.execute(delete(CoProvider).where(col(CoProvider.appointment_id) == appointment_id))
    for one in co_provider_ids:
        unit.add(CoProvider(id=new_id(), tenant=unit.tenant, appointment_id=appointment_id, provider_id=one))
    await unit.flush()
