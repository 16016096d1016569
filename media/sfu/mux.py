"""One UDP port and one TCP port for everybody of a worker.

UDP is read by hand, all that is there at each waking. Above `BUSY` packets a second the loop wakes every three
milliseconds instead of once a packet: at that rate the waking, not the work, is what a packet costs. TCP (RFC 6544,
passive) carries the same packets with a length before each (RFC 4571), for networks that let no UDP out.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

from media.sfu.router import Router

BUSY = 500
TICK = 0.003
IDLE_TICKS = 16
LARGEST = 2048
AT_ONCE = 256
"""Packets read before the loop may do something else."""
BUFFER = 4 << 20
TCP_BACKLOG = 64
TCP_QUEUE = 1 << 20
"""Bytes that may wait for a slow TCP reader before its packets are dropped: late media is worth nothing."""
TCP_SILENT = 10.0


class UdpPath:
    __slots__ = ("_address", "_counters", "_sendto")

    def __init__(self, sendto: Any, address: object, counters: UdpMux) -> None:
        self._sendto = sendto
        self._address = address
        self._counters = counters

    def send(self, data: bytes) -> None:
        try:
            self._sendto(data, self._address)
        except OSError:
            self._counters.unsent += 1  # full, or no way there now: a lost packet like any other


class UdpMux:
    def __init__(self, router: Router, sock: socket.socket) -> None:
        self._router = router
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._idle = 0
        self._seen = (0, 0.0)
        self._timer: asyncio.TimerHandle | None = None
        self.unsent = 0
        self.ticking = False

    def start(self) -> None:
        self._loop.add_reader(self._sock, self._readable)

    def close(self) -> None:
        self._loop.remove_reader(self._sock)
        if self._timer is not None:
            self._timer.cancel()
        self._sock.close()

    def _drain(self) -> int:
        recv, router = self._sock.recvfrom, self._router
        known, now, count = router.known, router.clock(), 0
        while count < AT_ONCE:
            try:
                data, address = recv(LARGEST)
            except OSError:
                break  # nothing more, or an ICMP error of an earlier packet: what follows it is read at the next call
            count += 1
            peer = known.get(address)
            if peer is not None and len(data) > 12 and data[0] > 3:
                peer.receive(data, now)  # all but one packet in thousands: no further look
            else:
                router.receive(data, address, address[0], address[1], partial(self._path, address))
        router.counters.packets += count
        return count

    def _path(self, address: object) -> UdpPath:
        return UdpPath(self._sock.sendto, address, self)

    def _readable(self) -> None:
        count, since = self._seen
        count += self._drain()
        now = self._loop.time()
        if now - since < 0.25:
            self._seen = (count, since)
            return
        self._seen = (0, now)
        if count / max(now - since, 0.25) > BUSY and now - since < 1.0:
            self._loop.remove_reader(self._sock)
            self.ticking, self._idle = True, 0
            self._timer = self._loop.call_later(TICK, self._tick)

    def _tick(self) -> None:
        came = 1
        try:
            came = self._drain()
        finally:  # a fault with one packet must not leave everybody of this worker unheard
            self._idle = 0 if came else self._idle + 1
            if self._idle < IDLE_TICKS:
                self._timer = self._loop.call_later(TICK, self._tick)
            else:
                self.ticking, self._timer = False, None
                self._loop.add_reader(self._sock, self._readable)


class TcpPath(asyncio.Protocol):
    """One TCP connection, itself the address of what comes over it."""

    def __init__(self, router: Router, connections: set[TcpPath]) -> None:
        self._router = router
        self._connections = connections
        self._held = bytearray()
        self._transport: asyncio.Transport | None = None
        self._peer: tuple[str, int] = ("", 0)
        self._silence: asyncio.TimerHandle | None = None
        self.proven = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        host, port = transport.get_extra_info("peername")[:2]
        self._peer = (host, port)
        if len(self._connections) >= 4096:
            transport.abort()
            return
        self._connections.add(self)
        self._silence = asyncio.get_running_loop().call_later(TCP_SILENT, self._unless_proven)

    def _unless_proven(self) -> None:
        """Who opens a connection and proves nothing does not keep it."""
        if not self.proven and self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= 2:
            size = int.from_bytes(self._held[:2], "big")
            if not 0 < size <= LARGEST:
                assert self._transport is not None
                self._transport.abort()
                return
            if len(self._held) < 2 + size:
                return
            packet = bytes(self._held[2 : 2 + size])
            del self._held[: 2 + size]
            self._router.counters.packets += 1
            self._router.receive(packet, self, self._peer[0], self._peer[1], self._prove)

    def _prove(self) -> TcpPath:
        self.proven = True
        return self

    def send(self, data: bytes) -> None:
        transport = self._transport
        if transport is not None and transport.get_write_buffer_size() < TCP_QUEUE:
            transport.write(len(data).to_bytes(2, "big") + data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._connections.discard(self)
        if self._silence is not None:
            self._silence.cancel()
        self._router.closed(self)


def udp_socket(host: str, port: int) -> socket.socket:
    """A bound socket with room for a burst. OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    sock.bind((host, port))
    return sock
