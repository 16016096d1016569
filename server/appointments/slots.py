"""Free times: hours minus what is taken or held, and the three that fit somebody best.

The three best, in the order in which they are looked for; each says `why` it is there:
1. `soonest`: the first free time of all; at the same time the provider seen last comes first.
2. `same-provider`: the first free time of the provider seen last, when that is not the soonest already.
3. `usual-time`: the first one on the weekday of the last visit and within an hour of its time, as the person's clock
   shows it, looked for four weeks ahead.
What is left of the three is filled by `another-day` (the first on a day of the person's that is not among them yet),
then by `next`. Shown in the order of time. Nothing else is weighed: a scheduler can say why a time is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlmodel import col

from server.appointments import busy
from server.appointments.availability import Rules, rules_of
from server.appointments.free import Free, Pick
from server.appointments.hours import Span, starts
from server.appointments.machine import Status
from server.appointments.shown import reader_of, slots_out
from server.appointments.tables import Appointment, VisitType
from server.appointments.wish import Wish
from server.core.errors import SlotTaken
from server.store.unit import Unit

WEEK = timedelta(days=7)
WEEKS = 12  # how far ahead a free time is looked for
USUAL_WEEKS = 4
USUAL = 60  # minutes around the time of the last visit
THREE = 3
_HELD = (Status.proposed, Status.pending, Status.booked, Status.arrived)
_MET = (Status.booked, Status.arrived, Status.fulfilled)


@dataclass(frozen=True, slots=True)
class Last:
    """The person's last visit: with whom, and when by the person's own clock."""

    provider_id: str
    weekday: int
    minute: int


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: any of these providers, from an instant on, a visit of this kind, for this person."""

    provider_ids: list[str]
    visit_type: VisitType
    after: datetime
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`zones` are those of the providers who have hours; empty when nobody has any, not even the practice's."""

    picks: list[Pick]
    zones: Mapping[str, ZoneInfo]


async def best(unit: Unit, search: Search, zone: ZoneInfo) -> Found:
    """The three best times; days and habits are read on the person's clock in `zone`."""
    last = await _last_visit(unit, search.person_id, zone) if search.person_id else None
    free: list[Free] = []
    picks: list[Pick] = []
    zones: dict[str, ZoneInfo] = {}
    for week in range(WEEKS):
        zones, more = await _week(unit, search, week)
        free += more
        picks = choose(free, last, zone)
        if not zones or (len(picks) == THREE and (week + 1 >= USUAL_WEEKS or _has_all(picks, last, zone))):
            break
    return Found(picks, zones)


async def next_free(unit: Unit, search: Search) -> Found:
    """The first three free times."""
    free: list[Free] = []
    zones: dict[str, ZoneInfo] = {}
    for week in range(WEEKS):
        zones, more = await _week(unit, search, week, most=THREE)
        free += more
        if not zones or len(free) >= THREE:
            break
    return Found([Pick(one, "next") for one in free[:THREE]], zones)


async def taken(unit: Unit, wish: Wish, person_id: str | None = None) -> SlotTaken:
    """The refusal of a time that is gone, with the provider's next free ones as `GET /v1/slots` would write them."""
    found = await next_free(unit, Search([wish.provider_id], wish.visit_type, wish.start, person_id))
    reader = await reader_of(unit, person_id) if person_id and found.picks else None
    shown = await slots_out(unit, found.picks, found.zones, wish.visit_type, reader)
    return SlotTaken(
        "The provider has another visit then. Choose another time or another provider.",
        next_free=[one.model_dump(mode="json") for one in shown],
    )


def choose(free: Iterable[Free], last: Last | None, zone: ZoneInfo) -> list[Pick]:
    """Up to three of the free times, in the order of time. See the module's text for the rules."""
    ordered = sorted(free, key=lambda one: (one.start, last is None or one.provider_id != last.provider_id, one))
    picks: list[Pick] = []

    def add(why: str, fits: Callable[[Free], bool]) -> None:
        found = next((one for one in ordered if fits(one) and all(one != pick.free for pick in picks)), None)
        if found is not None and len(picks) < THREE:
            picks.append(Pick(found, why))

    def elsewhen(one: Free) -> bool:
        return all(one.start != pick.free.start for pick in picks)

    def other_day(one: Free) -> bool:
        days = {pick.free.start.astimezone(zone).date() for pick in picks}
        return one.start.astimezone(zone).date() not in days

    add("soonest", lambda _one: True)
    if last is not None:
        if all(pick.free.provider_id != last.provider_id for pick in picks):
            add("same-provider", lambda one: one.provider_id == last.provider_id)
        if not any(_usual(pick.free, last, zone) for pick in picks):
            add("usual-time", lambda one: _usual(one, last, zone))
    while len(picks) < THREE and any(map(other_day, ordered)):
        add("another-day", other_day)
    while len(picks) < THREE and any(map(elsewhen, ordered)):
        add("next", elsewhen)
    return sorted(picks, key=lambda pick: pick.free)


def free_in(
    rules: Rules, visit_type: VisitType, window: Span, taken: set[int], away: Iterable[Span]
) -> Iterator[datetime]:
    """Starts within the window: the visit lies in the hours, the visit with its buffers on time that nobody has, and
    the person is in no other visit. Buffers may lie outside the hours."""
    length = timedelta(minutes=visit_type.minutes)
    before, after = timedelta(minutes=visit_type.before), timedelta(minutes=visit_type.after)
    elsewhere = list(away)
    wide = Span(window.start, window.end + length)
    for start in starts(rules.zone, rules.openings(wide), length, rules.step):
        if start >= window.end:
            break
        end = start + length
        if taken.isdisjoint(busy.ticks(start - before, end + after)) and not any(
            one.start < end and start < one.end for one in elsewhere
        ):
            yield start


async def _week(
    unit: Unit, search: Search, week: int, most: int | None = None
) -> tuple[dict[str, ZoneInfo], list[Free]]:
    """The zones of the providers who have hours, and the free times of one week of the search (the first `most` of
    each provider)."""
    start = search.after + week * WEEK
    window = Span(start, start + WEEK)
    rules = await rules_of(unit, filter(search.visit_type.offers, search.provider_ids), window)
    if not rules:
        return {}, []
    pad = timedelta(days=1)  # a visit and its buffers may reach over the edge
    ticks = await busy.taken_ticks(unit, rules, window.start - pad, window.end + pad)
    away = await _visits_of(unit, search.person_id, window.start - pad, window.end + pad) if search.person_id else []
    found: list[Free] = []
    for provider_id, one in rules.items():
        soonest = max(window.start, unit.clock.now() + one.notice)
        if soonest < window.end:
            reach = Span(soonest, window.end)
            free = free_in(one, search.visit_type, reach, ticks[provider_id], away)
            found += [Free(at, provider_id) for at in islice(free, most)]
    return {provider_id: one.zone for provider_id, one in rules.items()}, sorted(found)


async def _visits_of(unit: Unit, person_id: str, start: datetime, end: datetime) -> list[Span]:
    query = unit.select(Appointment).where(
        col(Appointment.person_id) == person_id,
        col(Appointment.status).in_([status.value for status in _HELD]),
        col(Appointment.start) < end,
        col(Appointment.end) > start,
    )
    return [Span(one.start, one.end) for one in await unit.all(query)]


async def _last_visit(unit: Unit, person_id: str, zone: ZoneInfo) -> Last | None:
    query = unit.select(Appointment).where(
        col(Appointment.person_id) == person_id, col(Appointment.status).in_([status.value for status in _MET])
    )
    row = await unit.first(query.order_by(col(Appointment.start).desc()))
    if row is None:
        return None
    wall = row.start.astimezone(zone)
    return Last(row.provider_id, wall.isoweekday(), wall.hour * 60 + wall.minute)


def _usual(one: Free, last: Last, zone: ZoneInfo) -> bool:
    wall = one.start.astimezone(zone)
    return wall.isoweekday() == last.weekday and abs(wall.hour * 60 + wall.minute - last.minute) <= USUAL


def _has_all(picks: list[Pick], last: Last | None, zone: ZoneInfo) -> bool:
    """Whether looking further could bring nothing better."""
    return last is None or (
        any(pick.free.provider_id == last.provider_id for pick in picks)
        and any(_usual(pick.free, last, zone) for pick in picks)
    )
