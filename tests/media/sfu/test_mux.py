"""The socket under load: many packets for one waking, none late by more than a tick, and quiet again afterwards."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest

from media.sfu.mux import BUSY, TICK, UdpMux, udp_socket
from media.sfu.router import Router
from tests.parts.ports import eventually


class Counted(UdpMux):
    """Knows how often the loop woke for it."""

    wakings = 0

    def _drain(self) -> int:
        self.wakings += 1
        return super()._drain()


class Seen:
    """In place of a peer: what came, and how long after it was sent."""

    def __init__(self) -> None:
        self.count = 0
        self.delays: list[float] = []

    def receive(self, data: bytes, _now: float) -> None:
        self.count += 1
        self.delays.append(time.monotonic() - float(data[4:].decode()))


@pytest.fixture
async def mux() -> AsyncIterator[tuple[Counted, Seen, socket.socket]]:
    router = Router([], lambda *_: None)
    sock = udp_socket("127.0.0.1", 0)
    made = Counted(router, sock)
    made.start()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind(("127.0.0.1", 0))
    sender.connect(sock.getsockname())
    seen = Seen()
    router.known[sender.getsockname()] = seen  # type: ignore[assignment]
    yield made, seen, sender
    made.close()
    sender.close()


async def send(sender: socket.socket, count: int, per_second: float) -> None:
    """At an even pace, in real time; what is late is caught up with."""
    began = time.monotonic()
    for number in range(count):
        if (ahead := began + number / per_second - time.monotonic()) > 0:
            await asyncio.sleep(ahead)
        sender.send(b"\x80" * 4 + f"{time.monotonic():020.9f}".encode())


async def test_above_a_rate_one_waking_serves_many_packets_and_none_waits_long(
    mux: tuple[Counted, Seen, socket.socket],
) -> None:
    made, seen, sender = mux
    await send(sender, 40, BUSY / 5)
    await eventually(lambda: seen.count == 40)
    assert not made.ticking
    calm = made.wakings
    await send(sender, 2 * BUSY, 6 * BUSY)
    assert made.ticking
    await eventually(lambda: seen.count == 40 + 2 * BUSY)
    busy = made.wakings - calm
    assert busy < BUSY  # once it knows, one waking in so many milliseconds
    # The median, since another process may hold this one up: of an even pace half a tick is what is expected.
    held = sorted(seen.delays[-BUSY:])
    assert held[BUSY // 2] < 2 * TICK
    await eventually(lambda: not made.ticking)
    await send(sender, 1, 1000)
    await eventually(lambda: seen.count == 41 + 2 * BUSY)
    assert made.unsent == 0


async def test_a_fault_with_one_packet_leaves_nobody_unheard(
    mux: tuple[Counted, Seen, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    """In both ways of reading: by waking, and by the tick of a busy port."""
    made, seen, sender = mux

    def faults() -> list[type[BaseException] | None]:
        return [one.exc_info[0] for one in caplog.records if one.exc_info]

    for busy in (False, True):
        while busy and not made.ticking:
            await send(sender, BUSY // 4, 6 * BUSY)
        sender.send(b"\x80" * 4 + b"no number")
        await eventually(lambda busy=busy: faults() == [ValueError] * (1 + busy))  # type: ignore[misc]
        before = seen.count
        await send(sender, 3, BUSY)
        await eventually(lambda before=before: seen.count >= before + 3)  # type: ignore[misc]
    await eventually(lambda: not made.ticking)
