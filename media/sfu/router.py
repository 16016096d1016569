"""Every packet of a worker comes through here: whose is it? A stranger's costs one look."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from media.sfu.dtls import Certificate
from media.sfu.ice_lite import IceLite, is_stun
from media.sfu.peer import Path, Peer
from media.sfu.room import Visit

PATHS = 8
"""Addresses one peer may have at once; the oldest goes."""


@dataclass(slots=True)
class Counters:
    packets: int = 0
    strangers: int = 0
    checks: int = 0


class Router:
    """`event(visit_id, pid, what)` hears what becomes of peers; `clock` gives monotonic seconds."""

    def __init__(
        self, candidates: list[str], event: Callable[[str, str, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.visits: dict[str, Visit] = {}
        self.idle = asyncio.Event()
        """There is no visit."""
        self.idle.set()
        self.counters = Counters()
        self.clock = clock
        self.candidates = candidates
        self._ice: IceLite[Peer] = IceLite()
        self._certificate = Certificate()
        self._event = event
        self.known: dict[Hashable, Peer] = {}
        self._ways: dict[Hashable, Path] = {}
        self._paths: dict[Peer, list[Hashable]] = {}

    def visit(self, visit_id: str) -> Visit:
        """The visit, made when it is not there."""
        found = self.visits.get(visit_id)
        if found is None:
            self.idle.clear()
            found = self.visits[visit_id] = Visit(
                visit_id, self._ice, self._certificate, self.candidates,
                lambda pid, what: self._event(visit_id, pid, what), self._forget,
            )  # fmt: skip
        return found

    def receive(self, data: bytes, key: Hashable, host: str, port: int, path: Callable[[], Path]) -> None:
        """A packet from host:port. `key` is its address, `path()` makes the way back."""
        if not data:
            return
        if data[0] < 4:
            if is_stun(data):
                self._check(data, key, host, port, path)
            return
        peer = self.known.get(key)
        if peer is None:
            self.counters.strangers += 1
            return
        peer.receive(data, self.clock())

    def _check(self, data: bytes, key: Hashable, host: str, port: int, path: Callable[[], Path]) -> None:
        now = self.clock()
        check = self._ice.check(data, host, port, now)
        if check is None:
            self.counters.strangers += 1
            return
        self.counters.checks += 1
        if self.known.get(key) is not check.owner:
            self.known[key], self._ways[key] = check.owner, path()
            paths = self._paths.setdefault(check.owner, [])
            paths.append(key)
            if len(paths) > PATHS:
                self._drop(paths.pop(0))
        way = self._ways[key]
        way.send(check.response)
        check.owner.on_path(way, now, nominated=check.nominated)

    def closed(self, key: Hashable) -> None:
        """The TCP connection behind this address has ended."""
        peer, way = self._drop(key)
        if peer is not None and peer.path is way:
            peer.use(None)

    def _drop(self, key: Hashable) -> tuple[Peer | None, Path | None]:
        return self.known.pop(key, None), self._ways.pop(key, None)

    def _forget(self, peer: Peer) -> None:
        for key in self._paths.pop(peer, ()):
            if self.known.get(key) is peer:
                self._drop(key)

    async def evict(self, visit_id: str, pid: str) -> None:
        visit = self.visits.get(visit_id)
        if visit is None:
            return
        await visit.evict(pid)
        if not visit.peers and self.visits.get(visit_id) is visit:
            self._ended(visit_id)

    async def close_visit(self, visit_id: str) -> None:
        visit = self.visits.get(visit_id)
        for pid in list(visit.peers) if visit else ():
            await self.evict(visit_id, pid)
        self._ended(visit_id)

    def _ended(self, visit_id: str) -> None:
        self.visits.pop(visit_id, None)
        if not self.visits:
            self.idle.set()

    async def each_second(self) -> None:
        now = self.clock()
        gone = [(visit_id, pid) for visit_id, visit in self.visits.items() for pid in visit.each_second(now)]
        for visit_id, pid in gone:
            self._event(visit_id, pid, "lost")
            await self.evict(visit_id, pid)

    def feedback(self) -> None:
        """Every publisher is told what of its packets came when."""
        now = self.clock()
        for visit in self.visits.values():
            visit.each_tenth(now)

    def repair(self) -> None:
        now = self.clock()
        for visit in self.visits.values():
            visit.repair(now)
