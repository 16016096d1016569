"""A bad network before one UDP server: packets are lost at random, or a narrow way with a queue holds them up."""

from __future__ import annotations

import heapq
import itertools
import random
import select
import socket
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

Address = tuple[str, int]


@dataclass(slots=True)
class _Guest:
    """One client and the socket by which the server knows it."""

    address: Address
    upstream: socket.socket
    free_at: float = 0.0


@dataclass(slots=True)
class RoughWay:
    """`with RoughWay(("127.0.0.2", port), ("127.0.0.1", port)) as way:` then set `loss` and `down_bits` as you like.

    `loss` is the part of packets lost each way; `down_bits` what each client can receive a second, 0 for as much as
    comes; `room` the seconds a packet may wait for it before it is dropped, which `dropped` counts.
    """

    front: Address
    server: Address
    loss: float = 0.0
    down_bits: int = 0
    room: float = 0.5
    dropped: int = 0
    lost: int = 0
    passed: int = 0
    _guests: dict[Address, _Guest] = field(default_factory=dict)
    _due: list[tuple[float, int, bytes, Address]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)
    _over: threading.Event = field(default_factory=threading.Event)
    _dice: random.Random = field(default_factory=lambda: random.Random(11))

    def __enter__(self) -> RoughWay:
        self._sock = _socket(self.front)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(5)
        for sock in (self._sock, *(guest.upstream for guest in self._guests.values())):
            sock.close()

    _sock: socket.socket = field(init=False)
    _thread: threading.Thread = field(init=False)

    def _run(self) -> None:
        while not self._over.is_set():
            wait = min(0.05, max(0.0, self._due[0][0] - time.monotonic())) if self._due else 0.05
            of = {guest.upstream: guest for guest in self._guests.values()}
            ready, _, _ = select.select([self._sock, *of], [], [], wait)
            for sock in ready:
                while (got := _receive(sock)) is not None:
                    if self._dice.random() < self.loss:
                        self.lost += 1
                    elif sock is self._sock:
                        self._guest(got[1]).upstream.sendto(got[0], self.server)
                        self.passed += 1
                    else:
                        self._down(of[sock], got[0])
            while self._due and self._due[0][0] <= time.monotonic():
                _, _, data, address = heapq.heappop(self._due)
                self._sock.sendto(data, address)

    def _guest(self, address: Address) -> _Guest:
        if address not in self._guests:
            self._guests[address] = _Guest(address, _socket(("127.0.0.1", 0)))
        return self._guests[address]

    def _down(self, guest: _Guest, data: bytes) -> None:
        self.passed += 1
        if not self.down_bits:
            self._sock.sendto(data, guest.address)
            return
        now = time.monotonic()
        start = max(now, guest.free_at)
        if start - now > self.room:
            self.dropped += 1
            return
        guest.free_at = start + len(data) * 8 / self.down_bits
        heapq.heappush(self._due, (guest.free_at, next(self._order), data, guest.address))


def _socket(address: Address) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(address)
    return sock


def _receive(sock: socket.socket) -> tuple[bytes, Address] | None:
    try:
        return sock.recvfrom(4096)
    except BlockingIOError:
        return None
