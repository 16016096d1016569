"""The relay engine: some worker processes, watched and replaced, and every visit on one of them.

One worker more than asked for is kept warm, so that the visits of one that dies move at once instead of waiting for
a start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from aioice.ice import get_host_addresses

from media.engine import Away, Capabilities, Offer, OnEvent
from media.placement import Leases
from media.policy import Kind
from media.relay_process import WorkerProcess

log = structlog.get_logger(__name__)

MOST = 12
MOST_WORKERS = 64
ANYWHERE = "0.0.0.0"  # noqa: S104 - a media port is for the world
PAUSES = (0.0, 0.5, 2.0, 10.0)
"""Seconds before a worker that keeps dying is started again."""


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """`port` 0: any; else worker n listens on port + n (UDP and TCP). `announce`: how browsers reach this machine."""

    host: str = ANYWHERE
    port: int = 0
    workers: int = 1
    announce: tuple[str, ...] = ()


def parse(url: str) -> RelayConfig:
    """`relay:` or `relay://HOST:PORT?workers=2&announce=203.0.113.7`. ValueError, one sentence."""
    parts = urlsplit(url)
    wishes = parse_qs(parts.query, keep_blank_values=True)
    if unknown := set(wishes) - {"workers", "announce"}:
        raise ValueError(f"MEDIA_URL: {sorted(unknown)[0]} is not known; use workers and announce")
    try:
        port = parts.port or 0
        workers = int(wishes.get("workers", ["1"])[-1])
    except ValueError:
        raise ValueError("MEDIA_URL: port and workers are numbers") from None
    if not 1 <= workers <= MOST_WORKERS:
        raise ValueError(f"MEDIA_URL: workers is between 1 and {MOST_WORKERS}")
    announce = tuple(part for one in wishes.get("announce", []) for part in one.split(",") if part)
    return RelayConfig(parts.hostname or ANYWHERE, port, workers, announce)


class Relay:
    name = "relay"
    capabilities = Capabilities(routes=frozenset({"p2p", "relay"}), max_participants=MOST)

    def __init__(self, config: RelayConfig) -> None:
        self._config = config
        self._announce = config.announce or own_addresses()
        self._workers: dict[str, WorkerProcess] = {}
        self._draining: set[str] = set()
        self._leases = Leases()
        self._on_event: OnEvent = lambda _visit, _pid, _what: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._deaths: dict[str, int] = {}
        self._closing = False

    async def start(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        await asyncio.gather(*(self._spawn(f"{number}") for number in range(self._config.workers + 1)))

    async def _spawn(self, name: str) -> None:
        port = self._config.port + int(name) if self._config.port else 0
        config = {"host": self._config.host, "port": port, "announce": list(self._announce)}
        worker = WorkerProcess(name, config, self._heard, self._ended)
        await worker.start()
        self._workers[name] = worker

    def _heard(self, name: str, words: dict[str, Any]) -> None:
        if words["event"] == "draining":
            log.info("relay.worker_draining", worker=name)
            self._draining.add(name)
        else:
            self._on_event(words["visit"], words["pid"], words["event"])

    def _ended(self, worker: WorkerProcess) -> None:
        """Its visits are free; whoever was in them is told, and comes back to another worker."""
        if self._closing or self._workers.get(worker.name) is not worker:
            return
        del self._workers[worker.name]
        lost = self._leases.lost(worker.name)
        if worker.name in self._draining and not lost:
            self._draining.discard(worker.name)
            log.info("relay.worker_drained", worker=worker.name)
        else:
            self._draining.discard(worker.name)
            self._deaths[worker.name] = self._deaths.get(worker.name, 0) + 1
            log.error("relay.worker_lost", worker=worker.name, visits=len(lost), deaths=self._deaths[worker.name])
        for visit in lost:
            self._on_event(visit, "", "relay-lost")
        self._later(self._again(worker.name))

    async def _again(self, name: str) -> None:
        while not self._closing:
            await asyncio.sleep(PAUSES[min(max(self._deaths.get(name, 0) - 1, 0), len(PAUSES) - 1)])
            try:
                await self._spawn(name)
            except OSError as error:
                self._deaths[name] = self._deaths.get(name, 0) + 1
                log.error("relay.worker_not_up", worker=name, exc_info=error)
                continue
            log.info("relay.worker_back", worker=name)
            return

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def check(self) -> None:
        if not self._workers:
            raise ConnectionError("no relay worker is running")
        await asyncio.gather(*(worker.ask("stats") for worker in self._workers.values()))

    async def stats(self) -> dict[str, dict[str, Any]]:
        """What each worker counts, by its name."""
        return {name: await worker.ask("stats") for name, worker in list(self._workers.items())}

    @property
    def pids(self) -> list[int]:
        """The worker processes."""
        return [worker.pid for worker in self._workers.values()]

    def _of(self, visit: str) -> WorkerProcess | None:
        return self._workers.get(self._leases.of(visit) or "")

    async def negotiate(self, visit: str, participant: str, offer: Offer) -> str:
        if not self._workers:
            raise Away("The relay is being restarted. Please try again in a moment.")
        worker = self._workers[self._leases.place(visit, self._workers, self._resting())]
        wants = {mid: list(wanted) for mid, wanted in offer.wants.items()}
        answer = await worker.ask(
            "negotiate", visit=visit, pid=participant, session=offer.session, sdp=offer.sdp, wants=wants
        )
        return str(answer["sdp"])

    def _resting(self) -> set[str]:
        """Those that take no new visit: who drains, and the spare one, which waits for another's death: the last by its
        number, whichever was up first.
        """
        taking = sorted((name for name in self._workers if name not in self._draining), key=int)
        return self._draining | set(taking[self._config.workers :])

    async def set_publish(self, visit: str, participant: str, kinds: frozenset[Kind]) -> None:
        if worker := self._of(visit):
            await worker.ask("publish", visit=visit, pid=participant, kinds=sorted(kinds))

    async def set_rooms(self, visit: str, hears: Mapping[str, frozenset[str]]) -> None:
        if worker := self._of(visit):
            await worker.ask("hears", visit=visit, hears={pid: sorted(others) for pid, others in hears.items()})

    async def set_first(self, visit: str, participants: Sequence[str]) -> None:
        if worker := self._of(visit):
            await worker.ask("first", visit=visit, pids=list(participants))

    async def evict(self, visit: str, participant: str) -> None:
        if worker := self._of(visit):
            await worker.ask("evict", visit=visit, pid=participant)

    async def close_visit(self, visit: str) -> None:
        worker = self._of(visit)
        self._leases.release(visit)
        if worker is not None:
            await worker.ask("close", visit=visit)

    async def hand_over(self) -> None:
        """There is no other relay to hand anything to: see `shared_relay`."""

    async def aclose(self) -> None:
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(worker.stop() for worker in list(self._workers.values())))
        self._workers.clear()


def own_addresses() -> tuple[str, ...]:
    """This machine's IPv4 addresses, and itself for whoever sits at it."""
    return (*get_host_addresses(use_ipv4=True, use_ipv6=False), "127.0.0.1")
