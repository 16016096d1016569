"""A clinic with very many messages due, worker processes that are forked warm, and a provider that records everything.

Shared by `scripts/bench reminders` and `scripts/chaos reminders`.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import random
import signal
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from notifications.message import DeliveryStatus, Email, Receipt, Sms
from server.access import links
from server.access.tables import Link
from server.appointments.tables import Appointment
from server.core.ids import new_id
from server.core.principal import system
from server.house import House, open_house
from server.people.schemas import PersonIn
from server.people.service import create
from server.reminders import claims, sending
from server.reminders.letters import Letter
from server.reminders.listeners import plan_visits
from server.reminders.rules import PRACTICE, Rule
from server.reminders.tables import ReminderPlan
from server.reminders.worker import Worker
from server.serving import keep_what_is_open
from server.visits.tables import Visit
from tests.parts.clinic import Surgery, settings
from tests.parts.ports import wait_until

A_FILL = 200  # people recorded in one transaction


class Board:
    """What the workers say in memory that all share: whether one holds a claim, under which name, and how much it has
    sent. Each writes to its own place only."""

    def __init__(self, seats: int) -> None:
        self._memory = mmap.mmap(-1, seats * self._PLACE)

    _PLACE, _OWNER, _COUNT = 32, slice(1, 23), slice(24, 32)

    def _at(self, seat: int, part: slice) -> slice:
        return slice(seat * self._PLACE + part.start, seat * self._PLACE + part.stop)

    def busy(self, seat: int) -> bool:
        return bool(self._memory[seat * self._PLACE])

    def set_busy(self, seat: int, busy: bool) -> None:
        self._memory[seat * self._PLACE] = busy

    def owner(self, seat: int) -> str:
        """The name in the leases of the worker at this seat; empty before it has begun."""
        return self._memory[self._at(seat, self._OWNER)].rstrip(b"\0").decode()

    def sit(self, seat: int, owner: str) -> None:
        self._memory[self._at(seat, self._OWNER)] = owner.encode().ljust(22, b"\0")

    def sent(self, seat: int) -> int:
        return int.from_bytes(self._memory[self._at(seat, self._COUNT)], "big")

    def count(self, seat: int) -> None:
        self._memory[self._at(seat, self._COUNT)] = (self.sent(seat) + 1).to_bytes(8, "big")


def midday_zone() -> str:
    """A zone where it is about noon now, so that no night holds anything back."""
    offset = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{'-' if offset >= 0 else '+'}{abs(offset)}"


async def fill(
    house: House, place: Surgery, visits: int, people: int, rules: Sequence[Rule], ahead: timedelta, at_once: int = 1000
) -> float:
    """`visits` appointments of `people` persons by this plan; the seconds that planning took. Planning is the product's
    own (`plan_visits`), `at_once` visits a transaction; people and appointments are its ground and are not counted."""
    zone = midday_zone()
    persons = []
    for first in range(0, people, A_FILL):
        async with house.desk.unit(system(place.id)) as unit:
            for number in range(first, min(first + A_FILL, people)):
                body = PersonIn(
                    given="Rosa", family=f"Marsh {number}", birth_date=date(1980, 2, 3), zone=zone,
                    phone=f"+1{201 + number // 100 % 700}55501{number % 100:02d}", email=f"p{number}@example.org",
                )  # fmt: skip
                persons.append((await create(unit, house.keys, body)).id)
    async with house.desk.unit(system(place.id)) as unit:
        stored = [{"kind": one.kind, "channels": list(one.channels), "minutes": one.minutes} for one in rules]
        unit.add(ReminderPlan(tenant=place.id, owner_id=PRACTICE, rules=stored, changed_at=unit.clock.now()))
    spent = 0.0
    for first in range(0, visits, at_once):
        batch = await _appointments(house, place, persons, range(first, min(first + at_once, visits)), ahead, zone)
        began = asyncio.get_running_loop().time()
        async with house.desk.unit(system(place.id)) as unit:
            rows = list((await unit.find(Appointment, batch)).values())
            await plan_visits(unit, rows)
        spent += asyncio.get_running_loop().time() - began
    async with house.store.engine.connect() as base:
        await base.execute(text("ANALYZE"))  # as autovacuum will have done by the time they are due
        await base.commit()
    return spent


async def _appointments(
    house: House, place: Surgery, persons: Sequence[str], numbers: range, ahead: timedelta, zone: str
) -> list[str]:
    now = house.clock.now().replace(microsecond=0)
    base = datetime.fromtimestamp(now.timestamp() // 300 * 300, UTC) + ahead  # visits begin at the clock's five minutes
    secrets = links.Secrets(house.keys, "")
    rows, made = [], []
    for number in numbers:
        start, appointment_id, link_id = base + timedelta(minutes=number % 120 * 5), new_id(), new_id()
        person_id = persons[number % len(persons)]
        rows.append({
            "id": appointment_id, "tenant": place.id, "status": "booked", "version": 1, "person_id": person_id,
            "provider_id": place.accounts["provider"], "visit_type_id": place.visit_type, "start": start,
            "end": start + timedelta(minutes=15), "wall_start": start.strftime("%Y-%m-%dT%H:%M"), "zone": zone,
            "revision": 1, "participation": "needs-action", "created_at": now, "first": False,
        })  # fmt: skip
        made.append({
            "id": link_id, "tenant": place.id, "appointment_id": appointment_id, "person_id": person_id,
            "generation": 1, "secret_hash": links.hash_of(secrets.secret(link_id, 1)), "created_at": now,
        })  # fmt: skip
    async with house.desk.unit(system(place.id)) as unit:
        await unit.session.execute(insert(Appointment), rows)
        await unit.session.execute(insert(Link), made)
        await unit.session.execute(
            insert(Visit),
            [
                {"id": new_id(), "tenant": place.id, "appointment_id": row["id"], "status": "planned", "version": 1}
                for row in rows
            ],
        )
    return [str(row["id"]) for row in rows]


class Provider:
    """The recording sink: a server on a Unix socket that writes down every message, whoever sends it and however often,
    and can be asked for one by its key, as a provider's list call can. It answers as late as one on the network;
    `accepted` hears at once at which seat the worker sits whose message was taken."""

    def __init__(self, folder: Path, takes: tuple[float, float] = (0.0, 0.0)) -> None:
        self.path = folder / "provider.sock"
        self.accepted: Callable[[int], None] = lambda _seat: None
        self._takes = takes
        self.taken: list[dict[str, Any]] = []
        self.by_owner: dict[str, set[str]] = defaultdict(set)  # worker -> keys of what was taken from it
        self._by_key: set[str] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self.path))

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                asked = json.loads(line)
                if asked["verb"] == "find":
                    answer = asked["key"] in self._by_key
                else:
                    self.taken.append({**asked, "at": datetime.now(UTC).timestamp()})
                    self._by_key.add(asked["key"])
                    self.by_owner[asked["owner"]].add(asked["key"])
                    answer = True
                    self.accepted(asked["seat"])
                await asyncio.sleep(random.uniform(*self._takes))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()


class Wire:
    """A worker's line to the provider; it is both the SMS and the mail port."""

    number: str | None = None

    def __init__(self, path: Path, seat: int) -> None:
        self._path, self._seat = path, seat
        self.owner = ""
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.claimed_at: dict[str, float] = {}

    async def send(self, message: Sms | Email) -> Receipt:
        kind = "sms" if isinstance(message, Sms) else "mail"
        await self._ask({
            "verb": "send", "kind": kind, "key": message.key, "to": message.to, "seat": self._seat,
            "owner": self.owner, "claimed_at": self.claimed_at.get(message.key, 0.0),
        })  # fmt: skip
        return Receipt(f"p-{message.key}", DeliveryStatus.DELIVERED, 1)

    async def find(self, message: Sms, since: datetime) -> Receipt | None:  # noqa: ARG002 - keys are never reused
        known = await self._ask({"verb": "find", "key": message.key})
        return Receipt(f"p-{message.key}", DeliveryStatus.DELIVERED, 1) if known else None

    async def check(self) -> str:
        return "a recording provider"

    async def aclose(self) -> None:
        for _, writer in self._free:
            writer.close()

    async def _ask(self, question: dict[str, Any]) -> bool:
        line = self._free.pop() if self._free else await asyncio.open_unix_connection(str(self._path))
        reader, writer = line
        writer.write(json.dumps(question).encode() + b"\n")
        await writer.drain()
        answer = bool(json.loads(await reader.readline()))
        self._free.append(line)
        return answer


class Null:
    """Takes everything and keeps nothing: what is measured is ours alone."""

    number: str | None = None

    def __init__(self, count: Callable[[], None] = lambda: None) -> None:
        self._count = count

    async def send(self, message: Sms | Email) -> Receipt:
        self._count()
        return Receipt(message.key, DeliveryStatus.DELIVERED, 1)

    async def find(self, message: Sms, since: datetime) -> Receipt | None:  # noqa: ARG002
        return None

    async def check(self) -> str:
        return "nothing is sent"

    async def aclose(self) -> None:
        """Nothing is held open."""


class Watched(sending.Sender):
    """The product's engine, which also says when it holds a claim, and rests between two rounds when told to stop."""

    def __init__(self, house: House, board: Board, seat: int) -> None:
        super().__init__(house)
        self._wire, self._board, self._seat = house.sms, board, seat
        self.stopping, self.rested = asyncio.Event(), asyncio.Event()
        board.sit(seat, self.owner)
        if isinstance(self._wire, Wire):
            self._wire.owner = self.owner

    async def once(self) -> bool:
        if self.stopping.is_set():
            self.rested.set()
            await asyncio.Event().wait()
        return await super().once()

    async def _batch_of(self, tenant: str, channel: str, rows: Sequence[claims.Claimed], began: float) -> int:
        self._board.set_busy(self._seat, busy=True)
        if isinstance(self._wire, Wire):
            self._wire.claimed_at.clear()
        try:
            return await super()._batch_of(tenant, channel, rows, began)
        finally:
            self._board.set_busy(self._seat, busy=False)

    async def _send(self, letter: Letter) -> Any:
        if isinstance(self._wire, Wire):
            self._wire.claimed_at[letter.message.key] = letter.row.at.timestamp()
        return await super()._send(letter)


def work(url: str, folder: Path, wire: Path | None, board: Board, seat: int) -> None:
    """A worker process, running the product's `Worker`: until it is told (SIGTERM) or made (SIGKILL) to stop."""

    async def run() -> None:
        parent = os.getppid()  # no worker outlives a run that was cut off
        async with open_house(settings(url, folder)) as opened:
            port: Any = Wire(wire, seat) if wire else Null(lambda: board.count(seat))
            house = replace(opened, sms=port, mail=port)
            keep_what_is_open()  # as whoever serves does
            worker = Worker(house)
            worker._sender = watched = Watched(house, board, seat)

            def stop() -> None:
                watched.stopping.set()
                worker.wake()

            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
            running = asyncio.create_task(worker.run())
            while not watched.rested.is_set() and os.getppid() == parent and not running.done():
                with suppress(TimeoutError):
                    await asyncio.wait_for(watched.rested.wait(), 1)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    asyncio.run(run())


class Crew:
    """Worker processes, forked warm from a nursery: a process that has imported everything and opened nothing. (A
    SQLite that is open is not carried over a fork: sqlite.org/howtocorrupt.html, 2.6.) Make it before any part."""

    def __init__(self, size: int) -> None:
        self.board = Board(size)
        self.pids = [0] * size
        asked, self._ask = os.pipe()
        self._answer, answer = os.pipe()
        self._nursery = os.fork()
        if self._nursery == 0:
            os.close(self._ask)
            try:
                self._nurse(asked, answer)
            finally:
                os._exit(0)
        os.close(asked)
        os.close(answer)

    def _nurse(self, asked: int, answer: int) -> None:
        size = int.from_bytes(os.read(asked, 4), "big")
        told = json.loads(os.read(asked, size)) if size else {}
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
        while seat := os.read(asked, 1):
            pid = os.fork()
            if pid == 0:
                try:
                    wire = Path(told["wire"]) if told["wire"] else None
                    work(told["url"], Path(told["folder"]), wire, self.board, seat[0])
                finally:
                    os._exit(0)
            os.write(answer, pid.to_bytes(8, "big"))

    def place(self, url: str, folder: Path, wire: Path | None) -> None:
        """Where they will work."""
        told = json.dumps({"url": url, "folder": str(folder), "wire": str(wire) if wire else ""}).encode()
        os.write(self._ask, len(told).to_bytes(4, "big") + told)

    def hire(self, seat: int) -> None:
        self.board.set_busy(seat, busy=False)
        os.write(self._ask, bytes([seat]))
        self.pids[seat] = int.from_bytes(os.read(self._answer, 8), "big")

    def hire_all(self) -> None:
        for seat in range(len(self.pids)):
            self.hire(seat)

    @property
    def sent(self) -> list[int]:
        """Messages that left from each seat, whoever sat there."""
        return [self.board.sent(seat) for seat in range(len(self.pids))]

    def kill(self, seat: int) -> str:
        """kill -9; the name in the leases of whoever it was."""
        owner = self.board.owner(seat)
        with suppress(ProcessLookupError):
            os.kill(self.pids[seat], signal.SIGKILL)
        return owner

    def send_home(self) -> None:
        """Every worker finishes what it has in hand and goes; others can be hired."""
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in self.pids:
            wait_until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), 60, "a worker's end")  # type: ignore[misc]

    def dismiss(self) -> None:
        """Everybody goes home; the nursery last."""
        self.send_home()
        os.close(self._ask)
        os.waitpid(self._nursery, 0)
