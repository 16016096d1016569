"""The waiting room while everything it stands on is killed.

An instance dies by kill -9 every five seconds, Redis and PostgreSQL are killed and started again, sockets fall silent,
while patients leave and come back and providers admit and end: each command is repeated with its key until it is
answered. Pages try again at most a second apart, so that what is measured is the server's part of coming back.

places_lost        in line by the last answer, and no entry in line in the end
double_admissions  somebody admitted twice, or two boards both told that they admitted
ghosts             in line in the end, who has left or is in a visit by the last answer
wrong_audience     frames of a patient's socket that name anything of another patient
converge_s         the longest time between a repair and the next fault in which a page still did not show what had been
                   committed; and after each kind of fault by itself (`after_…_s`). No page is asked for it: what it is
                   told carries the time at which it was so
wrong_in_the_end   pages that do not show what a fresh one shows half a minute after everything runs again
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import random
import secrets
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from signaling.client import Client
from signaling.frames import Ev, Reset
from tests.bench.host import report
from tests.bench.rooms import Room, Seat, Ward, gathered, ward
from tests.parts.clinic import merge
from tests.parts.instance import Instance
from tests.parts.ports import eventually
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis

ADMIT = {"identifiers": ["name", "birth_date"]}


def plain(value: Any) -> Any:
    """Without members that are null: absent is null."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if one is not None}
    return [plain(one) for one in value] if isinstance(value, list) else value


@dataclass
class Repairs:
    """When everything ran, in Unix time: from each repair to the next fault. What was repaired last has its figure."""

    whole: list[tuple[float, float, str]] = field(default_factory=lambda: [(time.time(), math.inf, "start")])
    worst: dict[str, float] = field(default_factory=dict)

    def broken(self) -> None:
        since, _, what = self.whole[-1]
        self.whole[-1] = (since, time.time(), what)

    def repaired(self, what: str) -> None:
        self.whole.append((time.time(), math.inf, what))

    def late(self, since: float) -> None:
        """A page learns now what was so `since`: the longest time of that in which nothing was broken counts."""
        now = time.time()
        for begun, ended, what in reversed(self.whole):
            if ended < since:
                break
            self.worst[what] = max(self.worst.get(what, 0.0), min(ended, now) - max(begun, since))


@dataclass
class Phone:
    """A patient's page: its snapshot, what its socket carried, and what the last answered command said."""

    seat: Seat
    instance: int
    view: dict[str, Any] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    client: Client | None = None
    task: asyncio.Task[None] | None = None
    in_line: bool = True
    admitted: int = 0
    back: float = 0.0

    @property
    def topic(self) -> str:
        return f"patient:{self.seat.appointment_id}"


class Storm:
    """The ward, its people, and the faults."""

    def __init__(self, place: Ward, dice: random.Random) -> None:
        self.place, self.dice = place, dice
        self.https = place.http()
        self.phones = [
            Phone(seat, number % 2) for number, seat in enumerate(seat for room in place.rooms for seat in room.seats)
        ]
        self.of = {phone.seat.appointment_id: phone for phone in self.phones}
        self.over = asyncio.Event()
        self.kills = self.commands = self.twice = 0
        self.repairs = Repairs()

    # -- commands -------------------------------------------------------------

    async def say(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        """A command, repeated with its key, on either instance, until somebody answers for good."""
        key = {"idempotency-key": secrets.token_urlsafe(16)}
        self.commands += 1
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await self.dice.choice(self.https).post(path, json=body, headers=headers | key)
                if answer.status_code < 500 and answer.json().get("slug") != "too-many":
                    return answer
            await asyncio.sleep(0.2)

    async def read(self, path: str, headers: dict[str, str]) -> Any:
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await self.dice.choice(self.https).get(path, headers=headers)
                if answer.is_success:
                    return answer.json()
            await asyncio.sleep(0.2)

    async def patient(self, phone: Phone) -> None:
        """Leaves and comes back, at times of its own."""
        while not self.over.is_set():
            await asyncio.sleep(self.dice.uniform(1.0, 6.0))
            if phone.admitted:
                return
            path = "leave" if phone.in_line and self.dice.random() < 0.4 else "check-in"
            answer = await self.say(f"/v1/my/{path}", {}, phone.seat.headers)
            if answer.is_success and not phone.admitted:
                phone.in_line = path == "check-in" and answer.json()["stage"] != "in-visit"

    async def provider(self, room: Room, pause: float) -> None:
        """Two boards press "Admit" for the first of the line at once; then the visit ends."""
        while not self.over.is_set():
            await asyncio.sleep(self.dice.uniform(0.4, 1.4) * pause)
            board = (await self.read("/v1/board", room.headers))["rows"]
            line = [
                row for row in board.values()
                if row["entry"] and row["entry"].get("position") == 1 and row["provider"]["id"] == room.account_id
            ]  # fmt: skip
            for row in line[:1]:
                body = {"version": row["entry"]["version"], **ADMIT}
                path = f"/v1/waiting/{row['entry']['id']}/admit"
                answers = await asyncio.gather(*(self.say(path, body, room.headers) for _ in range(2)))
                told = [answer for answer in answers if answer.is_success]
                self.twice += len(told) > 1
                if told:
                    phone = self.of[row["id"]]
                    phone.admitted, phone.in_line = phone.admitted + 1, False
                    if self.dice.random() < 0.5:
                        visit = told[0].json()["visit"]
                        await self.say(f"/v1/visits/{visit['id']}/end", {"version": visit["version"]}, room.headers)

    # -- pages ----------------------------------------------------------------

    async def load(self, phone: Phone) -> dict[str, int]:
        asked = time.time()
        phone.view = await self.read(f"/v1/links/{phone.seat.link}/visit", phone.seat.headers)
        heads: dict[str, int] = phone.view.pop("heads")
        self.repairs.late(asked)
        return {phone.topic: heads[phone.topic]}

    async def listen(self, phone: Phone) -> None:
        async def ticket() -> str:
            return str(
                (await self.say("/v1/live/ticket", {"topics": [phone.topic]}, phone.seat.headers)).json()["ticket"]
            )

        phone.back = time.time()
        cursors = await self.load(phone)
        while not self.over.is_set() or phone.client is None:
            url = self.place.instances[phone.instance].url.replace("http", "ws") + "/v1/live"
            phone.client = Client(url, ticket, cursors, first=0.2, most=1.0)
            async for frame in phone.client:
                if isinstance(frame, Ev):
                    text = bytes(frame.d).decode()
                    phone.heard.append(text)
                    phone.view = merge(phone.view, json.loads(text))
                    self.repairs.late(max(datetime.fromisoformat(frame.at).timestamp(), phone.back))
                elif isinstance(frame, Reset):
                    cursors = await self.load(phone)
                    phone.client.cur.update(cursors)
            cursors = dict(phone.client.cur)
            await asyncio.sleep(self.dice.uniform(0.0, 0.5))

    async def silence(self, seconds: float) -> None:
        """A phone's socket is gone for a while, without a goodbye to the person's place."""
        while not self.over.is_set():
            await asyncio.sleep(self.dice.uniform(0.5, 2.0))
            phone = self.dice.choice(self.phones)
            if phone.client is not None and phone.task is not None and not phone.task.done():
                phone.task.cancel()
                await phone.client.aclose()
                await asyncio.sleep(seconds)
                phone.client, phone.task = None, asyncio.create_task(self.listen(phone))

    # -- faults ---------------------------------------------------------------

    async def kill(self, every: float) -> None:
        number = 0
        while not self.over.is_set():
            await asyncio.sleep(every)
            self.kills += 1
            await self.fault("instance", self.place.instances[number % 2])
            number += 1
            if number % 3 == 1:
                await self.fault("redis", self.place.redis)
            if number % 3 == 2:
                await self.fault("database", self.place.postgres)

    async def fault(self, what: str, part: Instance | Redis | Postgres) -> None:
        self.repairs.broken()
        await asyncio.to_thread(part.kill)
        await asyncio.to_thread(part.start)
        self.repairs.repaired(what)

    # -- the end --------------------------------------------------------------

    async def wrong(self, limit: float) -> int:
        """Pages that do not come to show what a fresh one shows within `limit` seconds."""
        until = time.perf_counter() + limit

        async def right(phone: Phone) -> bool:
            while time.perf_counter() < until:
                fresh = await self.read(f"/v1/links/{phone.seat.link}/visit", phone.seat.headers)
                fresh.pop("heads")
                shown = {name: value for name, value in phone.view.items() if name not in {"call", "now"}}
                wanted = {name: value for name, value in fresh.items() if name not in {"call", "now"}}
                if plain(shown) == plain(wanted):
                    return True
                await asyncio.sleep(0.5)
            return False

        return (await gathered([right(phone) for phone in self.phones], at_once=8)).count(False)

    async def figures(self) -> dict[str, Any]:
        lost = ghosts = 0
        for phone in self.phones:
            view = await self.read(f"/v1/links/{phone.seat.link}/visit", phone.seat.headers)
            in_line = view["stage"] in {"waiting", "away", "called"}
            lost += phone.in_line and not in_line
            ghosts += in_line and not phone.in_line
        wrong = 0
        words = {phone.seat.appointment_id: (phone.seat.appointment_id, phone.seat.link) for phone in self.phones}
        strangers = {word: owner for owner, some in words.items() for word in some}
        for phone in self.phones:
            text = " ".join(phone.heard)
            wrong += sum(word in text for word, owner in strangers.items() if owner != phone.seat.appointment_id)
        query = "SELECT count(*) FROM (SELECT appointment_id FROM waiting_entry WHERE status = 'admitted'"
        query += " GROUP BY appointment_id HAVING count(*) > 1) AS twice"
        stored = int(await asyncio.to_thread(self.place.postgres.psql, self.place.database_url, query))
        return {
            "places_lost": lost,
            "double_admissions": stored + self.twice,
            "ghosts": ghosts,
            "wrong_audience": wrong,
        }


async def run(folder: Path, rooms: int, patients: int, seconds: float, silent: float) -> dict[str, Any]:
    dice = random.Random(seed := secrets.randbelow(10**9))
    print(f"seed {seed}", flush=True)
    async with ward(folder, practices=1, rooms=rooms, patients=patients, durable=True) as place:
        storm = Storm(place, dice)
        for phone in storm.phones:
            phone.task = asyncio.create_task(storm.listen(phone))
        await eventually(lambda: all(one.client and one.client.opened.is_set() for one in storm.phones), 60, "sockets")
        print(f"{len(storm.phones)} phones are open", flush=True)
        people = [asyncio.create_task(storm.patient(phone)) for phone in storm.phones]
        people += [asyncio.create_task(storm.provider(room, seconds / patients)) for room in place.rooms]
        faults = [asyncio.create_task(storm.kill(5.0)), asyncio.create_task(storm.silence(silent))]
        await asyncio.sleep(seconds)
        storm.over.set()
        await asyncio.gather(*people, *faults)
        print("everything runs again", flush=True)
        wrong = await storm.wrong(30.0)
        figures = await storm.figures()
        for phone in storm.phones:
            if phone.task is not None:
                phone.task.cancel()
        await asyncio.gather(*(phone.task for phone in storm.phones if phone.task), return_exceptions=True)
        for http in storm.https:
            await http.aclose()
    heard, worst = sum(len(phone.heard) for phone in storm.phones), storm.repairs.worst
    return {
        **figures, "wrong_in_the_end": wrong, "converge_s": round(max(worst.values()), 2),
        **{f"after_{what}_s": round(took, 2) for what, took in worst.items()}, "kills": storm.kills,
        "commands": storm.commands,
        "admitted": sum(phone.admitted for phone in storm.phones), "events_heard": heard,
    }  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true")
    quick = arguments.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="careroom-") as folder:
        size = (2, 5, 16.0, 4.0) if quick else (6, 12, 180.0, 60.0)
        figures = asyncio.run(run(Path(folder), *size))
    report("waiting", figures)


if __name__ == "__main__":
    main()
