"""A million messages due: how fast they are planned, and how fast claimed, read again, made, handed over and settled.

plan_s      messages planned a second, by the product's `plan_visits` in transactions of 200 visits (a mail and a text)
send_s      messages a second by three workers, from the first to the last, each of them the product's `Worker`; what
            takes them keeps nothing. The visits lie three days ahead, as those of most reminders do
cpu_us      processor time of the workers and the database for a message, in microseconds: what it costs, however busy
            the machine is with others
rss_mb      the workers' memory while they send, shared pages counted once (PSS)
ratio_procrastinate  send_s beside procrastinate's jobs a second on the same PostgreSQL with as many workers, in
            alternating rounds; its jobs do nothing at all, and of 1, 5 and 20 at once it gets what suits it best
ratio_cpu_procrastinate  the same of processor time for a message, the database's included

Nothing is pinned: the three workers and the database share the cores, ours as the peer's. Afterwards every message is
looked at: each was sent once, by one attempt.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import timedelta
from operator import gt
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text

from server.house import House, open_house
from server.reminders.rules import Rule
from server.reminders.steps import MAIL_FIRST, TEXT_FIRST
from tests.bench.host import middle, report, spread, tree_seconds
from tests.bench.procrastinate_env import Peer, version
from tests.parts.clinic import seed, settings
from tests.parts.mailroom import Crew, fill
from tests.parts.ports import wait_until
from tests.parts.postgres import Postgres

WORKERS = 3
PLAN = (Rule("confirmation", MAIL_FIRST), Rule("confirmation", TEXT_FIRST))
A_PERSON = 20  # visits


class Round:
    """Three workers send until `until` messages left in all; the rate, their memory, and the microseconds of processor
    time for a message, theirs and the database's (whose process is `server`, None for SQLite)."""

    def __init__(self, crew: Crew, server: int | None) -> None:
        self.crew, self._server = crew, server

    def _spent(self) -> float:
        return sum(map(tree_seconds, self.crew.pids if self._server is None else [*self.crew.pids, self._server]))

    def run(self, until: int) -> tuple[float, float, float]:
        first = self.crew.sent
        self.crew.hire_all()
        wait_until(lambda: all(map(gt, self.crew.sent, first)), 120, "the first message of each")
        began, spent, before = time.monotonic(), self._spent(), sum(self.crew.sent)
        wait_until(lambda: sum(self.crew.sent) >= (before + until) // 2, 1800, "half of the messages")
        memory = sum(_pss_kb(pid) for pid in self.crew.pids) / 1024
        wait_until(lambda: sum(self.crew.sent) >= until, 1800, "all messages")
        took = time.monotonic() - began
        spent, done = self._spent() - spent, sum(self.crew.sent) - before
        self.crew.send_home()
        return done / took, memory, spent / done * 1e6


def _pss_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


async def _planned(url: str, folder: Path, messages: int) -> tuple[float, int]:
    """Messages planned a second, and how many there are."""
    place = (await seed(url, folder)).surgeries[0]
    async with open_house(settings(url, folder)) as house:
        visits = messages // 2
        spent = await fill(house, place, visits, max(20, visits // A_PERSON), PLAN, timedelta(days=3), at_once=200)
        return visits * 2 / spent, await _count(house, "SELECT count(*) FROM reminder")


async def _settled(url: str, folder: Path) -> int:
    """How many messages were delivered by exactly one attempt."""
    async with open_house(settings(url, folder)) as house:
        return await _count(house, "SELECT count(*) FROM reminder WHERE status = 'delivered' AND attempts = 1")


async def _count(house: House, query: str) -> int:
    async with house.store.session(write=False) as session:
        return int((await session.execute(text(query))).scalar_one())


def measure(base: str, messages: int, rounds: int, jobs: int) -> dict[str, Any]:
    """The figures of one database; on PostgreSQL with the peer's beside them."""
    crew = Crew(WORKERS)  # the first: it forks, and nothing is open yet
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(Postgres(durable=True)) if base == "postgres" else None
        url = postgres.create_database() if postgres else f"sqlite+aiosqlite:///{folder}/careroom.db"
        plan_s, count = asyncio.run(_planned(url, folder, messages))
        print(f"{base}: {count} messages planned, {plan_s:.0f} a second", flush=True)
        crew.place(url, folder, None)
        peer = Peer(postgres.create_database(), WORKERS) if postgres else None
        server = postgres.process.pid if postgres else None
        concurrency = peer.best(max(100, jobs // 20), server) if peer and server else 0
        found: dict[str, list[float]] = defaultdict(list)
        ratios: dict[str, list[float]] = defaultdict(list)
        for number in range(1, rounds + 1):
            rate, memory, cost = Round(crew, server).run(count * number // rounds)
            if peer and server:
                theirs, their_cost = peer.drain(jobs, concurrency, 60.0, server)
                _note(found, procrastinate_send_s=theirs, procrastinate_cpu_us=their_cost)
                _note(ratios, procrastinate=rate / theirs, cpu_procrastinate=their_cost / cost)
            _note(found, send_s=rate, rss_mb=memory, cpu_us=cost)
            print(base, number, {key: round(values[-1]) for key, values in found.items()}, flush=True)
        crew.dismiss()
        settled = asyncio.run(_settled(url, folder))
    figures: dict[str, Any] = {"messages": count, "settled_once": settled, "plan_s": round(plan_s)}
    figures |= {key: middle(values) for key, values in found.items()}
    figures |= {f"ratio_{key}": round(median(values), 1) for key, values in ratios.items()}
    if peer:
        figures |= {
            "procrastinate_version": version(), "procrastinate_concurrency": concurrency,
            "procrastinate_pids": peer.pids,
        }  # fmt: skip
    return {**figures, "spread": spread(found)}


def _note(found: dict[str, list[float]], **values: float) -> None:
    for key, value in values.items():
        found[key].append(value)


def main() -> None:
    options = argparse.ArgumentParser(description="A million messages planned and sent, beside procrastinate")
    options.add_argument("--quick", action="store_true", help="three thousand messages, one round")
    options.add_argument("--messages", type=int, default=1_000_000)
    options.add_argument("--only", choices=["sqlite", "postgres"], help="one of the two databases")
    given = options.parse_args()
    bases = [given.only] if given.only else ["postgres", "sqlite"]
    messages, rounds, jobs = (3000, 1, 400) if given.quick else (given.messages, 3, 20_000)
    figures: dict[str, Any] = {"workers": WORKERS, "rounds": rounds}
    for base in bases:
        figures |= {f"{key}_{base}": value for key, value in measure(base, messages, rounds, jobs).items()}
    report("reminders", figures)
    if any(figures[f"settled_once_{base}"] != figures[f"messages_{base}"] for base in bases):
        raise SystemExit("not every message was sent once")


if __name__ == "__main__":
    main()
