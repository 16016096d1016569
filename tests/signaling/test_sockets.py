"""The whole way on real sockets: our client, websockets, uvicorn, Starlette's WebSocketRoute, two hubs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from signaling.asgi import AsgiDoor
from signaling.bus_memory import Exchange, MemoryBus
from signaling.client import Client
from signaling.connection import Timing
from signaling.frames import Eph, Ev, Hello, Pong, ServerFrame, encode
from signaling.hub import Hub
from tests.signaling.conftest import Clinic
from tests.signaling.kit import until

V = "visit:1"
Pair = tuple[Hub, Hub]


@asynccontextmanager
async def serving(hub: Hub) -> AsyncIterator[str]:
    app = Starlette(routes=[WebSocketRoute("/live", AsgiDoor(hub))])
    config = uvicorn.Config(app, port=0, ws="websockets-sansio", log_level="error", lifespan="off", ws_max_size=1 << 17)
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    await until(lambda: server.started)
    try:
        yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/live"
    finally:
        server.should_exit = True
        await task


class Visitor:
    """A running client and everything it was given."""

    def __init__(self, client: Client) -> None:
        self.client, self.got = client, list[ServerFrame]()
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async for frame in self.client:
            self.got.append(frame)

    def seqs(self) -> list[int]:
        return [frame.seq for frame in self.got if isinstance(frame, Ev)]

    def calls(self) -> list[Eph]:
        return [frame for frame in self.got if isinstance(frame, Eph) and frame.type == "call"]


def tickets(clinic: Clinic, subject: str, seat: str | None = None, epoch: int = 0) -> Callable[[], Awaitable[str]]:
    async def fetch() -> str:
        return clinic.gate.issue(subject, [V], seat, epoch)

    return fetch


@asynccontextmanager
async def visiting(client: Client) -> AsyncIterator[Visitor]:
    visitor = Visitor(client)
    try:
        yield visitor
    finally:
        await client.aclose()
        visitor.task.cancel()
        await asyncio.wait([visitor.task])


async def test_events_and_calls_across_two_servers_and_a_lost_connection(clinic: Clinic, pair: Pair) -> None:
    async with serving(pair[0]) as one, serving(pair[1]) as two:
        patient = Client(one, tickets(clinic, "p", "seat-p"), {V: 0}, seat="seat-p", first=0.05)
        doctor = Client(two, tickets(clinic, "d", "seat-d"), {V: 0}, first=0.05)
        async with visiting(patient) as p, visiting(doctor) as d:
            await asyncio.gather(patient.opened.wait(), doctor.opened.wait())
            for _ in range(20):
                clinic.happen(pair[0], V)
            await patient.call(V, {"sdp": "v=0"})
            await patient.ping(7)
            await until(lambda: bool(d.calls()) and p.seqs() == d.seqs() == list(range(1, 21)))
            assert (d.calls()[0].sender, json.loads(bytes(d.calls()[0].d))) == ("seat-p", {"sdp": "v=0"})
            await until(lambda: Pong(7) in p.got)
            patient.cut()
            for _ in range(5):
                clinic.happen(pair[1], V)
            await until(lambda: p.seqs() == list(range(1, 26)))
            assert patient.connects == 2
            assert (patient.gaps, patient.duplicates) == (0, 0)


async def test_a_killed_instance_is_left_for_the_other(clinic: Clinic, pair: Pair) -> None:
    async with serving(pair[1]) as two:
        async with serving(pair[0]) as one:
            client = Client(one, tickets(clinic, "p"), {V: 0}, first=0.05)
            async with visiting(client) as p:
                await client.opened.wait()
                clinic.happen(pair[0], V)
                await until(lambda: p.seqs() == [1])
                client.url = two
                client.cut()
                clinic.happen(pair[1], V)
                await until(lambda: p.seqs() == [1, 2])
        assert pair[1].stats.admitted == 1


async def test_a_fenced_client_stops_for_good(clinic: Clinic, pair: Pair) -> None:
    async with serving(pair[0]) as one, serving(pair[1]) as two:
        old = Client(one, tickets(clinic, "p", "s", 1), first=0.01)
        new = Client(two, tickets(clinic, "p", "s", 2), first=0.01)
        async with visiting(old) as first, visiting(new):
            async with asyncio.timeout(10):
                await first.task
            assert old.fenced
            assert new.opened.is_set()


@pytest.mark.parametrize(("frame", "code"), [(b"\x00binary", 1007), ("{", 1007), ('{"t":"typing","ch":"a"}', None)])
async def test_faults_are_answered_before_the_close(
    clinic: Clinic, pair: Pair, frame: str | bytes, code: int | None
) -> None:
    async with serving(pair[0]) as url, connect(url, compression=None, proxy=None) as ws:
        await ws.send(frame)
        answer = json.loads(await ws.recv())
        assert answer["t"] == "err"
        if code is None:
            assert answer["slug"] == "not-ready"
        else:
            with pytest.raises(ConnectionClosed) as closed:
                await ws.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code


async def test_no_hello_in_time_closes(clinic: Clinic, exchange: Exchange) -> None:
    hub = await clinic.hub(MemoryBus(exchange), Timing(hello=0.1, heartbeat=1))
    async with serving(hub) as url, connect(url, compression=None, proxy=None) as ws:
        assert json.loads(await ws.recv())["slug"] == "hello-timeout"
        with pytest.raises(ConnectionClosed):
            await ws.recv()
    await until(lambda: hub.stats.sessions == 0)


async def test_a_socket_that_is_not_read_is_cut_and_memory_stays_small(clinic: Clinic, exchange: Exchange) -> None:
    hub = await clinic.hub(MemoryBus(exchange), Timing(stuck=0.5, heartbeat=1))
    async with serving(hub) as url, connect(url, compression=None, proxy=None, max_queue=1) as ws:
        await ws.send(encode(Hello(clinic.gate.issue("slow", [V]), {V: 0})).decode())
        await until(lambda: hub.stats.admitted == 1)
        session = next(iter(hub.sessions()))
        most = 0
        for _ in range(2500):
            clinic.happen(hub, V, "x" * 8000)
            most = max(most, session.transport.buffered())
            await asyncio.sleep(0)
        await until(lambda: hub.stats.aborted == 1)
        assert hub.stats.sessions == 0
        assert most < 256 * 1024
        ws.transport.abort()
