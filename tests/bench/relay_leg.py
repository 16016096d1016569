"""A browser's network half over a real socket: ICE checks, DTLS, SRTP, as light as Python allows.

One `Leg` is one peer connection. It sends what it is given and counts what comes; every 64th packet is opened, so that
what is counted is known to be what was sent.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import time
from dataclasses import dataclass, field

from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from media.sfu.twcc import Arrivals

AUDIO, VIDEO, RTX = 111, 96, 97
OPENED_EVERY = 64
CHECK_EVERY = 2.0
FEEDBACK_EVERY = 0.1
STAMP = struct.Struct("@qq")
SO_TIMESTAMPNS = 35
LEVEL, SEND_TIME, WIDE = 1, 2, 3
URIS = {
    LEVEL: "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    SEND_TIME: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    WIDE: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
}
EXTENSIONS = {"audio": (LEVEL, SEND_TIME, WIDE), "video": (SEND_TIME, WIDE)}


@dataclass(slots=True)
class Stream:
    """One track that goes out: its numbers, and when each packet of it left (by sequence number, 4096 kept)."""

    kind: str
    ssrc: int
    owner: str = ""
    seq: int = 0
    extension: bytes = b""
    wide_at: int = -1
    sent_at: list[float] = field(default_factory=lambda: [0.0] * 4096)

    @property
    def pt(self) -> int:
        return AUDIO if self.kind == "audio" else VIDEO


def attributes(text: str, name: str) -> list[str]:
    return [row[3 + len(name) :] for row in text.splitlines() if row.startswith(f"a={name}:")]


class Leg:
    """`await leg.connect(answer)` once the other side's description is known; `leg.offer(...)` makes ours."""

    role = "controlling"

    def __init__(self, host: str, certificate: RTCCertificate, *, stamped: bool = False) -> None:
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(12)
        self.certificate = certificate
        self.streams: list[Stream] = []
        self.received = 0
        self.opened = 0
        self.bytes = 0
        self.delays: list[float] = []
        self.origins: dict[bytes, Stream] = {}
        self._stamped = stamped
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._sock.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
        if stamped:
            self._sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._sock.bind((host, 0))
        self.host, self.port = self._sock.getsockname()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._sock, self._readable)
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._checked = self._loop.create_future()
        self._to: tuple[str, int] = ("", 0)
        self._remote = ("", "")
        self._wide = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._arrivals: Arrivals | None = None
        self._dtls = RTCDtlsTransport(self, [certificate])  # type: ignore[arg-type]

    # -- descriptions ---------------------------------------------------------

    def description(self, lines: list[str]) -> str:
        """A whole description around m-lines."""
        prints = next(one.value for one in self.certificate.getFingerprints() if one.algorithm == "sha-256")
        head = [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0",
            "a=group:BUNDLE " + " ".join(str(number) for number in range(len(lines))), "a=msid-semantic: WMS *",
        ]  # fmt: skip
        transport = [
            f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.pwd}", f"a=fingerprint:sha-256 {prints}", "a=setup:active",
            f"a=candidate:1 1 udp 2130706431 {self.host} {self.port} typ host", "a=end-of-candidates",
        ]  # fmt: skip
        rows = list(head)
        for number, line in enumerate(lines):
            rows += [*line.split("\n"), f"a=mid:{number}", "a=rtcp-mux", *transport]
        return "\r\n".join(rows) + "\r\n"

    def up(self, kind: str, ssrc: int) -> str:
        """An m-line of ours that sends, and its stream."""
        stream = Stream(kind, ssrc)
        self.streams.append(stream)
        named = [f"a=ssrc:{ssrc} cname:c{ssrc}", f"a=ssrc:{ssrc} msid:s{ssrc} t{ssrc}"]
        if kind == "video":
            named = [f"a=ssrc-group:FID {ssrc} {ssrc + 1}", *named, f"a=ssrc:{ssrc + 1} cname:c{ssrc}"]
        return "\n".join([*line(kind, EXTENSIONS[kind]), "a=sendonly", f"a=msid:s{ssrc} t{ssrc}", *named])

    @staticmethod
    def down(kind: str) -> str:
        return "\n".join([*line(kind, EXTENSIONS[kind]), "a=recvonly"])

    # -- connecting -----------------------------------------------------------

    async def connect(self, remote: str) -> None:
        """Check, shake hands. TimeoutError when the other side does not answer."""
        host, port = next(one.split(" ")[4:6] for one in attributes(remote, "candidate") if " udp " in one.lower())
        self._to = (host, int(port))
        self._remote = (attributes(remote, "ice-ufrag")[0], attributes(remote, "ice-pwd")[0])
        self._tasks = [asyncio.ensure_future(self._checking())]
        await asyncio.wait_for(asyncio.shield(self._checked), 10)
        self._extend(remote)
        setup = attributes(remote, "setup")[0]
        self._dtls._set_role("server" if setup == "active" else "client")
        prints = [one.split(" ") for one in attributes(remote, "fingerprint")]
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(name.lower(), value) for name, value in prints[:1]])
        await asyncio.wait_for(self._dtls.start(parameters), 20)
        if self._dtls.state != "connected":
            raise ConnectionError(f"DTLS came to {self._dtls.state}")
        self._protect, self._unprotect = self._dtls._tx_srtp.protect, self._dtls._rx_srtp.unprotect
        self._tasks.append(asyncio.ensure_future(self._answering()))

    def _extend(self, remote: str) -> None:
        """The header extensions that the other side accepted go into every packet, as browsers send them."""
        sections = remote.split("m=")[1:]
        for stream, section in zip(self.streams, sections, strict=False):
            taken = [int(one.partition(" ")[0].partition("/")[0]) for one in attributes(section, "extmap")]
            body = b""
            for number in EXTENSIONS[stream.kind]:
                if number not in taken:
                    continue
                if number == WIDE:
                    stream.wide_at = 16 + len(body) + 1
                size = {LEVEL: 1, SEND_TIME: 3, WIDE: 2}[number]
                body += bytes(((number << 4) | (size - 1),)) + bytes(size)
            body += bytes(-len(body) % 4)
            stream.extension = struct.pack("!HH", 0xBEDE, len(body) // 4) + body if body else b""

    def answers(self, description: str) -> None:
        """Where transport-wide numbers were agreed on, we tell what came, as browsers do."""
        if f"a=extmap:{WIDE} " in description:
            self._arrivals = Arrivals()

    async def _answering(self) -> None:
        while True:
            await asyncio.sleep(FEEDBACK_EVERY)
            message = self._arrivals.message(bytes(4), bytes(4)) if self._arrivals is not None else None
            if message is not None:
                self._out(self._dtls._tx_srtp.protect_rtcp(message))

    async def _checking(self) -> None:
        while True:
            message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            message.attributes["USERNAME"] = f"{self._remote[0]}:{self.ufrag}"
            message.attributes["PRIORITY"] = 1853824767
            message.attributes["ICE-CONTROLLING"] = 7
            message.attributes["USE-CANDIDATE"] = None
            message.add_message_integrity(self._remote[1].encode())
            self._out(bytes(message))
            await asyncio.sleep(CHECK_EVERY if self._checked.done() else 0.05)

    def _out(self, data: bytes) -> None:
        try:
            self._sock.sendto(data, self._to)
        except BlockingIOError:
            raise RuntimeError("the load's own socket is full: it is the bottleneck") from None

    async def _recv(self) -> bytes:
        data = await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)

    # -- media ----------------------------------------------------------------

    def send(self, stream: Stream, timestamp: int, payload: bytes, *, marker: bool) -> None:
        seq = stream.seq = (stream.seq + 1) & 0xFFFF
        extension = stream.extension
        head = struct.pack(
            "!BBHII", 0x90 if extension else 0x80, (0x80 if marker else 0) | stream.pt, seq, timestamp, stream.ssrc
        )
        if stream.wide_at >= 0:
            at = stream.wide_at - 12
            self._wide = (self._wide + 1) & 0xFFFF
            extension = extension[:at] + self._wide.to_bytes(2, "big") + extension[at + 2 :]
        shielded = self._protect(head + extension + payload)
        stream.sent_at[seq & 4095] = time.time()
        self._out(shielded)

    def _readable(self) -> None:
        recv = self._read_stamped if self._stamped else self._read
        for _ in range(64):
            try:
                data, at = recv()
            except BlockingIOError:
                return
            first = data[0]
            if 127 < first < 192:
                if not 192 <= data[1] <= 223:
                    self._media(data, at)
            elif first < 4:
                self._stun(data)
            else:
                self._queue.put_nowait(data)

    def _read(self) -> tuple[bytes, float]:
        return self._sock.recv(2048), 0.0

    def _read_stamped(self) -> tuple[bytes, float]:
        data, ancillary, _flags, _address = self._sock.recvmsg(2048, 64)
        seconds, nano = STAMP.unpack(ancillary[0][2])
        return data, seconds + nano / 1e9

    def _media(self, data: bytes, at: float) -> None:
        self.received += 1
        self.bytes += len(data)
        if at and (origin := self.origins.get(data[8:12])) is not None:
            self.delays.append(at - origin.sent_at[(data[2] << 8 | data[3]) & 4095])
        if self._arrivals is not None:
            self._arrivals.note(data, WIDE, at or time.monotonic())
        if self.received % OPENED_EVERY == 0:
            self._unprotect(data)  # raises when it is not what was sent under these keys
            self.opened += 1

    def _stun(self, data: bytes) -> None:
        message = stun.parse_message(data)
        if message.message_class is stun.Class.RESPONSE:
            if not self._checked.done():
                self._checked.set_result(None)
        elif (
            self._to[0]
            and message.message_class is stun.Class.REQUEST
            and message.check_message_integrity(self.pwd.encode())
        ):
            response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
            response.attributes["XOR-MAPPED-ADDRESS"] = self._to
            response.add_message_integrity(self.pwd.encode())
            self._out(bytes(response))

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._queue.put_nowait(None)
        await self._dtls.stop()
        self._loop.remove_reader(self._sock)
        self._sock.close()


def line(kind: str, extensions: tuple[int, ...]) -> list[str]:
    """The m-line of a kind as a browser offers it, with the codecs that are sent here."""
    if kind == "audio":
        rows = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=rtpmap:111 opus/48000/2",
                "a=fmtp:111 minptime=10;useinbandfec=1", "a=rtcp-fb:111 transport-cc"]  # fmt: skip
    else:
        rows = ["m=video 9 UDP/TLS/RTP/SAVPF 96 97", "c=IN IP4 0.0.0.0", "a=rtpmap:96 VP8/90000",
                "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"]  # fmt: skip
        rows += [f"a=rtcp-fb:96 {one}" for one in ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")]
    return rows + [f"a=extmap:{number} {URIS[number]}" for number in extensions]
