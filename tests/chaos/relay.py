"""Calls through the relay while its workers are killed, sockets change, and strangers and members send nonsense.

Real worker processes under the product's engine; the people are network halves of browsers (`tests.bench.relay_leg`)
that send real sound and pictures and do what a page does: when the relay says that a visit's worker is gone they
connect anew, and a network that gave them another address is followed by the relay itself. Every pause of every track
at every listener is measured.

calls_lost       visits in which somebody hears nobody in the end
frozen_over_2s   pauses of a track at a listener that were longer than two seconds
kills, moves, floods, malformed   what was done meanwhile
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

import pylibsrtp
from aiortc.rtcdtlstransport import RTCCertificate

from tests.bench.host import report
from tests.bench.relay_leg import Leg
from tests.bench.relay_load import Sender
from tests.bench.relay_media import picture, sound
from tests.bench.relay_peers import Ours, Person, address

FROZEN = 2.0
FLOOD = 1500
"""Packets a second of a flood."""


@dataclass(slots=True)
class Ears:
    """When each listener last had a packet of each track, and how long the pauses were."""

    last: dict[tuple[str, str, str], float] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)

    def heard(self, listener: str, owner: str, kind: str) -> None:
        key, now = (listener, owner, kind), time.monotonic()
        if (before := self.last.get(key)) is not None and now - before > 0.2:
            self.pauses.append(now - before)
        self.last[key] = now


class Listener(Leg):
    """A leg that tells what it hears."""

    ears: Ears
    name = ""

    def _media(self, data: bytes, at: float) -> None:
        super()._media(data, at)
        if (origin := self.origins.get(data[8:12])) is not None:
            self.ears.heard(self.name, origin.owner, origin.kind)

    def move(self) -> None:
        """Another address for the same session, as behind a NAT that forgot us: the next check is from there."""
        self._loop.remove_reader(self._sock)
        self._sock.close()
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setblocking(False)
        self._sock.bind((self.host, 0))
        self._loop.add_reader(self._sock, self._readable)


class Relayed(Ours):
    """The engine with visits that are made again when their worker is gone."""

    name = "careroom"

    def __init__(self, certificate: RTCCertificate, ears: Ears) -> None:
        super().__init__(certificate)
        self.ears = ears
        self.seats: dict[str, list[Person]] = {}
        self.senders: dict[str, Sender] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def leg(self) -> Leg:
        made = Listener(address(), self._certificate)
        made.ears = self.ears
        return made

    def heard(self, visit: str, _participant: str, what: str) -> None:
        if what == "relay-lost":
            task = asyncio.ensure_future(self.open(visit, len(self.seats[visit])))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def open(self, visit: str, people: int) -> None:
        if visit in self.senders:
            await self.senders.pop(visit).stop()
        old = self.seats.get(visit, [])
        seats = self.seats[visit] = await self.visit(visit, people)
        for seat in seats:
            assert isinstance(seat.up, Listener)
            seat.up.name = seat.pid
        self.senders[visit] = Sender(seats)
        await asyncio.gather(*(seat.up.aclose() for seat in old))

    def busiest(self) -> int:
        """The process that most visits are on: another's death would be noticed by nobody."""
        homes = [worker.pid for visit in self.seats if (worker := self.engine._of(visit)) is not None]
        return max(set(homes), key=homes.count)

    def somebody(self, dice: random.Random) -> Listener:
        leg = dice.choice(dice.choice(list(self.seats.values()))).up
        assert isinstance(leg, Listener)
        return leg


async def flood(peer: Relayed, dice: random.Random, seconds: float) -> int:
    """Nonsense of strangers at every port, over UDP and TCP. How much was sent."""
    sent, ends = 0, time.monotonic() + seconds
    ports = [worker.port for worker in peer.engine._workers.values()]
    strangers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
    for sock in strangers:
        sock.setblocking(False)
    while time.monotonic() < ends:
        for _ in range(FLOOD // 50):
            with suppress(OSError):
                dice.choice(strangers).sendto(nonsense(dice), (address(), dice.choice(ports)))
                sent += 1
        with suppress(OSError):
            _, writer = await asyncio.open_connection(address(), dice.choice(ports))
            writer.write(dice.randbytes(40))
            writer.close()
        await asyncio.sleep(0.02)
    for sock in strangers:
        sock.close()
    return sent


def nonsense(dice: random.Random) -> bytes:
    """Bytes that look like STUN, DTLS, RTP or RTCP at their beginning, or like nothing."""
    body = dice.randbytes(dice.randrange(1, 300))
    heads = (b"", b"\0\1\0\x10\x21\x12\xa4\x42", b"\x16\xfe\xfd", b"\x80\x60", b"\x90\x6f", b"\x81\xc8", b"\x8f\xcd")
    return dice.choice(heads) + body


def malformed(leg: Listener, dice: random.Random) -> int:
    """A member sends packets that are none, under the right keys."""
    stream = dice.choice(leg.streams)
    for _ in range(20):
        stream.seq = (stream.seq + 1) & 0xFFFF
        head = bytes((dice.choice((0x80, 0x90, 0xB0, 0x9F)), stream.pt)) + stream.seq.to_bytes(2, "big") + bytes(4)
        with suppress(pylibsrtp.Error):  # so broken that it cannot even be sealed
            leg._out(leg._protect(head + stream.ssrc.to_bytes(4, "big") + dice.randbytes(dice.randrange(60))))
        kind = dice.choice((200, 201, 205, 206))
        body = bytes((0x80 | dice.randrange(32), kind, 0, 4)) + dice.randbytes(16)
        leg._out(leg._dtls._tx_srtp.protect_rtcp(body))
    return 40


async def act(peer: Relayed, what: str, dice: random.Random, seconds: float) -> int:
    """Do one harm; how much of it."""
    if what == "floods":
        return await flood(peer, dice, seconds)
    if what == "malformed":
        return malformed(peer.somebody(dice), dice)
    if what == "moves":
        peer.somebody(dice).move()
    else:
        os.kill(peer.busiest(), signal.SIGKILL)
    return 1


async def run(*, twos: int, fours: int, seconds: float, every: float, seed: int) -> None:
    dice, ears = random.Random(seed), Ears()
    picture()
    sound()
    peer = Relayed(RTCCertificate.generateCertificate(), ears)
    await peer.start((os.cpu_count() or 1) - 1)
    for number in range(twos + fours):
        await peer.open(f"v{number}", 2 if number < twos else 4)
    done = dict.fromkeys(("kills", "moves", "floods", "malformed"), 0)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        await asyncio.sleep(every)
        what = next((name for name, count in done.items() if not count), None) or dice.choice(list(done))
        done[what] += await act(peer, what, dice, min(every, 3.0))
        print(f"{what}: {done}, longest pause {max(ears.pauses, default=0):.2f} s", flush=True)
    await asyncio.sleep(2 * FROZEN)
    now = time.monotonic()
    silent = [key for seats in peer.seats.values() for seat in seats for key in deaf(ears, seat, seats, now)]
    for listener, owner, kind in silent:
        print(f"{listener} does not get {owner}'s {kind}", flush=True)
    lost = {listener.partition("-")[0] for listener, _, _ in silent}
    frozen = [pause for pause in ears.pauses if pause > FROZEN]
    await asyncio.gather(*(sender.stop() for sender in peer.senders.values()))
    await asyncio.gather(*(seat.up.aclose() for seats in peer.seats.values() for seat in seats))
    await peer.aclose()
    figures = {"calls_lost": len(lost), "frozen_over_2s": len(frozen)}
    longest = round(max(ears.pauses, default=0.0), 2)
    report("relay", {**figures, "longest_pause_s": longest, "visits": twos + fours, **done})


def deaf(ears: Ears, seat: Person, seats: list[Person], now: float) -> list[tuple[str, str, str]]:
    """What this one should have had lately, and had not."""
    others = [one.pid for one in seats if one is not seat]
    keys = [(seat.pid, pid, kind) for pid in others for kind in ("audio", "video")]
    return [key for key in keys if now - ears.last.get(key, 0.0) > FROZEN]


def main() -> None:
    options = argparse.ArgumentParser(description="The relay while it is killed and flooded")
    options.add_argument("--quick", action="store_true", help="few visits, each fault once or twice")
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    quick = {"twos": 3, "fours": 1, "seconds": 12.0, "every": 2.5}
    size = quick if given.quick else {"twos": 10, "fours": 3, "seconds": 150.0, "every": 4.0}
    asyncio.run(run(**size, seed=given.seed))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
