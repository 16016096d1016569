"""DTLS-SRTP (RFC 5764) of one hop, on aiortc's `RTCDtlsTransport`.

The only file of ours that touches private names of aiortc and pylibsrtp: both are pinned exactly, and
tests/media/sfu/test_dtls_contract.py fails loudly when a new version moves what is used here. aiortc's
transport does the handshake and derives the keys; packets never pass through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pylibsrtp
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from pylibsrtp._binding import ffi, lib

from media.sfu.rtp import LONGEST

HANDSHAKE = 15.0
"""Seconds a handshake may take."""
WAITING = 64
"""DTLS packets that may wait; more is a flood, and DTLS repeats what was lost."""
TAG = 160

Shield = Callable[[bytes], bytes | None]
"""Takes a packet, gives it protected (or opened); None when it is refused."""


def is_dtls(data: bytes) -> bool:
    return 19 < data[0] < 64


class Certificate:
    """The certificate of a worker, new with each start."""

    def __init__(self) -> None:
        self.made = RTCCertificate.generateCertificate()

    @property
    def fingerprint(self) -> str:
        """As in SDP: `sha-256 AB:CD...` (RFC 8122)."""
        return next(f"sha-256 {one.value}" for one in self.made.getFingerprints() if one.algorithm == "sha-256")


class _Wire:
    """What `RTCDtlsTransport` asks of an ICE transport."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)

    def feed(self, data: bytes | None) -> None:
        if not self._queue.full():
            self._queue.put_nowait(data)

    async def _recv(self) -> bytes:
        data = await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)


class DtlsSession:
    """One handshake as the server, then the four functions that shield packets.

    `done(True)` is called when the keys are there and the certificate is the signalled one, `done(False)` when
    it came to nothing or the other side closed.
    """

    def __init__(
        self, certificate: Certificate, fingerprints: list[str], send: Callable[[bytes], None],
        done: Callable[[bool], None],
    ) -> None:  # fmt: skip
        self._wire = _Wire(send)
        self._done = done
        self._parameters = RTCDtlsParameters(
            [
                RTCDtlsFingerprint(algorithm, value)
                for algorithm, _, value in (one.partition(" ") for one in fingerprints)
            ]
        )
        self._transport = RTCDtlsTransport(self._wire, [certificate.made])  # type: ignore[arg-type]
        self._transport._set_role("server")
        self._transport.add_listener("statechange", self._changed)
        self._task: asyncio.Task[None] | None = None
        self.protect: Shield = _refuse
        self.protect_rtcp: Shield = _refuse
        self.unprotect: Shield = _refuse
        self.unprotect_rtcp: Shield = _refuse
        self.connected = False

    def receive(self, data: bytes) -> None:
        """A DTLS packet from a path that has passed a check. The first one starts the handshake."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._handshake())
        self._wire.feed(data)

    async def _handshake(self) -> None:
        try:
            await asyncio.wait_for(self._transport.start(self._parameters), HANDSHAKE)
        except TimeoutError:
            self._done(False)
            return
        if self._transport.state != "connected":
            self._done(False)
            return
        received, sent = self._transport._rx_srtp, self._transport._tx_srtp
        self.unprotect = _shield(received, lib.srtp_unprotect)
        self.unprotect_rtcp = _shield(received, lib.srtp_unprotect_rtcp)
        self.protect = _shield(sent, lib.srtp_protect)
        self.protect_rtcp = _shield(sent, lib.srtp_protect_rtcp)
        self.connected = True
        self._done(True)

    def _changed(self) -> None:
        if self.connected and self._transport.state == "closed":
            self.connected = False
            self._done(False)

    async def aclose(self) -> None:
        self.connected = False
        if self._task is not None:
            self._task.cancel()
        await self._transport.stop()
        self._wire.feed(None)


def _refuse(_packet: bytes) -> None:
    """Before there are keys nothing goes in or out."""


def _shield(session: pylibsrtp.Session, function: Any) -> Shield:
    """`Session.protect` and its sisters with one buffer for life: half of their time goes into making new ones."""
    buffer = ffi.new("char[]", LONGEST + TAG + 512)
    view, length, srtp, longest = ffi.buffer(buffer), ffi.new("int *"), session._srtp[0], LONGEST + TAG

    def shield(packet: bytes) -> bytes | None:
        size = len(packet)
        if size > longest:
            return None
        view[0:size] = packet
        length[0] = size
        if function(srtp, buffer, length):
            return None
        out: bytes = view[0 : length[0]]
        return out

    shield.session = session  # type: ignore[attr-defined]  # libsrtp frees its state with the Session
    return shield
