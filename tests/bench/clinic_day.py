"""A simulated clinic that knows nothing of the forecast: a calendar of events, people, providers, what happened.

Providers take the next of the line when they are free and not in a break. What a waiting room would know at a moment
can be looked at (`Glance`), and every person's true start is known at the end.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Kind:
    """What makes a day harder: breaks, people who are announced and do not come, people who are more urgent."""

    breaks: bool = False
    no_shows: float = 0.0  # share of those announced
    urgent: float = 0.0  # share of those who come


@dataclass
class Person:
    number: int
    arrives: float
    urgent: bool
    length: float
    comes: bool = True
    announced: float = 0.0  # the time they were booked for
    starts: float | None = None


@dataclass
class Doctor:
    busy_until: float = 0.0
    since: float | None = None
    breaks: list[tuple[float, float]] = field(default_factory=list)

    def on_break(self, now: float) -> float | None:
        return next((end for begin, end in self.breaks if begin <= now < end), None)


@dataclass
class Glance:
    """What is known at `now`: the line in its order, the visits under way, the lengths of those that ended."""

    now: float
    line: list[Person]
    expected: list[Person]
    elapsed: list[float | None]
    breaks: list[list[tuple[float, float]]]
    lengths: list[float]
    urgent_seen: int


class Day:
    """One day of `hours`; `look` is called every five minutes while somebody waits."""

    def __init__(self, dice: random.Random, kind: Kind, doctors: int = 3, hours: float = 8.0) -> None:
        self.dice, self.kind, self.end = dice, kind, hours * 60
        self.doctors = [Doctor() for _ in range(doctors)]
        if kind.breaks:
            for number, doctor in enumerate(self.doctors):
                lunch = 210.0 + 25 * number
                doctor.breaks = [(lunch, lunch + 30), (lunch + 150, lunch + 160)]
        self.people = self._people(doctors)
        self.line: list[Person] = []
        self.lengths: list[float] = []
        self.urgent_seen = 0

    def length(self) -> float:
        """Lognormal with mean 16 and standard deviation 9 minutes."""
        spread = math.log(1 + (9 / 16) ** 2)
        return self.dice.lognormvariate(math.log(16) - spread / 2, math.sqrt(spread))

    def _people(self, doctors: int) -> list[Person]:
        """Poisson arrivals at 92 % of what the doctors can do."""
        share = 0.92
        if self.kind.breaks:
            share *= 1 - 40 / 480
        rate = share * doctors / 16 / max(1 - self.kind.no_shows, 0.1)
        people: list[Person] = []
        at = 0.0
        while (at := at + self.dice.expovariate(rate)) < self.end:
            comes = self.dice.random() >= self.kind.no_shows
            early = self.dice.uniform(-3, 12)
            urgent = self.dice.random() < self.kind.urgent
            arrives = at if self.kind.no_shows == 0 else max(0.0, at - early)
            people.append(Person(len(people), arrives, urgent, self.length(), comes, at))
        return people

    def run(self, look: Callable[[Glance], None]) -> None:
        calendar: list[tuple[float, int, str, int]] = []
        for person in self.people:
            if person.comes:
                heapq.heappush(calendar, (person.arrives, 0, "arrives", person.number))
        for number, doctor in enumerate(self.doctors):
            for _, over in doctor.breaks:
                heapq.heappush(calendar, (over, 1, "free", number))
        tick = 5.0
        while tick < self.end:
            heapq.heappush(calendar, (tick, 3, "look", 0))
            tick += 5.0
        while calendar:
            now, _, what, number = heapq.heappop(calendar)
            if what == "arrives":
                self.line.append(self.people[number])
                self.urgent_seen += self.people[number].urgent
                self.line.sort(key=lambda one: (not one.urgent, one.announced))
            elif what == "done":
                doctor = self.doctors[number]
                assert doctor.since is not None
                self.lengths.append(now - doctor.since)
                doctor.since = None
            elif what == "look":
                if self.line:
                    look(self.glance(now))
                continue
            self._take(now, calendar)

    def _take(self, now: float, calendar: list[tuple[float, int, str, int]]) -> None:
        for number, doctor in enumerate(self.doctors):
            if self.line and doctor.since is None and doctor.on_break(now) is None:
                person = self.line.pop(0)
                person.starts = now
                doctor.since = now
                heapq.heappush(calendar, (now + person.length, 2, "done", number))

    def glance(self, now: float) -> Glance:
        expected = [one for one in self.people if one not in self.line and one.starts is None
                    and now - 10 <= one.announced and (not one.comes or one.arrives > now)]  # fmt: skip
        elapsed = [None if one.since is None else now - one.since for one in self.doctors]
        breaks = [one.breaks for one in self.doctors]
        return Glance(now, list(self.line), expected, elapsed, breaks, list(self.lengths), self.urgent_seen)
