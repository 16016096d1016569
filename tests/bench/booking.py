"""Booking with a million appointments stored: book, move, cancel per second with their p99, a day of 50 providers.

`careroom serve` runs with its default settings on one core; the client, eight requests at once, on another.
The same on SQLite and on PostgreSQL. Stored are whole visits (appointment, link, encounter, confirmation, the time of
the provider) of 50 providers, 16 a day each, over years around today; one in ten was not answered, one message in 200
failed. `day_view_cpu_ms` is the server process's own time for one day view (PostgreSQL's is not in it).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from server.core.ids import new_id
from tests.bench.host import cpu_seconds, report
from tests.bench.million import PROVIDERS, Filled, fill
from tests.parts.clinic import seed
from tests.parts.instance import Instance
from tests.parts.postgres import Postgres

AT_ONCE = 8


@dataclass
class Times:
    """Seconds of each request, and of all of them together."""

    each: list[float] = field(default_factory=list)
    whole: float = 0.0

    @property
    def rate(self) -> float:
        return round(len(self.each) / self.whole, 1)

    def percentile(self, which: int) -> float:
        return round(quantiles(self.each, n=100, method="inclusive")[which - 1] * 1000, 1)


async def _many(jobs: list[Callable[[], Awaitable[None]]], at_once: int = AT_ONCE) -> Times:
    times, turns = Times(), asyncio.Semaphore(at_once)

    async def one(job: Callable[[], Awaitable[None]]) -> None:
        async with turns:
            began = time.perf_counter()
            await job()
            times.each.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(one(job) for job in jobs))
    times.whole = time.perf_counter() - began
    return times


class Desk:
    """A signed-in scheduler at a running instance."""

    def __init__(self, url: str, filled: Filled) -> None:
        self.filled = filled
        self.rows: list[dict[str, Any]] = []
        self.http = httpx.AsyncClient(
            base_url=url, timeout=60, trust_env=False, cookies={"careroom_scheduler": filled.token},
            headers={"x-careroom-role": "scheduler"},
        )  # fmt: skip

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.http.post(path, json=body, headers={"idempotency-key": new_id()})
        answer.raise_for_status()
        return answer.json()

    def book(self, number: int) -> Callable[[], Awaitable[None]]:
        async def job() -> None:
            body = {
                "person_id": self.filled.people[number % len(self.filled.people)], "reason": "Follow-up",
                "provider_id": self.filled.providers[number % PROVIDERS], "visit_type_id": self.filled.visit_type,
                "start": self._at(number),
            }  # fmt: skip
            self.rows.append((await self._post("/v1/appointments", body))["row"])

        return job

    def move(self, row: dict[str, Any], number: int) -> Callable[[], Awaitable[None]]:
        async def job() -> None:
            body = {"version": row["version"], "start": self._at(number), "provider_id": row["provider"]["id"]}
            answer = await self._post(f"/v1/appointments/{row['id']}/move", body)
            row["version"] = answer["row"]["version"]

        return job

    def cancel(self, row: dict[str, Any]) -> Callable[[], Awaitable[None]]:
        async def job() -> None:
            await self._post(f"/v1/appointments/{row['id']}/cancel", {"version": row["version"]})

        return job

    async def day(self) -> None:
        answer = await self.http.get("/v1/schedule", params={"from": self.filled.day.isoformat(), "days": "1"})
        answer.raise_for_status()
        shown = sum(row["start"].startswith(self.filled.day.isoformat()) for row in answer.json()["rows"].values())
        assert shown >= PROVIDERS * 16, f"only {shown} visits of the day are shown"

    def _at(self, number: int) -> str:
        """A free time after everything that is stored, a different one for each number."""
        return (self.filled.free_from + timedelta(minutes=15 * (number // PROVIDERS))).isoformat()


async def _measure(url: str, filled: Filled, server: int, count: int, days: int) -> dict[str, Any]:
    desk = Desk(url, filled)
    await _many([desk.book(number) for number in range(AT_ONCE)])  # the first ones load code and caches
    desk.rows.clear()
    cpu, began = os.times(), time.perf_counter()
    booked = await _many([desk.book(number) for number in range(1000, 1000 + count)])
    moved = await _many([desk.move(row, 100_000 + n * PROVIDERS) for n, row in enumerate(desk.rows)])
    cancelled = await _many([desk.cancel(row) for row in desk.rows])
    await desk.day()
    spent = cpu_seconds(server)
    seen = await _many([desk.day] * days, at_once=1)
    spent = cpu_seconds(server) - spent
    used = os.times()
    client = round(100 * (used.user + used.system - cpu.user - cpu.system) / (time.perf_counter() - began))
    await desk.http.aclose()
    return {
        "book_s": booked.rate, "move_s": moved.rate, "cancel_s": cancelled.rate,
        "book_p99_ms": booked.percentile(99), "move_p99_ms": moved.percentile(99),
        "cancel_p99_ms": cancelled.percentile(99), "day_view_p95_ms": seen.percentile(95),
        "day_view_p50_ms": seen.percentile(50), "day_view_cpu_ms": round(1000 * spent / days, 1),
        "client_cpu_pct": client, "server_pid": server,
    }  # fmt: skip


async def _of(url: str, folder: Path, appointments: int, count: int, days: int) -> dict[str, Any]:
    seeded = await seed(url, folder)
    began = time.perf_counter()
    filled = await fill(url, folder, seeded, appointments)
    print(f"{url.partition(':')[0]}: {appointments} appointments in {time.perf_counter() - began:.0f} s", flush=True)
    cores = sorted(os.sched_getaffinity(0))
    settings = {"DATABASE_URL": url, "KEYS_URL": f"file:{folder / 'keys.json'}", "PUBLIC_URL": "http://clinic.test"}
    with Instance(folder / "server", **settings) as one:
        pid = one.process.pid
        if len(cores) > 1:
            for thread in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(thread), {cores[-1]})
            os.sched_setaffinity(0, {cores[0]})
        try:
            return await _measure(one.url, filled, pid, count, days)
        finally:
            os.sched_setaffinity(0, cores)


def run(appointments: int, count: int, days: int, bases: Sequence[str]) -> dict[str, Any]:
    figures: dict[str, Any] = {"appointments": appointments, "requests": count, "measured": str(datetime.now(UTC))}
    with tempfile.TemporaryDirectory() as name, Postgres() as postgres:
        folder = Path(name)
        for base in bases:
            place = folder / base
            place.mkdir(mode=0o700)
            url = f"sqlite+aiosqlite:///{place}/careroom.db" if base == "sqlite" else postgres.create_database()
            found = asyncio.run(_of(url, place, appointments, count, days))
            print(base, found, flush=True)
            figures |= {f"{key}_{base}": value for key, value in found.items()}
            shutil.rmtree(place)
    figures["day_view_p95_ms"] = max(figures[f"day_view_p95_ms_{base}"] for base in bases)
    return figures


def main() -> None:
    options = argparse.ArgumentParser(description="Booking with a million appointments stored")
    options.add_argument("--quick", action="store_true", help="eight thousand appointments")
    options.add_argument("--only", choices=["sqlite", "postgres"], help="one of the two databases")
    given = options.parse_args()
    bases = [given.only] if given.only else ["sqlite", "postgres"]
    report("booking", run(8_000, 24, 5, bases) if given.quick else run(1_000_000, 400, 40, bases))


if __name__ == "__main__":
    main()
