"""The forecast measured in the simulated clinic, beside two rules that others use, on the same glances."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from statistics import fmean

from server.waiting.forecast import Outlook, Serving, Standing, learned_stretch, outlooks
from tests.bench.clinic_day import Day, Glance, Kind, Person

KNOWN = 600  # visits before the first day
LEARNED_FROM = 2000


@dataclass(frozen=True)
class Measured:
    """Minutes, shares, milliseconds for one person's estimate."""

    glances: int
    mae: float
    coverage: float
    mae_longest_plus_15: float
    mae_position_mean: float
    forecast_ms: float


@dataclass(frozen=True)
class _Said:
    now: float
    person: Person
    bare: Outlook
    shown: Outlook
    longest: float
    by_position: float


def measure(kind: Kind, days: int, seed: int, doctors: int = 3) -> Measured:
    """Play `days` days; what was said of each who waited is compared with when they really started."""
    dice, own_dice = random.Random(seed), random.Random(seed + 1)
    before = [Day(dice, Kind()).length() for _ in range(KNOWN)]
    outcomes: list[tuple[float, float, float, float]] = []
    errors: list[tuple[float, bool, float, float]] = []
    took: list[float] = []
    for _ in range(days):
        day, said = Day(dice, kind, doctors), []  # type: ignore[var-annotated]
        stretch = learned_stretch(outcomes[-LEARNED_FROM:])

        def look(glance: Glance, said: list[_Said] = said, stretch: float = stretch) -> None:
            lengths = [*before, *glance.lengths][-KNOWN:]
            begun = time.perf_counter()
            found = _ask(glance, kind, lengths, own_dice)
            took.append((time.perf_counter() - begun) * 1000 / len(glance.line))
            longest, mean = max(glance.now - one.arrives for one in glance.line), fmean(lengths)
            for place, (person, bare) in enumerate(found, 1):
                by_position = place * mean / doctors
                said.append(_Said(glance.now, person, bare, bare.stretched(stretch), longest + 15, by_position))

        day.run(look)
        for one in said:
            assert one.person.starts is not None, "everybody of the line is seen in the end"
            outcome = one.person.starts - one.now
            inside = one.shown.p10 <= outcome <= one.shown.p90
            errors.append(
                (abs(one.bare.p50 - outcome), inside, abs(one.longest - outcome), abs(one.by_position - outcome))
            )
            outcomes.append((one.bare.p10, one.bare.p50, one.bare.p90, outcome))
    columns = list(zip(*errors, strict=True))
    mae, coverage, longest, position = (fmean(float(value) for value in column) for column in columns)
    return Measured(len(errors), mae, coverage, longest, position, fmean(took))


def _ask(glance: Glance, kind: Kind, lengths: list[float], dice: random.Random) -> list[tuple[Person, Outlook]]:
    """The forecast's question, from what a waiting room knows."""
    serving = [
        Serving(elapsed, pauses=tuple((begin - glance.now, end - glance.now) for begin, end in breaks))
        for elapsed, breaks in zip(glance.elapsed, glance.breaks, strict=True)
    ]
    last = max(one.announced for one in glance.line)
    standing: list[tuple[tuple[bool, float], Standing, Person | None]] = [
        ((not one.urgent, one.announced), Standing(), one) for one in glance.line
    ]
    if kind.no_shows:
        for one in glance.expected:
            if one.announced <= last:
                ready = max(one.announced - glance.now - 4, 0.5)
                standing.append(((True, one.announced), Standing(ready, 1 - kind.no_shows), None))
    standing.sort(key=lambda one: one[0])
    urgent = glance.urgent_seen / max(glance.now, 60.0)
    found = outlooks([one[1] for one in standing], serving, lengths, dice, urgent_per_minute=urgent)
    return [(one[2], outlook) for one, outlook in zip(standing, found, strict=True) if one[2] is not None]
