"""One person is in one visit at a time. Staff may say otherwise, and it is on record that they did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import col

from server.access.service import staff_names
from server.appointments.claims import STANDING
from server.appointments.shown import stamp
from server.appointments.tables import Appointment
from server.core.errors import PersonElsewhere
from server.people.tables import Person
from server.store.unit import Unit


async def refuse(
    unit: Unit, appointment: Appointment, start: datetime, end: datetime, *, even_so: bool, but: Collection[str] = ()
) -> None:  # fmt: skip
    """Raises PersonElsewhere when the person has another visit in this stretch, unless `even_so`. The visits `but`
    move along and are not in the way.

    The person's row is held until the end: of two who book one person for the same time the later sees the earlier.
    """
    await unit.first(unit.select(Person).where(col(Person.id) == appointment.person_id).with_for_update())
    query = unit.select(Appointment).where(
        col(Appointment.person_id) == appointment.person_id, col(Appointment.id).not_in({appointment.id, *but}),
        col(Appointment.status).in_(STANDING), col(Appointment.start) < end, col(Appointment.end) > start,
    )  # fmt: skip
    other = await unit.first(query.order_by(col(Appointment.start), col(Appointment.id)))
    if other is None:
        return
    if even_so:
        unit.record("E", "appointment.even-so", "Appointment", appointment.id, person_id=appointment.person_id)
        return
    name = (await staff_names(unit, {other.provider_id}))[other.provider_id]
    raise PersonElsewhere(
        f"This person has another visit then, with {name}. Choose another time, or book it even so.",
        other={"id": other.id, "start": stamp(other.start), "end": stamp(other.end), "provider": name},
    )
