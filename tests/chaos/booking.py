"""kill -9 in the middle of races, holds, moves of whole series and of whole days: nothing is booked twice or by halves.

Each round two hundred requests go to one instance at once (bookings and holds of one time, series that move to and
fro, cancellations) while its worker hands a day of an absent provider on; the process is killed after a random number
of answers and started again, and everything that is stored is counted. What was answered with success must be there,
and what an absence did stands in the trail once for each of its visits.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update
from sqlmodel import col, select

from server.absences.machine import Status as Away
from server.absences.tables import Absence, AbsenceItem
from server.access.tables import Link
from server.appointments.busy import TICK
from server.appointments.claims import STANDING
from server.appointments.tables import Appointment, Busy, Hold
from server.audit.tables import AuditEvent
from server.core.clock import MovableClock
from server.core.ids import new_id
from server.house import House, open_house
from server.people.schemas import PersonIn
from server.people.service import create
from server.reminders.tables import Reminder
from server.visits.tables import Visit
from tests.bench.host import report
from tests.parts.clinic import Seeded, seed, settings
from tests.parts.instance import Instance
from tests.parts.postgres import Postgres

RACERS = 200
SERIES, WEEKS = 6, 8
ALWAYS = [{"weekday": day, "begins": "00:00", "ends": "24:00"} for day in range(1, 8)]


WRONG = ("double_booked", "half_booked", "orphan_holds", "lost_after_success", "absences_left", "absence_not_once")


@dataclass
class Found:
    """What went wrong over all rounds, and what was tried."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, number: int) -> None:
        self.counts[name] += number


@dataclass
class Trouble:
    """One clinic whose only instance is killed again and again."""

    url: str
    folder: Path
    seeded: Seeded
    dice: random.Random
    people: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)  # the first visit of each
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    answered: int = 0
    acked: set[str] = field(default_factory=set)
    found: Found = field(default_factory=Found)

    @property
    def north(self) -> Any:
        return self.seeded.surgeries[0]

    def instance(self) -> Instance:
        keys = f"file:{self.folder / 'keys.json'}"
        return Instance(self.folder / "server", DATABASE_URL=self.url, KEYS_URL=keys, PUBLIC_URL="http://clinic.test")

    def browser(self, url: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=url, timeout=30, trust_env=False, cookies={"careroom_scheduler": self.north.tokens["scheduler"]},
            headers={"x-careroom-role": "scheduler"}, limits=httpx.Limits(max_connections=RACERS),
        )  # fmt: skip

    async def begin(self) -> None:
        async with open_house(settings(self.url, self.folder), clock=MovableClock()) as house:
            for number in range(8):
                async with house.desk.unit(self.north.system) as unit:
                    body = PersonIn(given=f"P{number}", family="Marsh", birth_date=date(1980, 2, 3),
                                    phone=f"+1415555{100 + number:04d}", language="en")  # fmt: skip
                    self.people.append((await create(unit, house.keys, body)).id)

    @property
    def first_day(self) -> datetime:
        """When the series begin."""
        return (self.began + timedelta(days=30)).replace(hour=6, minute=0, second=0, microsecond=0)

    async def book_series(self, desk: httpx.AsyncClient) -> None:
        for number in range(SERIES):
            start = self.first_day
            body = {
                "people": [{"person_id": self.people[number]}], "visit_type_id": self.north.visit_type,
                "provider_id": self.north.accounts["second"], "zone": "UTC",
                "start": (start + timedelta(hours=number)).isoformat(), "repeat": {"freq": "weekly", "count": WEEKS},
            }  # fmt: skip
            answer = await desk.post("/v1/series", json=body)
            answer.raise_for_status()
            rows = answer.json()["rows"]
            self.series.append(rows[0]["id"])
            self.acked |= {row["id"] for row in rows}

    async def fall_ill(self, desk: httpx.AsyncClient, house: House, number: int) -> None:
        """One of the two is away on a day of the series; the moment in which that can be taken back is over at once."""
        who = self.north.accounts[("second", "provider")[number % 2]]
        day = self.first_day + timedelta(weeks=number % WEEKS)
        answer = await desk.post("/v1/absences", json={"provider_id": who, "day": day.date().isoformat()})
        answer.raise_for_status()
        draft = answer.json()
        (await desk.post(f"/v1/absences/{draft['id']}/apply", json={"version": draft["version"]})).raise_for_status()
        await self.hurry(house)

    async def hurry(self, house: House) -> None:
        held = update(Absence).where(col(Absence.status) == Away.on_hold.value)
        async with house.desk.unit(self.north.system) as unit:
            await unit.session.execute(held.values(runs_at=unit.clock.now()))

    async def storm(self, desk: httpx.AsyncClient, number: int, house: House) -> None:
        """Two hundred at once; whatever is not answered is not answered."""
        start = (datetime.now(UTC) + timedelta(days=2 + number)).replace(hour=9, minute=0, second=0, microsecond=0)
        slot = {"provider_id": self.north.accounts["provider"], "visit_type_id": self.north.visit_type}
        rows = {one.id: one for one in await _all(house, Appointment)}
        jobs = []
        for racer in range(RACERS):
            at = (start + timedelta(minutes=15 * (racer % 3))).isoformat()
            if racer % 10 < 5:
                body = {**slot, "start": at, "person_id": self.dice.choice(self.people)}
                jobs.append(self._send(desk, "/v1/appointments", body))
            elif racer % 10 < 8:
                jobs.append(self._send(desk, "/v1/holds", {**slot, "start": at}))
            else:
                one = rows[self.dice.choice(self.series)]
                by = timedelta(minutes=self.dice.choice([-15, 15, 30]))
                body = {"version": one.version, "start": (one.start + by).isoformat(), "scope": "all"}
                jobs.append(self._send(desk, f"/v1/appointments/{one.id}/move", body))
        if self.acked and number % 2:
            one = rows[self.dice.choice(sorted(self.acked & rows.keys()))]
            jobs.append(self._send(desk, f"/v1/appointments/{one.id}/cancel", {"version": one.version}))
        await asyncio.gather(*jobs)

    async def _send(self, desk: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
        try:
            answer = await desk.post(path, json=body, headers={"idempotency-key": new_id()})
        except httpx.TransportError:
            self.found.add("unanswered", 1)
            return
        self.answered += 1
        self.found.add(f"answered_{answer.status_code}", 1)
        if answer.status_code == 201 and path == "/v1/appointments":
            self.acked.add(answer.json()["row"]["id"])

    async def round(self, number: int) -> None:
        one = self.instance()
        one.start()
        async with self.browser(one.url) as desk, open_house(settings(self.url, self.folder)) as house:
            if not self.series:
                (await desk.put("/v1/practice/hours", json={"zone": "UTC", "hours": ALWAYS})).raise_for_status()
                await self.book_series(desk)
            await self.fall_ill(desk, house, number)
            storm = asyncio.ensure_future(self.storm(desk, number, house))
            goal = self.answered + self.dice.randint(1, RACERS - 20)
            while self.answered < goal and not storm.done():
                await asyncio.wait({storm}, timeout=0.005)
            if not storm.done():
                self.found.add("kills_in_the_middle", 1)
            one.kill()
            await storm
            await self.count(house)

    async def finish(self) -> None:
        """Started once more, the clinic carries out every absence that was left in the middle."""
        with self.instance():
            async with open_house(settings(self.url, self.folder)) as house:
                for _ in range(600):
                    left = [one for one in await _all(house, Absence) if one.status in {Away.on_hold, Away.active}]
                    if not left:
                        break
                    await asyncio.sleep(0.1)
                self.found.add("absences_left", len(left))
                self.found.add("absences", len(await _all(house, Absence)))
                await self.count(house)

    async def count(self, house: House) -> None:
        """Everything stored, by the rules."""
        items, trail = await _all(house, AbsenceItem), await _all(house, AuditEvent)
        ends = {f"absence.{one.outcome}" for one in items}
        did = Counter((one.subtype, one.entity_id) for one in trail if one.action == "E" and one.subtype in ends)
        done = Counter((f"absence.{one.outcome}", one.appointment_id) for one in items if one.done_at)
        self.found.add("absence_not_once", sum(((did - done) + (done - did)).values()))
        self.found.counts["handed_on"] = sum(one.outcome == "moved" for one in items)
        appointments = await _all(house, Appointment)
        busy, holds = await _all(house, Busy), await _all(house, Hold)
        standing = {one.id: one for one in appointments if one.status in STANDING}
        self.found.add("double_booked", doubles(standing.values()))
        owned: dict[str, set[tuple[str, int]]] = defaultdict(set)
        for row in busy:
            owned[row.appointment_id].add((row.provider_id, row.tick))
        for table in (Link, Visit, Reminder):
            have = {row.appointment_id for row in await _all(house, table)}
            self.found.add("half_booked", sum(one not in have for one in standing))
        self.found.add("half_booked", sum(owned.pop(one.id, set()) != taken(one) for one in standing.values()))
        self.found.add("orphan_holds", sum(owned.pop(one.id, set()) != taken(one) for one in holds))
        self.found.add("orphan_holds", len(owned))
        self.found.add("lost_after_success", len(self.acked - {one.id for one in appointments}))


def taken(one: Appointment | Hold) -> set[tuple[str, int]]:
    ticks = range(int(one.start.timestamp()) // TICK, int(one.end.timestamp()) // TICK)
    return {(one.provider_id, tick) for tick in ticks}


def doubles(standing: Any) -> int:
    """Visits that begin before the one before them, with the same provider, has ended."""
    by_provider: dict[str, list[Appointment]] = defaultdict(list)
    for one in standing:
        by_provider[one.provider_id].append(one)
    count = 0
    for many in by_provider.values():
        many.sort(key=lambda one: one.start)
        count += sum(later.start < earlier.end for earlier, later in zip(many, many[1:], strict=False))
    return count


async def _all(house: House, table: type[Any]) -> list[Any]:
    async with house.store.session(write=False) as session:
        return list((await session.execute(select(table))).scalars())


async def _of(url: str, folder: Path, rounds: int, dice: int) -> Counter[str]:
    trouble = Trouble(url, folder, await seed(url, folder), random.Random(dice))
    await trouble.begin()
    for number in range(rounds):
        await trouble.round(number)
        print(f"{url.partition(':')[0]} round {number + 1}: {dict(trouble.found.counts)}", flush=True)
    await trouble.finish()
    print(f"{url.partition(':')[0]}: {dict(trouble.found.counts)}", flush=True)
    return trouble.found.counts


def run(rounds: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"rounds": rounds, "racers": RACERS}
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name, Postgres() as postgres:
        for dice, base in enumerate(("sqlite", "postgres")):
            folder = Path(name) / base
            folder.mkdir(mode=0o700)
            url = f"sqlite+aiosqlite:///{folder}/careroom.db" if base == "sqlite" else postgres.create_database()
            counts = asyncio.run(_of(url, folder, rounds, dice))
            figures |= {f"{key}_{base}": value for key, value in sorted(counts.items())}
            total.update(counts)
            shutil.rmtree(folder)
    return {**{name: total[name] for name in WRONG}, "kills_in_the_middle": total["kills_in_the_middle"], **figures}


def main() -> None:
    options = argparse.ArgumentParser(description="kill -9 in the middle of bookings")
    options.add_argument("--quick", action="store_true", help="one round on each database")
    given = options.parse_args()
    report("booking", run(1 if given.quick else 15))


if __name__ == "__main__":
    main()
