"""Another time by text: the three that fit best, and the move to the one that was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.access import service as access
from server.appointments import moving, slots
from server.appointments.schemas import MoveIn
from server.appointments.tables import Appointment, VisitType
from server.core.clock import zone as known_zone
from server.core.errors import Conflict, Invalid, NotFound, SlotTaken
from server.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Offer:
    """A free time with a provider."""

    start: datetime
    provider_id: str

    def out(self) -> dict[str, str]:
        return {"start": self.start.isoformat(), "provider_id": self.provider_id}

    @classmethod
    def read(cls, data: dict[str, str]) -> Offer:
        return cls(datetime.fromisoformat(data["start"]), data["provider_id"])


async def three(unit: Unit, appointment: Appointment, zone: str) -> list[Offer]:
    """Up to three free times of the visit's own provider, on the person's clock in `zone`; of everybody when the
    visit cannot be held at its own."""
    kind = await unit.get(VisitType, appointment.visit_type_id)
    wanted = [appointment.provider_id]
    if appointment.displaced:
        wanted = [provider_id for provider_id, _ in await access.providers(unit)]
    search = slots.Search(wanted, kind, unit.clock.now(), appointment.person_id)
    found = await slots.best(unit, search, known_zone(zone))
    picks = [Offer(pick.free.start, pick.free.provider_id) for pick in found.picks]
    return [one for one in picks if one.start != appointment.start]


async def take(unit: Unit, appointment: Appointment, offer: Offer) -> bool:
    """Move the visit to an offered time; False when that cannot be had any more."""
    body = MoveIn(version=appointment.version, start=offer.start, provider_id=offer.provider_id)
    try:
        wish = await moving.wish_for(unit, appointment, body)
        if wish.start <= unit.clock.now():
            return False
        await moving.move(unit, appointment, wish, by_patient=True)
    except (SlotTaken, Invalid, NotFound):
        return False
    except Conflict:  # over, called off or begun meanwhile
        return False
    return True
