"""A relay process: one event loop, one port, told what to do by one line of JSON at a time.

It reads requests from its standard input and answers on its standard output; when the input ends (the server is
gone) so does it. A SIGTERM drains it: it says so, and ends with its last visit.
`python -m media.sfu.worker '{"host": "0.0.0.0", "port": 0, "announce": ["203.0.113.7"]}'`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from media.sfu.mux import TCP_BACKLOG, TcpPath, UdpMux, udp_socket
from media.sfu.producer import Kind
from media.sfu.room import Full
from media.sfu.router import Router
from media.sfu.sdp import BadOffer

REPAIR_EVERY = 0.02
FEEDBACK_EVERY = 0.1
"""Seconds between two looks at what subscribers can take; publishers hear what came every second time."""
SPEAKER_EVERY = 0.3
LONGEST_LINE = 1 << 20
_KINDS: dict[str, Kind] = {"audio": "audio", "video": "video"}

Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Config:
    """Where to listen, and under which addresses browsers find it. Port 0: any."""

    host: str = "0.0.0.0"  # noqa: S104 - a media port is for the world
    port: int = 0
    announce: tuple[str, ...] = ("127.0.0.1",)


class Worker:
    """The router with its sockets, timers and the words of the control line."""

    def __init__(self, config: Config, say: Say) -> None:
        self._config = config
        self._say = say
        self._connections: set[TcpPath] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._tcp: asyncio.Server | None = None

    async def start(self) -> int:
        """Open the ports and say which. OSError when they are taken."""
        sock = udp_socket(self._config.host, self._config.port)
        port = int(sock.getsockname()[1])
        self.router = Router(candidates(self._config.announce, port), self._event)
        self._mux = UdpMux(self.router, sock)
        self._mux.start()
        with suppress(OSError):  # the TCP port of the same number may be another's: UDP alone serves
            self._tcp = await asyncio.get_running_loop().create_server(
                lambda: TcpPath(self.router, self._connections), self._config.host, port, backlog=TCP_BACKLOG
            )
        if self._tcp is not None:
            self.router.candidates += tcp_candidates(self._config.announce, port)
        self._tasks = [
            asyncio.ensure_future(every(REPAIR_EVERY, self._repair)),
            asyncio.ensure_future(every(FEEDBACK_EVERY, self._feedback)),
            asyncio.ensure_future(every(1.0, self.router.each_second)),
            asyncio.ensure_future(every(SPEAKER_EVERY, self._speakers)),
        ]
        return port

    async def _repair(self) -> None:
        self.router.repair()

    async def _feedback(self) -> None:
        self.router.feedback()

    async def _speakers(self) -> None:
        for visit in self.router.visits.values():
            before = visit.speaker
            if (now := visit.loudest()) and now != before:
                self._event(visit.id, now, "speaks")

    def _event(self, visit_id: str, pid: str, what: str) -> None:
        self._say({"event": what, "visit": visit_id, "pid": pid})
        if what == "lost":  # closed by the browser, or no keys came of it: the seat is free at once
            self._tasks.append(asyncio.ensure_future(self.router.evict(visit_id, pid)))
            self._tasks = [task for task in self._tasks if not task.done()]

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        for visit_id in list(self.router.visits):
            await self.router.close_visit(visit_id)
        if self._tcp is not None:
            self._tcp.close()
        self._mux.close()

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request of the control line, answered; a refusal is `{"refused": sentence}`."""
        try:
            return await getattr(self, f"_on_{request['op']}")(request) or {}
        except (BadOffer, Full) as fault:
            return {"refused": str(fault)}

    async def _on_negotiate(self, request: dict[str, Any]) -> dict[str, Any]:
        wants = {mid: (pid, _KINDS[kind]) for mid, (pid, kind) in request["wants"].items()}
        visit = self.router.visit(request["visit"])
        now = self.router.clock()
        sdp = await visit.negotiate(request["pid"], request["session"], request["sdp"], wants, now)
        return {"sdp": sdp}

    async def _on_publish(self, request: dict[str, Any]) -> None:
        kinds = frozenset(_KINDS[kind] for kind in request["kinds"])
        self.router.visit(request["visit"]).set_publish(request["pid"], kinds)

    async def _on_hears(self, request: dict[str, Any]) -> None:
        hears = {pid: frozenset(others) for pid, others in request["hears"].items()}
        self.router.visit(request["visit"]).set_hears(hears)

    async def _on_first(self, request: dict[str, Any]) -> None:
        self.router.visit(request["visit"]).first = tuple(request["pids"])

    async def _on_evict(self, request: dict[str, Any]) -> None:
        await self.router.evict(request["visit"], request["pid"])

    async def _on_close(self, request: dict[str, Any]) -> None:
        await self.router.close_visit(request["visit"])

    async def _on_stats(self, _request: dict[str, Any]) -> dict[str, Any]:
        counters, visits = self.router.counters, self.router.visits
        usage = resource.getrusage(resource.RUSAGE_SELF)
        consumers = [one for visit in visits.values() for peer in visit.peers.values() for one in peer.hearing.values()]
        return {
            "visits": len(visits), "peers": sum(len(visit.peers) for visit in visits.values()),
            "packets": counters.packets, "strangers": counters.strangers, "checks": counters.checks,
            "sent": sum(one.sent for one in consumers), "resent": sum(one.resent for one in consumers),
            "unsent": self._mux.unsent, "cpu_s": usage.ru_utime + usage.ru_stime, "pid": os.getpid(),
        }  # fmt: skip


def candidates(announce: tuple[str, ...], port: int) -> list[str]:
    """Host candidates over UDP (RFC 8839 section 5.1), the first address preferred."""
    return [
        f"{number} 1 udp {(126 << 24) + ((65535 - number) << 8) + 255} {host} {port} typ host"
        for number, host in enumerate(announce, 1)
    ]


def tcp_candidates(announce: tuple[str, ...], port: int) -> list[str]:
    """The same over TCP, passive (RFC 6544 section 4.5), below all UDP ones."""
    return [
        f"{number} 1 tcp {(90 << 24) + ((65535 - number) << 8) + 255} {host} {port} typ host tcptype passive"
        for number, host in enumerate(announce, 101)
    ]


async def every(seconds: float, act: Callable[[], Any]) -> None:
    """For ever: a fault in one round is said, and the next round comes all the same."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await act()
        except Exception:  # noqa: BLE001 - whatever it was, calls without it must go on
            traceback.print_exc()


async def serve(config: Config) -> None:
    """Run until the input ends, or after a SIGTERM the last visit."""
    loop = asyncio.get_running_loop()
    output = sys.stdout

    def say(words: dict[str, Any]) -> None:
        output.write(json.dumps(words) + "\n")
        output.flush()

    worker = Worker(config, say)
    port = await worker.start()
    draining = asyncio.Event()
    gc.collect()
    gc.freeze()  # what was imported is never garbage: the collector need not look at it again
    say({"event": "ready", "port": port})
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    loop.add_signal_handler(signal.SIGTERM, draining.set)
    drained = asyncio.ensure_future(drain(worker, draining, say, reader))
    while line := await reader.readline():
        request = json.loads(line)
        say({"id": request["id"], **await worker.answer(request)})
    drained.cancel()
    await worker.aclose()


async def drain(worker: Worker, asked: asyncio.Event, say: Say, reader: asyncio.StreamReader) -> None:
    """Once asked: no new visit is sent here any more, and when the last one has ended, so does the process."""
    await asked.wait()
    say({"event": "draining", "visit": "", "pid": ""})
    await worker.router.idle.wait()
    reader.feed_eof()


def main() -> None:
    raw = json.loads(sys.argv[1])
    config = Config(raw["host"], raw["port"], tuple(raw["announce"]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends us
    asyncio.run(serve(config))


if __name__ == "__main__":
    main()
