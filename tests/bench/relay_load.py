"""Everybody's packets at their times, and what a media server pays for passing them on."""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.relay_leg import Leg, Stream
from tests.bench.relay_media import Piece, endless, picture, sound
from tests.bench.relay_peers import Peer, Person, cpu_seconds

TICK = 0.002
SETTLE = 2.0
WHOLE, SHORT = 0.97, 0.8
"""Less than this part of the packets arrived: then it was not the work that was to be measured. In a short time what
is on its way at both ends counts for much."""


class Sender:
    """Sends each stream of these people in real time until it is stopped."""

    def __init__(self, people: list[Person]) -> None:
        self.sent = 0
        dice, start = random.Random(3), time.monotonic() + 0.1
        self._queue: list[tuple[float, int, float, Leg, Stream, Iterator[Piece], Piece]] = []
        for person in people:
            for stream in person.up.streams:
                pieces = endless(picture(), 90_000) if stream.kind == "video" else endless(sound(), 48_000)
                base = start + dice.random() * 0.2
                self._queue.append((base, len(self._queue), base, person.up, stream, pieces, next(pieces)))
        heapq.heapify(self._queue)
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        queue = self._queue
        while True:
            now = time.monotonic()
            while queue[0][0] <= now:
                _, number, base, leg, stream, pieces, piece = queue[0]
                leg.send(stream, piece.timestamp, piece.payload, marker=piece.marker)
                self.sent += 1
                after = next(pieces)
                heapq.heapreplace(queue, (base + after.at, number, base, leg, stream, pieces, after))
            await asyncio.sleep(TICK)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled() and (error := self._task.exception()) is not None:
            raise error


@dataclass(frozen=True, slots=True)
class Cost:
    """`us` of CPU per forwarded packet; `core` and `load` are shares of a core that server and load took."""

    us: float
    pps: float
    core: float
    load: float


async def cost(peer: Peer, visits: int, people: int, seconds: float) -> Cost:
    """Visits of so many people, everybody hearing everybody. RuntimeError when packets are missing."""
    # All at once: Janus' side of a handshake waits a second for a packet that comes too early.
    made = await asyncio.gather(*(peer.visit(f"cost{number}", people) for number in range(visits)))
    seats = [seat for visit in made for seat in visit]
    sender = Sender(seats)
    await asyncio.sleep(SETTLE)

    def now() -> tuple[float, float, float, int, int]:
        got = sum(leg.received for seat in seats for leg in seat.down)
        return time.monotonic(), cpu_seconds(peer.pids), time.process_time(), got, sender.sent

    before = now()
    await asyncio.sleep(seconds)
    took, cpu, load, got, sent = (after - was for after, was in zip(now(), before, strict=True))
    await sender.stop()
    opened = sum(leg.opened for seat in seats for leg in seat.down)
    await asyncio.gather(*(leg.aclose() for seat in seats for leg in seat.legs))
    wanted = sent * (people - 1) * (0.6 if peer.decodes else WHOLE if seconds > 5 else SHORT)
    if got < wanted or not opened:
        raise RuntimeError(f"{peer.name} forwarded {got} of {sent * (people - 1)} packets, {opened} were looked into")
    return Cost(cpu / got * 1e6, got / took, cpu / took, load / took)


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def take(seats: list[Person]) -> list[float]:
    """The delays since the last look, in seconds."""
    found: list[float] = []
    for seat in seats:
        found += seat.up.delays
        seat.up.delays.clear()
    return found
