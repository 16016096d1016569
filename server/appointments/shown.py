"""A free time as its readers see it: the provider's clock and the person's, each with its zone and UTC offset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.texts import when
from server.access.service import practice_of, staff_names
from server.appointments.availability import rules_of
from server.appointments.hours import Span, is_ambiguous, offset_text
from server.appointments.hours_schemas import PersonZone, Shown, SlotOut
from server.appointments.tables import VisitType
from server.people.service import open_people
from server.people.tables import Person
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
    await unit.get(Person, person_id)
    profile = (await open_people(unit, [person_id]))[person_id].profile
    zone = profile.zone or (await practice_of(unit)).zone
    return Reader(ZoneInfo(zone), language or profile.language, profile.zone is not None)


async def slots_out(
    unit: Unit, free: Sequence[tuple[str, datetime, str]], visit_type: VisitType, person: Reader | None
) -> list[SlotOut]:
    """(provider, start, why) as answers carry them. Providers read in the practice's language."""
    if not free:
        return []
    ids = {provider_id for provider_id, _, _ in free}
    names = await staff_names(unit, ids)
    rules = await rules_of(unit, ids, Span(free[0][1], free[0][1]))
    locale = (await practice_of(unit)).locale
    return [
        SlotOut(
            provider_id=provider_id, provider_name=names[provider_id], start=stamp(start),
            end=stamp(start + timedelta(minutes=visit_type.minutes)), why=why,
            for_provider=Reader(rules[provider_id].zone, locale).shown(start),
            for_person=person.shown(start) if person else None,
        )
        for provider_id, start, why in free
    ]  # fmt: skip


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    return at.isoformat().replace("+00:00", "Z")
