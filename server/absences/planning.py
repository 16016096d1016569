"""Who goes where: in the order of the rules, each with its reason, and nothing promised twice.

1. The same time with a colleague: who is in the visit already, then of the visit's pool, then whoever was given least.
2. Another time within a week: the same day first, the own provider before others, near to the time they had.
3. Else the patient chooses from three times by text; who waits already, and who shares a time, is spoken to instead.

A colleague must offer the kind of visit, be in their hours, free, and not known to be outside their licence where the
patient is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col

from server.access.service import providers
from server.access.tables import Account
from server.appointments import busy, claims, pools, slots
from server.appointments.availability import Rules, rules_of
from server.appointments.hours import Span
from server.appointments.tables import Appointment, VisitType
from server.intake.schemas import Facts
from server.intake.service import licence
from server.intake.tables import Intake
from server.store.unit import Unit

WEEK = timedelta(days=7)
LEAD = timedelta(minutes=30)  # nobody who is at home is moved to a time that is nearer
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed for one time: `way` and `why` as in `schemas`, and where to."""

    way: str
    why: str
    provider_id: str | None = None
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """Who is away, and when."""

    provider_id: str
    span: Span


class Paper:
    """What is known of everybody's time in the week ahead; each plan takes its time from it."""

    def __init__(self, unit: Unit, away: Away) -> None:
        self._unit, self._away = unit, away
        self._rules: dict[str, Rules] = {}
        self._ticks: dict[str, set[int]] = {}
        self._accounts: Mapping[str, Account] = {}
        self._given: Counter[str] = Counter()
        self._kinds: Mapping[str, VisitType] = {}
        self._beside: Mapping[str, list[str]] = {}
        self._serve: Mapping[str, list[str]] = {}
        self._regions: dict[str, str] = {}
        self._elsewhere: dict[str, list[Span]] = {}

    async def read(self, visits: Sequence[Appointment]) -> Paper:
        """Everything that planning these visits needs: a dozen queries for any number of them."""
        unit, now = self._unit, self._unit.clock.now()
        until = max(self._away.span.end, now) + WEEK
        ids = [provider_id for provider_id, _ in await providers(unit)]
        self._rules = await rules_of(unit, ids, Span(now - DAY, until + DAY))
        self._ticks = await busy.taken_ticks(unit, self._rules, now - DAY, until + DAY)
        self._accounts = await unit.find(Account, ids)
        self._kinds = await unit.find(VisitType, {one.visit_type_id for one in visits})
        self._beside = await claims.co_providers(unit, [one.id for one in visits])
        self._serve = await pools.members_of(unit, {one.pool_id for one in visits if one.pool_id})
        await self._read_places(visits)
        people = {one.person_id for one in visits}
        ours = {one.id for one in visits}
        for other in await unit.all(
            unit.select(Appointment).where(
                col(Appointment.person_id).in_(people), col(Appointment.status).in_(claims.STANDING),
                col(Appointment.end) > now, col(Appointment.start) < until + DAY,
            )
        ):  # fmt: skip
            if other.id not in ours:
                self._elsewhere.setdefault(other.person_id, []).append(Span(other.start, other.end))
        return self

    async def _read_places(self, visits: Sequence[Appointment]) -> None:
        """Where each patient is, as far as this visit's intake says."""
        query = self._unit.select(Intake).where(col(Intake.appointment_id).in_([one.id for one in visits]))
        found = await self._unit.all(query)
        cells = self._unit.cells()
        await cells.prefetch_cells(one.facts for one in found)
        for one in found:
            facts = Facts.model_validate_json(cells.open("intake", "facts", one.id, one.facts))
            self._regions[one.appointment_id] = facts.region

    def plan(self, together: Sequence[Appointment], *, waiting: bool) -> Plan:
        """For everybody of one time (usually one)."""
        found = self._colleague(together) or self._later(together)
        if found is not None:
            assert found.provider_id is not None
            assert found.start is not None
            self._take(together[0], found.provider_id, found.start)
            self._given[found.provider_id] += 1
            return found
        if len(together) > 1:
            return Plan("call", "together")
        return Plan("call", "waits") if waiting else Plan("choose", "no-time")

    def _colleague(self, together: Sequence[Appointment]) -> Plan | None:
        first, now = together[0], self._unit.clock.now()
        beside, pool = self._beside.get(first.id, []), self._serve.get(first.pool_id or "", [])
        here = Span(max(first.start, min(now, first.end)), max(first.end, min(now, first.end)))
        able = []
        for provider_id, rules in self._rules.items():
            if not self._may(provider_id, together) or not self._kinds[first.visit_type_id].offers(provider_id):
                continue
            in_hours = any(one.holds(here) for one in rules.openings(Span(here.start - DAY, here.end + DAY)))
            free = provider_id in beside or self._free(provider_id, first, first.start)
            if in_hours and free:
                why = "beside" if provider_id in beside else "pool" if provider_id in pool else "free"
                rank = ("beside", "pool", "free").index(why)
                able.append((rank, self._given[provider_id], provider_id, why))
        if not able:
            return None
        _, _, provider_id, why = min(able)
        return Plan("colleague", why, provider_id, first.start)

    def _later(self, together: Sequence[Appointment]) -> Plan | None:
        first, now = together[0], self._unit.clock.now()
        kind = self._kinds[first.visit_type_id]
        until = max(self._away.span.end, now) + WEEK
        away = [span for one in together for span in self._elsewhere.get(one.person_id, [])]
        best: tuple[int, bool, float, datetime, str] | None = None
        for provider_id, rules in self._rules.items():
            own = provider_id == first.provider_id
            if not own and not (self._may(provider_id, together) and kind.offers(provider_id)):
                continue
            window = Span(max(now + max(rules.notice, LEAD), self._away.span.start), until)
            was = first.start.astimezone(rules.zone)
            for at in slots.free_in(rules, kind, window, self._ticks[provider_id], away):
                if own and at < self._away.span.end and at + (first.end - first.start) > self._away.span.start:
                    continue
                days = (at.astimezone(rules.zone).date() - was.date()).days
                if best is not None and (days, not own) > best[:2]:
                    break  # later ones of this provider are no better
                if not self._free(provider_id, first, at):
                    continue
                rank = (days, not own, _apart(at, first.start, rules.zone), at, provider_id)
                best = min(best, rank) if best else rank
        if best is None:
            return None
        return Plan("move", "same-day" if best[0] == 0 else "later-day", best[4], best[3])

    def _may(self, provider_id: str, together: Iterable[Appointment]) -> bool:
        if provider_id == self._away.provider_id:
            return False
        held = self._accounts[provider_id].licences
        return all(licence(held, self._regions.get(one.id, "")) != "outside" for one in together)

    def _span(self, visit: Appointment, start: datetime) -> Span:
        kind = self._kinds[visit.visit_type_id]
        end = start + (visit.end - visit.start)
        return Span(start - timedelta(minutes=kind.before), end + timedelta(minutes=kind.after))

    def _free(self, provider_id: str, visit: Appointment, start: datetime) -> bool:
        span = self._span(visit, start)
        return self._ticks[provider_id].isdisjoint(busy.ticks(span.start, span.end))

    def _take(self, visit: Appointment, provider_id: str, start: datetime) -> None:
        span = self._span(visit, start)
        self._ticks[provider_id].update(busy.ticks(span.start, span.end))


def _apart(at: datetime, was: datetime, zone: ZoneInfo) -> float:
    """How far apart two times of day are on the wall, in minutes."""
    one, other = at.astimezone(zone), was.astimezone(zone)
    return abs(one.hour * 60 + one.minute - other.hour * 60 - other.minute)
