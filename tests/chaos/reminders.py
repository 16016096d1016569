"""Messages while workers die: nothing lost, nothing twice, nothing of yesterday, nothing after STOP.

Three workers (forked warm, killed by SIGKILL at random) send what is due, while visits move, are called off, people
text STOP and the database is pulled out and comes back. A provider records what reaches it and can be asked by key.

lost     a visit that stands whose present time never reached the provider, and if it never moved, by each of its
         channels that may be used; a visit that was called off after it was told and whose end was not; a message that
         is in no final state
double   the same text twice; for mail two Message-IDs for one message (a mail sent again has the same one)
stale    sent although the visit had changed before the message was claimed
after_stop  a text sent although the STOP was there before it was claimed
uncorrected an old time that left while the visit changed, and no message of the right one after it
A kill counts when the worker held a claim, and as `between` when the provider had taken a message of it whose outcome
was not committed: both are read from the database after the kill. Every second kill is aimed at such a moment: the
provider tells at which seat the worker sits whose message it has just taken.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from server.appointments.machine import Act, machine
from server.appointments.tables import Appointment
from server.core.errors import StaleVersion
from server.events import AppointmentCancelled, AppointmentMoved
from server.house import House, open_house
from server.people.tables import ContactPoint
from server.reminders import claims, listeners, sending
from server.reminders.rules import Rule
from server.reminders.steps import MAIL_FIRST, TEXT_FIRST
from server.reminders.tables import Reminder
from tests.bench.host import report
from tests.parts.clinic import Surgery, seed, settings
from tests.parts.mailroom import Crew, Provider, fill
from tests.parts.postgres import Postgres

WORKERS = 3
LEASE = 6.0  # seconds; the product's 60 would only make the run longer
BATCH = 100  # messages, so that a claim is held at a thousand moments of the run and more
TAKES = (0.01, 0.06)  # seconds until the provider answers
PROGRESS = 20.0
PLAN = (Rule("confirmation", MAIL_FIRST), Rule("confirmation", TEXT_FIRST))
OPEN = ("scheduled", "retrying", "sending")


@dataclass
class Changes:
    """What was changed, and when at the latest it was committed."""

    revisions: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    stops: dict[str, float] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)


@dataclass
class Trial:
    house: House
    place: Surgery
    crew: Crew
    provider: Provider
    dice: random.Random
    ids: list[str]
    contacts: list[str]
    kills: int
    postgres: Postgres | None
    changes: Changes = field(default_factory=Changes)
    killed: Counter[str] = field(default_factory=Counter)
    restarts: int = 0

    async def run(self) -> None:
        changing = asyncio.create_task(self._change())
        halfway, last = self.kills // 2, 0.0
        while self.killed["claimed"] < self.kills:
            seat = await (self._just_taken() if self.killed["all"] % 2 else self._somebody())
            if seat is None:
                if not await self._open():
                    break
                continue
            await self._kill(seat)
            if self.restarts == 0 and self.killed["claimed"] >= halfway:
                await self._pull_the_plug()
            if time.monotonic() - last > PROGRESS:
                last = time.monotonic()
                print(self.house.store.dialect, dict(self.killed), await self._open(), "open", flush=True)
        changing.cancel()
        with suppress(asyncio.CancelledError):
            await changing

    async def _somebody(self) -> int | None:
        """Anybody who holds a claim, at any moment of it."""
        await asyncio.sleep(self.dice.uniform(0.001, 0.05))
        busy = [seat for seat in range(WORKERS) if self.crew.board.busy(seat)]
        return self.dice.choice(busy) if busy else None

    async def _just_taken(self) -> int | None:
        """Whose message the provider takes next, a moment later: before its outcome is committed, or about then."""
        seat: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.provider.accepted = lambda taken: None if seat.done() else seat.set_result(taken)
        try:
            async with asyncio.timeout(1):
                found = await seat
        except TimeoutError:
            return None
        await asyncio.sleep(self.dice.uniform(0.0, 0.1))
        return found

    async def _kill(self, seat: int) -> None:
        """kill -9, and what it interrupted, as the database tells: what the dead one had claimed lies there until its
        lease ends."""
        owner = self.crew.kill(seat)
        self.crew.hire(seat)
        self.killed["all"] += 1
        query = (
            select(col(Reminder.id))
            .where(col(Reminder.wake_at) > datetime.now(UTC), col(Reminder.lease_owner) == owner)
            .with_for_update()  # waits for the end of a commit that was on its way into the database
        )
        try:
            async with self.house.store.turn(write=True), self.house.store.session(write=True) as session:
                held = {f"reminder-{one}" for one in (await session.execute(query)).scalars()}
        except (DBAPIError, OSError):
            return
        self.killed["claimed"] += bool(held)
        self.killed["between"] += not held.isdisjoint(self.provider.by_owner[owner])

    async def _pull_the_plug(self) -> None:
        """PostgreSQL without a checkpoint and back; SQLite has no server: all its writers at once."""
        self.restarts += 1
        if self.postgres is not None:
            await asyncio.to_thread(self.postgres.kill)
            await asyncio.to_thread(self.postgres.start)
            return
        for seat in range(WORKERS):
            self.crew.kill(seat)
        self.crew.hire_all()

    async def _open(self) -> int:
        for _ in range(200):
            try:
                async with self.house.store.session(write=False) as session:
                    query = text("SELECT count(*) FROM reminder WHERE status IN ('scheduled', 'retrying', 'sending')")
                    return int((await session.execute(query)).scalar_one())
            except (DBAPIError, OSError):
                await asyncio.sleep(0.05)
        raise AssertionError("the database did not come back")

    # -- what people do meanwhile ---------------------------------------------

    async def _change(self) -> None:
        acts = (self._move, self._move, self._cancel, self._stop)
        while True:
            act = self.dice.choice(acts)
            try:
                if await act():
                    self.changes.done[act.__name__[1:]] += 1
            except StaleVersion:
                continue
            except (DBAPIError, OSError):
                await asyncio.sleep(0.05)
            await asyncio.sleep(self.dice.uniform(0.01, 0.05))

    async def _move(self) -> bool:
        chosen = self.dice.choice(self.ids)
        async with self.house.desk.unit(self.place.system) as unit:
            row = await unit.get(Appointment, chosen)
            if row.status != "booked":
                return False
            was, revision, by = row.start, row.revision + 1, timedelta(minutes=5)
            await unit.move(row, machine, Act.move, start=was + by, end=row.end + by, revision=revision)
            unit.emit(
                AppointmentMoved(
                    appointment_id=row.id, was_provider_id=row.provider_id, was_start=was, was_end=row.end - by
                )
            )
        self.changes.revisions[chosen].append((revision, datetime.now(UTC).timestamp()))
        return True

    async def _cancel(self) -> bool:
        chosen = self.dice.choice(self.ids)
        async with self.house.desk.unit(self.place.system) as unit:
            row = await unit.get(Appointment, chosen)
            if row.status != "booked":
                return False
            revision = row.revision + 1
            await unit.move(row, machine, Act.cancel, revision=revision)
            unit.emit(AppointmentCancelled(appointment_id=row.id))
        self.changes.revisions[chosen].append((revision, datetime.now(UTC).timestamp()))
        return True

    async def _stop(self) -> bool:
        if len(self.changes.stops) > len(self.contacts) // 5:
            return False
        chosen = self.dice.choice(self.contacts)
        if chosen in self.changes.stops:
            return False
        async with self.house.desk.unit(self.place.system) as unit:
            await unit.session.execute(
                update(ContactPoint).where(col(ContactPoint.id) == chosen).values(opted_out_at=unit.clock.now())
            )
        self.changes.stops[chosen] = datetime.now(UTC).timestamp()
        return True

    # -- what came of it ------------------------------------------------------

    async def drained(self, within: float) -> int:
        end = time.monotonic() + within
        left = await self._open()
        while left and time.monotonic() < end:
            await asyncio.sleep(0.2)  # the workers are other processes
            left = await self._open()
        return left

    async def figures(self) -> dict[str, Any]:
        async with self.house.store.session(write=False) as session:
            found = (await session.execute(Reminder.__table__.select())).all()  # type: ignore[attr-defined]
            visits = {one.id: one for one in await session.execute(Appointment.__table__.select())}  # type: ignore[attr-defined]
        rows = {f"reminder-{one.id}": one for one in found}
        taken = self.provider.taken
        texts = Counter(one["key"] for one in taken if one["kind"] == "sms")
        stale = after_stop = uncorrected = 0
        told: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
        for one in taken:
            row = rows[one["key"]]
            told[row.subject, row.channel].append((one["at"], row.revision))
            changed = [at for revision, at in self.changes.revisions[row.subject] if revision > row.revision]
            stale += any(at < one["claimed_at"] for at in changed)
            stop = self.changes.stops.get(row.contact_id) if row.channel == "sms" else None
            after_stop += stop is not None and stop < one["claimed_at"]
        contacts = {(row.subject, row.channel): row.contact_id for row in rows.values()}
        stopped = {key for key, contact in contacts.items() if key[1] == "sms" and contact in self.changes.stops}
        for (subject, channel), sent in told.items():
            right = visits[subject].revision
            newest = max(at for at, revision in sent)
            uncorrected += (subject, channel) not in stopped and dict(sent)[newest] != right
        return {
            "lost": self._lost(visits, rows, told, stopped), "double": sum(count - 1 for count in texts.values()),
            "stale": stale, "after_stop": after_stop, "uncorrected": uncorrected, "sent": len(taken),
            "moves": self.changes.done["move"],
            "cancels": self.changes.done["cancel"], "stops": self.changes.done["stop"],
            "kills": self.killed["all"], "kills_during_claim": self.killed["claimed"],
            "kills_between_send_and_commit": self.killed["between"], "database_restarts": self.restarts,
            "database": self.house.store.dialect, "messages": len(rows),
        }  # fmt: skip

    def _lost(
        self, visits: dict[str, Any], rows: dict[str, Any], told: dict[tuple[str, str], list[tuple[float, int]]],
        stopped: set[tuple[str, str]],
    ) -> int:  # fmt: skip
        lost = sum(row.status in OPEN for row in rows.values())
        reached = {(subject, revision) for (subject, _), sent in told.items() for _, revision in sent}
        known = {subject for subject, _ in told}
        for visit in visits.values():
            due = visit.status == "booked" or (visit.status == "cancelled" and visit.id in known)
            lost += due and (visit.id, visit.revision) not in reached
            if visit.status == "booked" and visit.revision == 1:
                planned = {(visit.id, channel) for channel in ("email", "sms")} - stopped
                lost += len(planned - told.keys())
        return lost


def trial(database: str, visits: int, kills: int, dice: int) -> dict[str, Any]:
    """One run on one database."""
    claims.LEASE, sending.BEGIN_WITHIN, sending.SETTLE_WITHIN = timedelta(seconds=LEASE), 3.0, 5.0
    sending.BATCH = sending.MOST = BATCH
    crew = Crew(WORKERS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(Postgres(durable=True)) if database == "postgres" else None
        url = postgres.create_database() if postgres else f"sqlite+aiosqlite:///{folder}/careroom.db"
        provider = Provider(folder, TAKES)
        crew.place(url, folder, provider.path)
        return asyncio.run(_on(url, folder, visits, kills, random.Random(dice), postgres, provider, crew))


async def _on(
    url: str, folder: Path, visits: int, kills: int, dice: random.Random, postgres: Postgres | None, provider: Provider,
    crew: Crew,
) -> dict[str, Any]:  # fmt: skip
    place = (await seed(url, folder)).surgeries[0]
    await provider.start()
    async with open_house(settings(url, folder)) as house:
        await fill(house, place, visits, max(20, visits // 50), PLAN, timedelta(days=3))
        house.desk.listeners = {
            AppointmentMoved: (listeners.when_moved,), AppointmentCancelled: (listeners.when_cancelled,),
        }  # fmt: skip
        async with house.store.session(write=False) as session:
            ids = [one.id for one in await session.execute(text("SELECT id FROM appointment"))]
            query = text("SELECT id FROM contact_point WHERE system = 'phone'")
            contacts = [one.id for one in await session.execute(query)]
        made = Trial(house, place, crew, provider, dice, ids, contacts, kills, postgres)
        crew.hire_all()
        began = time.monotonic()
        await made.run()
        await made.drained(120 + visits / 50)
        crew.dismiss()
        figures = await made.figures()
        figures["seconds"] = round(time.monotonic() - began, 1)
    await provider.stop()
    return figures


def main() -> None:
    options = argparse.ArgumentParser(description="Messages while workers are killed")
    options.add_argument("--quick", action="store_true", help="400 messages, 12 kills on each database")
    options.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    options.add_argument("--visits", type=int, default=50_000, help="each has a mail and a text")
    options.add_argument("--kills", type=int, default=1000)
    given = options.parse_args()
    visits, kills = (200, 12) if given.quick else (given.visits, given.kills)
    number = secrets.randbelow(2**32)
    print(f"dice {number}", flush=True)
    names = ["sqlite", "postgres"] if given.database == "both" else [given.database]
    found = {}
    for name in names:
        found[name] = trial(name, visits, kills, number)
        print(name, found[name], flush=True)
    zero = ("lost", "double", "stale", "after_stop", "uncorrected")
    counted = ("kills", "kills_during_claim", "kills_between_send_and_commit")
    totals = {key: sum(one[key] for one in found.values()) for key in zero + counted}
    report("reminders", {**totals, **found, "dice": number, "lease_s": LEASE})
    short = [name for name, one in found.items() if one["kills_during_claim"] < kills]
    if short:
        print(f"not all kills were made on {', '.join(short)}: too few messages", file=sys.stderr)
    if short or any(totals[key] for key in zero):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
