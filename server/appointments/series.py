"""The same visit again and again: laid out, looked at, booked as a whole or not at all.

Each occurrence is a visit of its own, with its link, entry and reminders; `series_id` holds them together, so that all
or the later ones can be moved and called off at once (`server.appointments.together`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.access.service import practice_of
from server.appointments import busy, claims, elsewhere, groups, service
from server.appointments.availability import rules_of
from server.appointments.hours import Span
from server.appointments.recurrence import Occurrence, occurrences
from server.appointments.schemas import BookIn
from server.appointments.series_schemas import ChoiceIn, OccurrenceOut, SeriesIn
from server.appointments.shown import stamp
from server.appointments.tables import Appointment
from server.appointments.wish import Wish, checked
from server.core.clock import resolve_wall
from server.core.clock import zone as known_zone
from server.core.errors import Fault, Invalid, SlotTaken
from server.core.ids import new_id
from server.store.unit import Unit
from server.vault.port import KeyPort


@dataclass(frozen=True, slots=True)
class Laid:
    """One occurrence as it would be booked; no `start` when the clocks give it no one instant or it is left out."""

    occurrence: Occurrence
    start: datetime | None
    left_out: bool = False


async def preview(unit: Unit, body: SeriesIn) -> list[OccurrenceOut]:
    """Every occurrence with what stands in its way; books nothing."""
    wish, laid = await _laid_out(unit, body)
    length = wish.end - wish.start
    starts = [one.start for one in laid if one.start is not None]
    open_ = await _open(unit, wish, starts)
    shown = []
    for number, one in enumerate(laid, 1):
        free = one.start is not None and await _is_free(unit, wish, one.start, body.co_provider_ids)
        shown.append(
            OccurrenceOut(
                number=number, wall=one.occurrence.wall.strftime("%Y-%m-%dT%H:%M"), state=_state(one, free=free),
                start=stamp(one.start) if one.start else None, end=stamp(one.start + length) if one.start else None,
                either=[stamp(at) for at in one.occurrence.starts], in_hours=one.start in open_,
            )
        )  # fmt: skip
    return shown


async def book(unit: Unit, keys: KeyPort, body: SeriesIn) -> list[Appointment]:
    """Book all of it. Raises Invalid for a wall time that does not exist or happens twice and was not chosen, and
    SlotTaken with `conflicts` for those that are taken: then nothing is booked."""
    wish, laid = await _laid_out(unit, body)
    _refuse_unclear(laid, wish.zone)
    series_id = new_id()
    made: list[Appointment] = []
    conflicts = []
    for number, one in enumerate(laid, 1):
        if one.start is None:
            continue
        try:
            made += await _book_one(unit, keys, body, one.start, wish.zone, series_id, number)
        except SlotTaken as taken:
            conflicts.append({"number": number, "start": stamp(one.start), "next_free": taken.extra["next_free"]})
    if conflicts:
        raise SlotTaken(
            "Some of these times are taken. Choose another time for each, or leave it out; nothing is booked yet.",
            conflicts=conflicts, next_free=[],
        )  # fmt: skip
    if not made:
        raise Invalid("Nothing is left to book.", errors=[Fault("/choices", "leave every occurrence out")])
    return made


async def _book_one(
    unit: Unit, keys: KeyPort, body: SeriesIn, start: datetime, zone: ZoneInfo, series_id: str, number: int
) -> list[Appointment]:
    shared = body.model_dump(include={"provider_id", "visit_type_id", "co_provider_ids"})
    bookings = [BookIn(**shared, start=start, zone=zone.key, **one.model_dump()) for one in body.people]
    plans = [await service.plan(unit, keys, one) for one in bookings]
    group_id = new_id() if len(plans) > 1 else None
    owner_id = group_id or plans[0].appointment.id
    await claims.claim(unit, owner_id, plans[0].wish, body.co_provider_ids)
    made: list[Appointment] = []
    for plan, booking in zip(plans, bookings, strict=True):
        row = plan.appointment
        await elsewhere.refuse(unit, row, plan.wish.start, plan.wish.end, even_so=booking.even_so)
        row.group_id, row.series_id, row.series_number = group_id, series_id, number
        row.group_number = len(made) + 1 if group_id else None
        made.append(await service.write(unit, plan, body.co_provider_ids))
    return made


async def _laid_out(unit: Unit, body: SeriesIn) -> tuple[Wish, list[Laid]]:
    """The first occurrence checked like any booking, and all of them with the choices that were made."""
    groups.each_once([one.person_id for one in body.people])
    groups.expect_room(len(body.people), len(body.co_provider_ids))
    await claims.check_co_providers(unit, body.provider_id, body.co_provider_ids)
    zone = known_zone(body.zone) if body.zone else await provider_zone(unit, body.provider_id)
    first = await checked(unit, body.model_copy(update={"zone": zone.key}))
    wall = first.start.astimezone(zone).replace(tzinfo=None)
    found = occurrences(body.repeat, wall, zone)
    choices = _choices(body.choices, found, zone)
    laid = [Laid(found[0], first.start)]
    for one in found[1:]:
        start = one.starts[0] if len(one.starts) == 1 else None
        laid.append(Laid(one, start))
    return first, [choices.get(one.occurrence.wall, one) for one in laid]


async def provider_zone(unit: Unit, provider_id: str) -> ZoneInfo:
    """Where a provider's clock hangs: the zone of their hours, or the practice's."""
    now = unit.clock.now()
    rules = await rules_of(unit, [provider_id], Span(now, now))
    return rules[provider_id].zone if provider_id in rules else ZoneInfo((await practice_of(unit)).zone)


def _choices(chosen: Sequence[ChoiceIn], found: Sequence[Occurrence], zone: ZoneInfo) -> dict[datetime, Laid]:
    by_wall = {one.wall: one for one in found}
    made = {}
    for place, one in enumerate(chosen):
        if one.wall not in by_wall:
            fault = Fault(f"/choices/{place}/wall", "is no occurrence of this series")
            raise Invalid("A choice fits no occurrence.", errors=[fault])
        start = resolve_wall(one.start, zone, f"/choices/{place}/start") if one.start else None
        made[one.wall] = Laid(by_wall[one.wall], start, left_out=start is None)
    return made


def _refuse_unclear(laid: Sequence[Laid], zone: ZoneInfo) -> None:
    faults = []
    for one in laid:
        if one.start is None and not one.left_out:
            wall = one.occurrence.wall.isoformat(timespec="minutes")
            why = "happens twice: say which by its UTC offset" if one.occurrence.starts else "does not exist"
            faults.append(Fault("/choices", f"{wall} {why} in {zone.key}"))
    if faults:
        raise Invalid("The clocks change over some of these times. Choose another time, or leave them out.",
                      errors=faults)  # fmt: skip


def _state(one: Laid, *, free: bool) -> str:
    if one.left_out:
        return "left-out"
    if one.start is None:
        return "ambiguous" if one.occurrence.starts else "nonexistent"
    return "free" if free else "taken"


async def _is_free(unit: Unit, wish: Wish, start: datetime, co_provider_ids: Sequence[str]) -> bool:
    there = Wish(wish.provider_id, wish.visit_type, wish.zone, start)
    for provider_id in (wish.provider_id, *co_provider_ids):
        if not await busy.is_free(unit, provider_id, there.taken_from, there.taken_to):
            return False
    return True


async def _open(unit: Unit, wish: Wish, starts: Sequence[datetime]) -> set[datetime]:
    """The starts whose visit lies in the provider's hours."""
    if not starts:
        return set()
    length = wish.end - wish.start
    window = Span(min(starts) - timedelta(days=1), max(starts) + timedelta(days=1))
    rules = (await rules_of(unit, [wish.provider_id], window)).get(wish.provider_id)
    spans = rules.openings(window) if rules else []
    return {at for at in starts if any(one.start <= at and at + length <= one.end for one in spans)}
