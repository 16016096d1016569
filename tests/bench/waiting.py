"""The waiting room under load, and the forecast's word.

change_to_client_p95_ms  a request of staff or patient sent -> the new place at a patient's socket, on two instances
server_cpu_ms_per_change  processor time of both instances for one change, all it brings about included: what stays
                         the same on a busy machine
mae_min, band_coverage   the forecast in a simulated clinic: 8 h, 3 providers, 92 % busy, visits lognormal 16 ± 9 min;
                         the same with breaks, no-shows and people who are more urgent beside it (`hard_…`)
mae_longest_plus_15, mae_position_mean   two rules that others use, on the same glances
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import secrets
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from signaling.client import Client
from signaling.frames import Ev
from tests.bench.clinic_day import Kind
from tests.bench.forecasts import measure
from tests.bench.host import cpu_seconds, report, tree_seconds
from tests.bench.rooms import Room, Seat, Ward, gathered, ticket, ward

KINDS = {"": Kind(), "breaks_": Kind(breaks=True), "no_shows_": Kind(no_shows=0.12), "acuity_": Kind(urgent=0.1),
         "hard_": Kind(breaks=True, no_shows=0.12, urgent=0.1)}  # fmt: skip


@dataclass
class Watched:
    """One room: its patients' sockets, and when its last change was asked for."""

    room: Room
    asked: float = 0.0
    waits: list[float] = field(default_factory=list)
    version: dict[str, int] = field(default_factory=dict)
    called: bool = False
    out: Seat | None = None

    def heard(self) -> None:
        if self.asked:
            self.waits.append((time.perf_counter() - self.asked) * 1000)


async def _listen(client: Client, watched: Watched) -> None:
    async for frame in client:
        if isinstance(frame, Ev) and frame.type == "patient.place":
            watched.heard()


async def _connect(place: Ward, https: list[httpx.AsyncClient], every: list[Watched]) -> list[Any]:
    """A socket for every patient, on both instances in turn."""
    clients, tasks = [], []
    for number, (watched, seat) in enumerate((w, s) for w in every for s in w.room.seats):
        http, instance = https[number % 2], place.instances[number % 2]
        topics = [f"patient:{seat.appointment_id}"]

        async def fresh(http: httpx.AsyncClient = http, seat: Seat = seat, topics: list[str] = topics) -> str:
            return await ticket(http, seat.headers, topics)

        client = Client(instance.url.replace("http", "ws") + "/v1/live", fresh)
        clients.append(client)
        tasks.append(asyncio.create_task(_listen(client, watched)))
        if number % 40 == 39:
            await asyncio.sleep(0.2)
    async with asyncio.timeout(240):
        await asyncio.gather(*(client.opened.wait() for client in clients))
    return [clients, tasks]


async def _change(watched: Watched, http: httpx.AsyncClient, dice: random.Random) -> bool:
    """One change of a room by the provider or by a patient; whether the server took it."""
    seats, watched.asked = watched.room.seats, time.perf_counter()
    if watched.out is not None:
        seat, watched.out = watched.out, None
        return (await http.post("/v1/my/check-in", json={}, headers=seat.headers)).is_success
    what = dice.choice(["call", "triage", "leave"])
    if what == "leave":
        watched.out = seat = dice.choice(seats[len(seats) // 2 :])
        return (await http.post("/v1/my/leave", json={}, headers=seat.headers)).is_success
    if what == "triage":
        seat = dice.choice(seats[1 : len(seats) // 2])
        body: dict[str, Any] = {"acuity": dice.randint(1, 5), "reason": "Short of breath"}
        path = f"/v1/waiting/{seat.entry_id}/triage"
    else:
        seat, body = seats[0], {}
        path = f"/v1/waiting/{seat.entry_id}/{'requeue' if watched.called else 'call'}"
        watched.called = not watched.called
    body["version"] = watched.version[seat.entry_id]
    answer = await http.post(path, json=body, headers=watched.room.headers)
    if answer.is_success:
        watched.version[seat.entry_id] = answer.json()["entry"]["version"]
    return answer.is_success


async def _versions(http: httpx.AsyncClient, every: list[Watched]) -> None:
    boards: dict[str, Any] = {}
    for watched in every:
        if watched.room.practice.id not in boards:
            board = (await http.get("/v1/board", headers=watched.room.headers)).json()
            boards[watched.room.practice.id] = {r["entry"]["id"]: r["entry"]["version"] for r in board["rows"].values()}
        known = boards[watched.room.practice.id]
        watched.version = {seat.entry_id: known[seat.entry_id] for seat in watched.room.seats}


def _spent(place: Ward) -> dict[str, float]:
    """Processor seconds so far of both instances together, of PostgreSQL, and of this client."""
    return {
        "server": sum(cpu_seconds(one.process.pid) for one in place.instances),
        "postgres": tree_seconds(place.postgres.process.pid), "client": cpu_seconds(os.getpid()),
    }  # fmt: skip


async def live(folder: Path, rooms: int, patients: int, rate: float, seconds: float) -> dict[str, Any]:
    dice = random.Random(seed := secrets.randbelow(10**9))
    print(f"seed of the changes {seed}", flush=True)
    async with ward(folder, practices=max(1, rooms // 20), rooms=rooms, patients=patients) as place:
        print(f"{rooms} rooms of {patients} are open on two instances", flush=True)
        https, every = place.http(), [Watched(room) for room in place.rooms]
        clients, tasks = await _connect(place, https, every)
        await _versions(https[0], every)
        print(f"{len(clients)} sockets are open", flush=True)
        pending: set[asyncio.Task[bool]] = set()
        turns, begun, spent = itertools.cycle(every), time.perf_counter(), _spent(place)
        taken = refused = 0
        while (passed := time.perf_counter() - begun) < seconds:
            while len(pending) + taken + refused < passed * rate:
                watched = next(turns)
                pending.add(asyncio.create_task(_change(watched, dice.choice(https), dice)))
            done, pending = await asyncio.wait(pending, timeout=0.01) if pending else (set(), pending)
            taken, refused = taken + sum(one.result() for one in done), refused + sum(not one.result() for one in done)
        took = time.perf_counter() - begun
        await asyncio.gather(*pending)
        await asyncio.sleep(1.5)
        spent = {name: used - spent[name] for name, used in _spent(place).items()}
        waits = sorted(itertools.chain.from_iterable(one.waits for one in every))
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        await gathered([client.aclose() for client in clients] + [http.aclose() for http in https])
    at = [round(waits[int(share * (len(waits) - 1))]) for share in (0.5, 0.95, 0.99)]
    return {
        "change_to_client_p50_ms": at[0], "change_to_client_p95_ms": at[1], "change_to_client_p99_ms": at[2],
        "changes_s": round(taken / took, 1), "refused": refused, "places_told": len(waits), "sockets": len(clients),
        "rooms": rooms, "patients": patients,
        **{f"{name}_cpu_ms_per_change": round(1000 * used / max(taken, 1), 1) for name, used in spent.items()},
    }  # fmt: skip


def forecasts(days: int, kinds: dict[str, Kind]) -> dict[str, Any]:
    figures: dict[str, Any] = {"seeds": []}
    for name, kind in kinds.items():
        seed = secrets.randbelow(10**9)
        figures["seeds"].append(seed)
        found = measure(kind, days, seed)
        figures |= {
            f"{name}mae_min": round(found.mae, 2), f"{name}band_coverage": round(found.coverage, 3),
            f"{name}mae_longest_plus_15": round(found.mae_longest_plus_15, 1),
            f"{name}mae_position_mean": round(found.mae_position_mean, 2),
            f"{name}forecast_ms": round(found.forecast_ms, 3), f"{name}glances": found.glances,
        }  # fmt: skip
        print(
            f"seed {seed} {name or 'plain '}{figures[f'{name}mae_min']} min, {figures[f'{name}band_coverage']}",
            flush=True,
        )
    return figures


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true")
    quick = arguments.parse_args().quick
    figures = forecasts(6 if quick else 60, {name: KINDS[name] for name in ("", "hard_")} if quick else KINDS)
    with tempfile.TemporaryDirectory(prefix="careroom-") as folder:
        size = (6, 8, 6.0, 8.0) if quick else (200, 20, 50.0, 60.0)
        figures |= asyncio.run(live(Path(folder), *size))
    report("waiting", figures)


if __name__ == "__main__":
    main()
