"""Does the forecast keep its word? Every forecast is kept with what became of it, without anything of the person.

A sample is taken when somebody comes and every five minutes of the wait; being admitted settles all of a stay at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col

from server.core.ids import new_id
from server.store.unit import Unit
from server.waiting.forecast import Outlook, learned_stretch
from server.waiting.tables import ForecastSample, WaitingRoomEntry

EVERY = timedelta(minutes=5)
LEARNED_FROM = 2000
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Promise:
    """Of all forecasts the share `promised` should have begun before what was shown; `came` did."""

    promised: float
    came: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the outcomes since a day: the share in the band that was shown (0.75 to 0.85 is right), and the error."""

    outcomes: int
    band_coverage: float | None
    mean_error_minutes: float | None  # mean absolute error of p50
    later_than_p80: float | None  # the share of those who waited longer than the longest time that was shown
    stretch: float
    promises: list[Promise]


async def sampled(unit: Unit) -> set[str]:
    """The stays of which a forecast was kept within the last five minutes."""
    known = await unit.columns(
        ForecastSample, (ForecastSample.entry_id,), col(ForecastSample.entry_id).is_not(None),
        col(ForecastSample.at) > unit.clock.now() - EVERY,
    )  # fmt: skip
    return {str(entry_id) for (entry_id,) in known}


def sample(unit: Unit, entry: WaitingRoomEntry, bare: Outlook, stretch: float, place: int) -> None:
    """Keep a forecast, at most one in five minutes of a stay (`sampled`)."""
    unit.add(
        ForecastSample(
            id=new_id(), tenant=unit.tenant, entry_id=entry.id, at=unit.clock.now(), place=place, p10=bare.p10,
            p50=bare.p50, p80=bare.p80, p90=bare.p90, stretch=stretch,
        )
    )  # fmt: skip


async def settle(unit: Unit, entry_id: str) -> None:
    """Admitted: the outcome of each forecast is known, and what led to the person is forgotten."""
    now = unit.clock.now()
    for one in await unit.all(unit.select(ForecastSample).where(col(ForecastSample.entry_id) == entry_id)):
        one.outcome, one.entry_id = (now - one.at).total_seconds() / 60, None
        unit.add(one)


async def forget(unit: Unit, entry_id: str | None = None) -> None:
    """Who left was never admitted: there is no outcome to learn from. Without an entry: what is too old."""
    wrong = col(ForecastSample.entry_id) == entry_id if entry_id else col(ForecastSample.at) < unit.clock.now() - KEPT
    await unit.session.execute(delete(ForecastSample).where(col(ForecastSample.tenant) == unit.tenant, wrong))


async def stretch(unit: Unit) -> float:
    """What the band is widened by now, learned from this practice's newest outcomes."""
    rows = await _outcomes(unit, None)
    return learned_stretch([(one.p10, one.p50, one.p90, one.outcome or 0.0) for one in rows])


async def figures(unit: Unit, since: datetime) -> Figures:
    rows = await _outcomes(unit, since)
    now = await stretch(unit)
    if not rows:
        return Figures(0, None, None, None, now, [])
    inside = late = 0
    kept = dict.fromkeys(_PROMISED, 0)
    error = 0.0
    for one in rows:
        shown = Outlook(one.p10, one.p50, one.p80, one.p90).stretched(one.stretch)
        outcome = one.outcome or 0.0
        inside += shown.p10 <= outcome <= shown.p90
        late += outcome > shown.p80
        error += abs(outcome - shown.p50)
        for share, name in _PROMISED.items():
            kept[share] += outcome <= getattr(shown, name)
    count = len(rows)
    promises = [Promise(share, round(came / count, 3)) for share, came in kept.items()]
    return Figures(
        count, round(inside / count, 3), round(error / count, 2), round(late / count, 3), round(now, 3), promises
    )


_PROMISED = {0.1: "p10", 0.5: "p50", 0.8: "p80", 0.9: "p90"}


async def _outcomes(unit: Unit, since: datetime | None) -> list[ForecastSample]:
    query = unit.select(ForecastSample).where(col(ForecastSample.outcome).is_not(None))
    if since is not None:
        query = query.where(col(ForecastSample.at) >= since)
    return await unit.all(query.order_by(col(ForecastSample.at).desc()).limit(LEARNED_FROM))
