"""When will each of a line be seen? A Monte-Carlo estimate; pure, so that a simulator can measure it.

Minutes are counted from now. Each draw plays the rest of the day once: visits under way last as long as visits that
had lasted so long already did, whoever is free takes the first of the line who is there, nobody begins in a break,
people who are booked may not come, and somebody more urgent may walk in and go first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from random import Random

DRAWS = 120
PRIOR_STRETCH = 1.15  # until outcomes are known: the bare band is measured a little too narrow
ENOUGH = 40  # outcomes before the band is learned from them
BAND = 0.8
_OVERDUE = 3.0  # minutes still expected of a visit that lasts longer than any known one
_LIMITS = (0.7, 3.0)


@dataclass(frozen=True, slots=True)
class Serving:
    """One provider: `elapsed` of the visit under way (None: free), not before `starts`; `pauses` are (begin, end)."""

    elapsed: float | None = None
    starts: float = 0.0
    pauses: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """One person in order of the line: there from `ready` on, with the probability `comes`."""

    ready: float = 0.0
    comes: float = 1.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """Minutes until the start: one in ten sooner than p10, half sooner than p50, and so on."""

    p10: float
    p50: float
    p80: float
    p90: float

    def stretched(self, by: float) -> Outlook:
        """The band made wider (or narrower) around its middle; never before now."""
        at = [max(0.0, self.p50 + (one - self.p50) * by) for one in (self.p10, self.p50, self.p80, self.p90)]
        return Outlook(*at)


def outlooks(
    line: Sequence[Standing],
    serving: Sequence[Serving],
    lengths: Sequence[float],
    rng: Random,
    *,
    urgent_per_minute: float = 0.0,
    draws: int = DRAWS,
) -> list[Outlook]:
    """One outlook for each of `line`. `lengths` are recent visits in minutes (not empty), `serving` at least one."""
    known = sorted(lengths)
    starts: list[list[float]] = [[] for _ in line]
    for _ in range(draws):
        _play(line, serving, known, rng, urgent_per_minute, starts)
    return [_outlook(sorted(one)) for one in starts]


def learned_stretch(outcomes: Sequence[tuple[float, float, float, float]]) -> float:
    """How much wider the bare band must be to hold four of five outcomes, from (p10, p50, p90, outcome) of the past.

    Split conformal prediction with a normalised score (Lei et al. 2018): the score of an outcome is how many half
    bands it lies from the middle, and the stretch is the 80 % quantile of the scores.
    """
    if len(outcomes) < ENOUGH:
        return PRIOR_STRETCH
    scores = sorted(_score(*one) for one in outcomes)
    least, most = _LIMITS
    return min(max(scores[min(int(BAND * (len(scores) + 1)), len(scores) - 1)], least), most)


def _play(
    line: Sequence[Standing], serving: Sequence[Serving], known: list[float], rng: Random, urgent: float,
    starts: list[list[float]],
) -> None:  # fmt: skip
    """The rest of the day once: appends a start for everybody of the line."""
    choice, random = rng.choice, rng.random
    free = [(_first_free(one, known, rng), number) for number, one in enumerate(serving)]
    heapify(free)
    pausing = any(one.pauses for one in serving)
    next_urgent = rng.expovariate(urgent) if urgent > 0 else float("inf")
    coming = [one.comes >= 1.0 or random() < one.comes for one in line]
    waiting = list(range(len(line)))
    while waiting:
        at, who = heappop(free)
        if pausing:
            at = _after_pauses(serving[who].pauses, at)
            if free and free[0][0] < at:  # a colleague is sooner
                heappush(free, (at, who))
                at, who = heappop(free)
                at = _after_pauses(serving[who].pauses, at)
        if next_urgent <= at:
            next_urgent += rng.expovariate(urgent)
            heappush(free, (at + choice(known), who))
            continue
        place = next((n for n, one in enumerate(waiting) if line[one].ready <= at), None)
        if place is None:  # nobody is there yet: wait for the first who comes
            place = min(range(len(waiting)), key=lambda n: line[waiting[n]].ready)
            at = line[waiting[place]].ready
        one = waiting.pop(place)
        starts[one].append(at)
        heappush(free, (at + choice(known) if coming[one] else at, who))


def _first_free(one: Serving, known: list[float], rng: Random) -> float:
    if one.elapsed is None:
        return one.starts
    left = bisect_right(known, one.elapsed)
    if left >= len(known):
        return max(one.starts, _OVERDUE)
    return max(one.starts, rng.choice(known[left:]) - one.elapsed)


def _after_pauses(pauses: Sequence[tuple[float, float]], at: float) -> float:
    for begin, end in pauses:
        if begin <= at < end:
            at = end
    return at


def _outlook(starts: list[float]) -> Outlook:
    count = len(starts)
    at = [starts[min(int(share * count), count - 1)] for share in (0.1, 0.5, 0.8, 0.9)]
    return Outlook(*at)


def _score(p10: float, p50: float, p90: float, outcome: float) -> float:
    half = (p90 - p50) if outcome >= p50 else (p50 - p10)
    return abs(outcome - p50) / max(half, 0.5)  # below half a minute nobody counts
