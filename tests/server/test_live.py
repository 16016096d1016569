"""The live channel of the real application over real sockets: who hears what, and what a lost connection misses."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.house import lively
from server.waiting.tables import WaitingRoomEntry
from signaling.client import Client
from signaling.frames import Err, Ev, Reset
from tests.parts.clinic import Booked, Browser, Clinic, merge
from tests.parts.marks import sqlite_only
from tests.parts.ports import eventually


@asynccontextmanager
async def served(clinic: Clinic) -> AsyncIterator[str]:
    """The clinic's application behind a real port; the address of its live channel."""
    config = uvicorn.Config(
        clinic.app, log_config=None, lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        async with lively(clinic.house):
            task = asyncio.create_task(server.serve([sock]))
            await eventually(lambda: server.started)
            yield f"ws://127.0.0.1:{sock.getsockname()[1]}/v1/live"
            server.should_exit = True
            await task


@dataclass
class Page:
    """A page with a snapshot and a socket: everything it was told is in `frames`, in the words of the wire."""

    browser: Browser
    path: str
    topics: list[str]
    view: dict[str, Any] = field(default_factory=dict)
    frames: list[Any] = field(default_factory=list)
    client: Client | None = None

    async def open(self, url: str, stack: AsyncExitStack, **headers: str) -> Page:
        await self.load()
        self.client = Client(url, self.ticket, dict(self.cursors), first=0.05, headers=headers or None)
        stack.push_async_callback(self._close, asyncio.create_task(self._listen(self.client)))
        async with asyncio.timeout(10):
            await self.client.opened.wait()
        return self

    async def load(self) -> None:
        self.view = await self.browser.get(self.path)
        heads = self.view.pop("heads")
        self.cursors = {topic: heads[topic] for topic in self.topics if topic in heads}

    async def ticket(self) -> str:
        made: dict[str, str] = await self.browser.post("/v1/live/ticket", {"topics": self.topics})
        return made["ticket"]

    async def _listen(self, client: Client) -> None:
        async for frame in client:
            self.frames.append(frame)
            if isinstance(frame, Ev) and frame.ch == self.topics[0]:
                self.view = merge(self.view, json.loads(bytes(frame.d)))

    async def _close(self, task: asyncio.Task[None]) -> None:
        assert self.client is not None
        await self.client.aclose()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @property
    def live(self) -> Client:
        assert self.client is not None
        return self.client

    async def caught_up(self) -> None:
        head = (await self.browser.get(self.path))["heads"][self.topics[0]]
        await eventually(lambda: self.live.cur.get(self.topics[0]) == head, what="hearing the last event")

    async def same(self) -> None:
        await self.caught_up()
        fresh = await self.browser.get(self.path)
        for view in (fresh, self.view):
            view.pop("heads", None), view.pop("now", None)
        assert _plain(self.view) == _plain(fresh)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    return value


def board(clinic: Clinic, name: str = "provider") -> Page:
    return Page(clinic.staff(name), "/v1/board", [f"board:{clinic.north.id}"])


def own(phone: Browser, booked: Booked) -> Page:
    topics = [f"patient:{booked.id}", f"conv:{booked.conversation_id}", f"visit:{booked.visit_id}"]
    return Page(phone, f"/v1/links/{booked.link_id}/visit", topics)


async def two(clinic: Clinic) -> list[tuple[Booked, Browser]]:
    """Two patients in one line."""
    found = []
    for name in ("Ada", "Ivo"):
        booked = await clinic.book(person=await clinic.person(given=name, phone=None), provider="provider")
        found.append((booked, await clinic.arrive(booked)))
    return found


async def act(clinic: Clinic, patients: list[tuple[Booked, Browser]], dice: random.Random) -> None:
    booked, phone = dice.choice(patients)
    what = dice.choice(["leave", "check-in", "readiness", "call", "requeue"])
    if what in {"call", "requeue"}:
        entry = (await clinic.row(booked))["entry"]
        path = f"/v1/waiting/{entry['id']}/{what}"
        await clinic.staff("provider").send("POST", path, {"version": entry["version"]})
    else:
        body = {"media": "voice", "camera": dice.choice(["ok", "absent"])} if what == "readiness" else {}
        await phone.send("POST", f"/v1/my/{what}", body)


async def test_one_patients_socket_never_carries_another_patient(clinic: Clinic) -> None:
    patients, dice = await two(clinic), random.Random(7)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(clinic))
        pages = [await own(phone, booked).open(url, stack) for booked, phone in patients]
        watching = await board(clinic).open(url, stack)
        for _ in range(40):
            await act(clinic, patients, dice)
        for page in (*pages, watching):
            await page.same()
    entries = await clinic.all(WaitingRoomEntry)
    for (booked, _), page, (other, _) in zip(patients, pages, patients[::-1], strict=True):
        heard = repr([page.frames, page.view])
        assert booked.id in heard
        strangers = [other.id, other.person_id, other.link_id, other.visit_id, other.conversation_id]
        strangers += [one.id for one in entries if one.appointment_id == other.id]
        assert [word for word in (*strangers, "Ivo", "Ada", "board:") if word in heard] == []
        assert sum(isinstance(frame, Ev) for frame in page.frames) > 5


@sqlite_only
async def test_a_lost_connection_misses_nothing_and_hears_nothing_twice(clinic: Clinic) -> None:
    patients, dice = await two(clinic), random.Random(3)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(clinic))
        page = await board(clinic).open(url, stack)
        for _ in range(4):
            page.live.cut()
            for _ in range(6):
                await act(clinic, patients, dice)
            await page.same()
        assert page.live.connects > 1
        seqs = [frame.seq for frame in page.frames if isinstance(frame, Ev)]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert not any(isinstance(frame, Reset) for frame in page.frames)


@sqlite_only
async def test_signing_out_ends_the_socket_and_keeps_it_out(clinic: Clinic) -> None:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(clinic))
        leaving, staying = await board(clinic, "scheduler").open(url, stack), await board(clinic).open(url, stack)
        connects = leaving.live.connects
        kept = await leaving.ticket()
        await leaving.browser.send("DELETE", "/v1/sessions/current")
        await eventually(lambda: not leaving.live.opened.is_set(), what="the socket's end")
        late = Page(leaving.browser, "", [])
        late.client = Client(url, _given(kept), {})
        async for frame in late.client:
            assert isinstance(frame, Err)
            break
        await late.client.aclose()
        assert leaving.live.connects == connects
        assert staying.live.opened.is_set()


def _given(ticket: str) -> Any:
    async def fetch() -> str:
        return ticket

    return fetch


@sqlite_only
async def test_a_page_of_another_origin_gets_no_socket(clinic: Clinic) -> None:
    async with served(clinic) as url:
        host = url.split("/")[2]
        for origin in ("https://evil.example", "null", f"http://{host}.evil.example", "http://127.0.0.1:1"):
            with pytest.raises(InvalidStatus):
                await connect(url, additional_headers={"Origin": origin}, proxy=None)
        async with connect(url, additional_headers={"Origin": f"http://{host}"}, proxy=None):
            pass


async def test_a_socket_is_presence(clinic: Clinic) -> None:
    """While the socket is there the patient is; who was away is back the moment it opens."""
    (booked, phone), _ = await two(clinic)
    clinic.clock.forward(timedelta(minutes=5))
    await clinic.worker.tidy()
    assert (await clinic.row(booked))["entry"]["state"] == "away"
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(clinic))
        page = await own(phone, booked).open(url, stack)
        await eventually(lambda: page.view["stage"] == "waiting", what="being back in line")
    assert (await clinic.row(booked))["entry"]["state"] == "waiting"
