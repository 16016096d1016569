"""What an absence asked the staff for is settled when the visit has another time or provider, or is called off."""

from __future__ import annotations

from server.events import OfAppointment
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind


async def when_settled(unit: Unit, event: OfAppointment) -> None:
    known = await tasks.of_appointment(unit, event.appointment_id, Kind.displaced)
    if known is not None and known.key is not None:
        await tasks.drop(unit, known.key)
