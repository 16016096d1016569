"""A free time as its readers see it: the provider's clock and the person's, each with its zone and UTC offset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.texts import when
from server.access.service import practice_of, staff_names
from server.appointments.free import Pick
from server.appointments.hours import is_ambiguous, offset_text
from server.appointments.hours_schemas import PersonZone, Shown, SlotOut
from server.appointments.tables import VisitType
from server.core.errors import NotFound
from server.people.service import open_people
from server.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a time: in which zone and language. `known` is false when the zone is only the practice's."""

    zone: ZoneInfo
    language: str
    known: bool = True

    def shown(self, at: datetime) -> Shown:
        words = when(at, self.zone.key, self.language)
        return Shown(
            zone=self.zone.key, offset=offset_text(self.zone, at), ambiguous=is_ambiguous(self.zone, at),
            wall=at.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M"), date=words.date, time=words.time,
            place=words.zone,
        )  # fmt: skip

    def out(self) -> PersonZone:
        return PersonZone(zone=self.zone.key, known=self.known, language=self.language)


async def reader_of(unit: Unit, person_id: str, language: str | None = None) -> Reader:
    """How a person reads times. Raises NotFound."""
    found = await open_people(unit, [person_id])
    if not found:
        raise NotFound("There is no such person here.")
    profile = found[person_id].profile
    zone = profile.zone or (await practice_of(unit)).zone
    return Reader(ZoneInfo(zone), language or profile.language, profile.zone is not None)


async def slots_out(
    unit: Unit, picks: Sequence[Pick], zones: Mapping[str, ZoneInfo], visit_type: VisitType, person: Reader | None
) -> list[SlotOut]:
    """Picks as answers carry them. `zones` are the providers'; they read in the practice's language."""
    if not picks:
        return []
    names = await staff_names(unit, {pick.free.provider_id for pick in picks})
    locale = (await practice_of(unit)).locale
    return [
        SlotOut(
            provider_id=pick.free.provider_id, provider_name=names[pick.free.provider_id],
            start=stamp(pick.free.start), end=stamp(pick.free.start + timedelta(minutes=visit_type.minutes)),
            why=pick.why, for_provider=Reader(zones[pick.free.provider_id], locale).shown(pick.free.start),
            for_person=person.shown(pick.free.start) if person else None,
        )
        for pick in picks
    ]  # fmt: skip


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    return at.isoformat().replace("+00:00", "Z")
