"""A browser's network half in Python: ICE checks, DTLS as the client, SRTP both ways, over a wire in memory."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from aioice import stun
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

from media.sfu import sdp
from media.sfu.room import Visit
from media.sfu.router import Router
from tests.media.sfu.wire import audio, offer, two_sizes, video
from tests.parts.ports import eventually


class Room:
    """A router without sockets; `now` is its clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.numbers = itertools.count(1000, 10)
        self.events: list[tuple[str, str, str]] = []
        self.router = Router(["1 1 udp 1 192.0.2.1 1 typ host"], lambda *one: self.events.append(one), lambda: self.now)

    @property
    def visit(self) -> Visit:
        return self.router.visit("v")


class _Way:
    """The relay's path back to a client."""

    def __init__(self, client: RelayClient) -> None:
        self.client = client

    def send(self, data: bytes) -> None:
        self.client.arrived(data)


class RelayClient:
    """`async with RelayClient(room, "a", hears=["b"]) as a:` is connected; its packets are of `video_ssrc`.

    With `sizes`, the names of the streams, its picture is offered in several instead.
    """

    role = "controlling"

    def __init__(
        self, room: Room, pid: str, *, hears: list[str] | None = None, lie: bool = False, sizes: tuple[str, ...] = ()
    ) -> None:
        self.room, self.pid, self.hears, self.lie, self.sizes = room, pid, hears or [], lie, sizes
        number = next(room.numbers)
        self.audio_ssrc, self.video_ssrc, self.rtx_ssrc = number, number + 1, number + 2
        self.address = ("192.0.2.50", number)
        self.answer = ""
        self.got: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.stun: list[bytes] = []
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._certificate = RTCCertificate.generateCertificate()
        self._dtls = RTCDtlsTransport(self, [self._certificate])  # type: ignore[arg-type]
        self._dtls._set_role("client")

    async def negotiate(self, *, session: str = "s", ufrag: str = "abcd") -> str:
        prints = RTCCertificate.generateCertificate() if self.lie else self._certificate
        fingerprint = prints.getFingerprints()[0].value
        one = video("sendonly", ssrc=self.video_ssrc, rtx=self.rtx_ssrc)
        lines = [audio("sendonly", ssrc=self.audio_ssrc), two_sizes(*self.sizes) if self.sizes else one]
        lines += [video("recvonly") for _ in self.hears]
        text = offer(*lines, fingerprint=fingerprint, ufrag=ufrag)
        wants: dict[str, Any] = {str(2 + number): (pid, "video") for number, pid in enumerate(self.hears)}
        self.answer = await self.room.visit.negotiate(self.pid, session, text, wants, self.room.now)
        return self.answer

    def _value(self, name: str) -> str:
        return next(row.partition(":")[2] for row in self.answer.split("\r\n") if row.startswith(f"a={name}:"))

    def check(self, *, nominate: bool = True) -> None:
        """One connectivity check from `address`."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._value('ice-ufrag')}:them"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 7
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self._value("ice-pwd").encode())
        self.put(bytes(message))

    def put(self, data: bytes) -> None:
        """A datagram from where this client is now."""
        host, port = self.address
        self.room.router.receive(data, self.address, host, port, lambda: _Way(self))

    async def __aenter__(self) -> RelayClient:
        await self.negotiate()
        self.check()
        algorithm, _, value = self._value("fingerprint").partition(" ")
        await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(algorithm, value)]))
        if self._dtls.state != "connected":
            raise ConnectionError(self._dtls.state)
        if self.lie:
            await eventually(lambda: ("v", self.pid, "lost") in self.room.events)
            raise ConnectionError("the relay did not take the certificate")
        await eventually(lambda: self.room.visit.peers[self.pid].connected)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        self._queue.put_nowait(None)
        await self._dtls.stop()
        await self.room.router.evict("v", self.pid)

    def arrived(self, data: bytes) -> None:
        """From the relay."""
        if data[0] < 4:
            self.stun.append(data)
        elif 127 < data[0] < 192:
            if 192 <= data[1] <= 223:
                self.rtcp.append(self._dtls._rx_srtp.unprotect_rtcp(data))
            else:
                self.got.append(self._dtls._rx_srtp.unprotect(data))
        else:
            self._queue.put_nowait(data)

    async def _recv(self) -> bytes:
        data = await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.put(data)

    def send(self, packet: bytes) -> None:
        self.put(self._dtls._tx_srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        self.put(self._dtls._tx_srtp.protect_rtcp(packet))

    async def received(self, count: int) -> list[bytes]:
        await eventually(lambda: len(self.got) >= count)
        return self.got

    def line(self, mid: int) -> str:
        """What the answer says about an m-line."""
        return self.answer.split("m=")[1 + mid]


__all__ = ["RelayClient", "Room", "sdp"]
