"""The kinds of visit a practice offers: added and changed by its administrator, never deleted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col

from server.appointments.schemas import VisitTypeIn
from server.appointments.tables import VisitType
from server.appointments.wish import provider_of
from server.core.errors import Conflict
from server.core.ids import new_id
from server.store.unit import Unit


async def offered(unit: Unit) -> list[VisitType]:
    """What can be booked now, by name."""
    return await unit.all(unit.select(VisitType).where(col(VisitType.active).is_(True)).order_by(col(VisitType.name)))


async def add(unit: Unit, body: VisitTypeIn) -> VisitType:
    """Raises Conflict when a kind of visit that is offered has the name already, NotFound or Invalid for a provider
    who is none."""
    _unused(await offered(unit), body, "")
    await _expect_providers(unit, body, [])
    made = VisitType(id=new_id(), tenant=unit.tenant, **body.model_dump())
    unit.add(made)
    unit.record("C", "visit_type.add", "HealthcareService", made.id)
    return made


async def change(unit: Unit, visit_type_id: str, body: VisitTypeIn) -> VisitType:
    """Length and buffers hold for what is booked from now on; a name or modality shows at once everywhere."""
    row = await unit.get(VisitType, visit_type_id)
    _unused(await offered(unit), body, row.id)
    await _expect_providers(unit, body, row.offered_by)
    for name, value in body.model_dump().items():
        setattr(row, name, value)
    unit.add(row)
    unit.record("U", "visit_type.change", "HealthcareService", row.id)
    return row


async def _expect_providers(unit: Unit, body: VisitTypeIn, before: Sequence[str]) -> None:
    """Whoever is named sees patients; who offered it before may have left the practice since."""
    for place, one in enumerate(body.offered_by):
        if one not in before:
            await provider_of(unit, one, f"/offered_by/{place}")


def _unused(rows: Sequence[VisitType], body: VisitTypeIn, own: str) -> None:
    if body.active and any(row.name.casefold() == body.name.casefold() and row.id != own for row in rows):
        raise Conflict("A kind of visit with this name exists already.")
