"""The waiting room while everything it stands on is killed.

An instance dies by kill -9 every five seconds, Redis and PostgreSQL are killed and started again, sockets fall silent,
while patients leave and come back and providers admit and end: each command is repeated with its key until it is
answered. Pages try again at most a second apart, so that what is measured is the server's part of coming back.

places_lost        in line by the last answer, and no entry in line in the end
double_admissions  somebody admitted twice, or two boards both told that they admitted
ghosts             in line in the end, who has left or is in a visit by the last answer
wrong_audience     frames of a patient's socket that name anything of another patient
converge_s         the longest time from "everything runs again" to a page that shows what a fresh one shows
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import secrets
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from signaling.client import Client
from signaling.frames import Ev, Reset
from tests.bench.host import report
from tests.bench.rooms import Room, Seat, Ward, gathered, ward
from tests.parts.clinic import merge
from tests.parts.ports import eventually

ADMIT = {"identifiers": ["name", "birth_date"]}


def plain(value: Any) -> Any:
    """Without members that are null: absent is null."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if one is not None}
    return [plain(one) for one in value] if isinstance(value, list) else value


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
        self.look_s = 0.0

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

    async def provider(self, room: Room) -> None:
        """Two boards press "Admit" for the first of the line at once; then the visit ends."""
        while not self.over.is_set():
            await asyncio.sleep(self.dice.uniform(0.5, 2.5))
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
        phone.view = await self.read(f"/v1/links/{phone.seat.link}/visit", phone.seat.headers)
        heads: dict[str, int] = phone.view.pop("heads")
        return {phone.topic: heads[phone.topic]}

    async def listen(self, phone: Phone) -> None:
        async def ticket() -> str:
            return str(
                (await self.say("/v1/live/ticket", {"topics": [phone.topic]}, phone.seat.headers)).json()["ticket"]
            )

        cursors = await self.load(phone)
        while not self.over.is_set() or phone.client is None:
            url = self.place.instances[phone.instance].url.replace("http", "ws") + "/v1/live"
            phone.client = Client(url, ticket, cursors, first=0.2, most=1.0)
            async for frame in phone.client:
                if isinstance(frame, Ev):
                    text = bytes(frame.d).decode()
                    phone.heard.append(text)
                    phone.view = merge(phone.view, json.loads(text))
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
            one = self.place.instances[number % 2]
            await asyncio.to_thread(one.kill)
            self.kills += 1
            await asyncio.to_thread(one.start)
            number += 1
            if number % 3 == 1:
                await asyncio.to_thread(self.place.redis.kill)
                await asyncio.to_thread(self.place.redis.start)
            if number % 3 == 2:
                await asyncio.to_thread(self.place.postgres.kill)
                await asyncio.to_thread(self.place.postgres.start)

    # -- the end --------------------------------------------------------------

    async def converged(self, limit: float) -> float:
        """Seconds until every page shows what a fresh one shows. The looking takes time of its own: with nobody wrong
        this is how long one look at all of them takes (`look_s`)."""
        begun, looks = time.perf_counter(), [0] * len(self.phones)

        async def right(number: int, phone: Phone) -> float:
            while (passed := time.perf_counter() - begun) < limit:
                looks[number] += 1
                fresh = await self.read(f"/v1/links/{phone.seat.link}/visit", phone.seat.headers)
                fresh.pop("heads")
                shown = {name: value for name, value in phone.view.items() if name not in {"call", "now"}}
                wanted = {name: value for name, value in fresh.items() if name not in {"call", "now"}}
                if plain(shown) == plain(wanted):
                    return time.perf_counter() - begun
                await asyncio.sleep(0.05)
            return passed

        times = await gathered([right(number, phone) for number, phone in enumerate(self.phones)], at_once=8)
        self.look_s = max((at for at, seen in zip(times, looks, strict=True) if seen == 1), default=0.0)
        return float(max(times))

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
        people += [asyncio.create_task(storm.provider(room)) for room in place.rooms]
        faults = [asyncio.create_task(storm.kill(5.0)), asyncio.create_task(storm.silence(silent))]
        await asyncio.sleep(seconds)
        storm.over.set()
        await asyncio.gather(*people, *faults)
        print("everything runs again", flush=True)
        took = await storm.converged(30.0)
        figures = await storm.figures()
        for phone in storm.phones:
            if phone.task is not None:
                phone.task.cancel()
        await asyncio.gather(*(phone.task for phone in storm.phones if phone.task), return_exceptions=True)
        for http in storm.https:
            await http.aclose()
    heard = sum(len(phone.heard) for phone in storm.phones)
    return {
        **figures, "converge_s": round(took, 2), "look_s": round(storm.look_s, 2), "kills": storm.kills,
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
