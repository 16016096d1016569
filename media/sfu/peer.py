"""One browser at the relay: its path, its keys, the tracks it sends and those it hears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from media.sfu import rtcp, rtp
from media.sfu.bwe import Bandwidth
from media.sfu.consumer import Codec, Consumer
from media.sfu.dtls import Certificate, DtlsSession
from media.sfu.ice_lite import CONSENT, Credentials
from media.sfu.producer import Producer

log = structlog.get_logger(__name__)


class Path(Protocol):
    """A way to one address, over UDP or TCP."""

    def send(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Track:
    """What a peer sends: the producer, the numbers it uses, and the SSRC under which repairs go out."""

    producer: Producer
    codec: Codec
    rtx_out: bytes


class Peer:
    """`changed` is told `connected`, `lost` (no consent or closed) and `path`. Times are a monotonic clock's
    seconds.
    """

    def __init__(
        self, pid: str, certificate: Certificate, fingerprints: list[str], changed: Callable[[str], None]
    ) -> None:
        self.pid = pid
        self.fingerprints = fingerprints
        self.credentials: list[Credentials] = []
        self.tracks: dict[str, Track] = {}
        self.hearing: dict[str, Consumer] = {}
        self.bandwidth = Bandwidth()
        self.checked_at = 0.0
        self.path: Path | None = None
        self._changed = changed
        self._sources: dict[bytes, tuple[Producer, bytes | None, int]] = {}
        self._by_ssrc: dict[bytes, Consumer] = {}
        self._dtls = DtlsSession(certificate, fingerprints, self._send_raw, self._secured)
        self.refused = 0

    @property
    def connected(self) -> bool:
        return self._dtls.connected and self.path is not None

    def on_path(self, path: Path, now: float, *, nominated: bool) -> None:
        """A check that held came over this path: the first one is used, a nominated one from then on (RFC 8445
        7.3.1.5).
        """
        self.checked_at = now
        if self.path is None or (nominated and path is not self.path):
            moved = self.path is not None
            self.path = path
            if moved:
                self._changed("path")

    def expired(self, now: float) -> bool:
        """No valid check for so long that nothing may be sent any more (RFC 7675)."""
        return self.path is not None and now - self.checked_at > CONSENT

    def _secured(self, good: bool) -> None:
        if good:
            for consumer in self.hearing.values():
                consumer.producer.want_key_frame(self.checked_at)
        self._changed("connected" if good else "lost")

    def _send_raw(self, data: bytes) -> None:
        if self.path is not None:
            self.path.send(data)

    def send_rtp(self, packet: bytes) -> None:
        shielded = self._dtls.protect(packet)
        if shielded is not None and self.path is not None:
            self.path.send(shielded)

    def send_rtcp(self, packet: bytes) -> None:
        shielded = self._dtls.protect_rtcp(packet)
        if shielded is not None and self.path is not None:
            self.path.send(shielded)

    def publish(self, mid: str, *, ssrc: bytes, rtx_ssrc: bytes | None, track: Track) -> None:
        """From now on packets of this SSRC are the track of this m-line."""
        self.unpublish(mid)
        self.tracks[mid] = track
        pt = track.codec.pt
        self._sources[ssrc] = (track.producer, None, pt)
        if rtx_ssrc is not None:
            self._sources[rtx_ssrc] = (track.producer, ssrc, pt)

    def unpublish(self, mid: str) -> Track | None:
        track = self.tracks.pop(mid, None)
        if track is not None:
            self._sources = {ssrc: entry for ssrc, entry in self._sources.items() if entry[0] is not track.producer}
        return track

    def hear(self, mid: str, consumer: Consumer, now: float) -> None:
        self.mute(mid)
        self.hearing[mid] = consumer
        self._by_ssrc[consumer.producer.out_ssrc] = consumer
        consumer.producer.consumers.append(consumer)
        consumer.producer.want_key_frame(now)

    def mute(self, mid: str) -> None:
        """Hear nothing on this m-line any more."""
        consumer = self.hearing.pop(mid, None)
        if consumer is not None:
            self._by_ssrc.pop(consumer.producer.out_ssrc, None)
            if consumer in consumer.producer.consumers:
                consumer.producer.consumers.remove(consumer)

    def receive(self, data: bytes, now: float) -> None:
        """A packet from a path of this peer that is not STUN."""
        if 127 < data[0] < 192:
            if rtp.is_rtcp(data):
                self._on_rtcp(data, now)
            else:
                self._on_rtp(data, now)
        elif 19 < data[0] < 64:
            self._dtls.receive(data)

    def _on_rtp(self, data: bytes, now: float) -> None:
        packet = self._dtls.unprotect(data)
        if packet is None or len(packet) < rtp.HEADER:
            self.refused += 1
            return
        source = self._sources.get(packet[8:12])
        if source is None:
            self.refused += 1
            return
        producer, repairs, pt = source
        try:
            if repairs is not None:
                original = rtp.unwrap_rtx(packet, pt=pt, ssrc=repairs)
                if original is not None:
                    producer.receive(original, now)
            elif packet[1] & 0x7F == pt:
                producer.receive(packet, now)
            else:
                self.refused += 1
        except rtp.Malformed:
            self.refused += 1

    def _on_rtcp(self, data: bytes, now: float) -> None:
        packet = self._dtls.unprotect_rtcp(data)
        if packet is None:
            self.refused += 1
            return
        try:
            for kind, form, one in rtcp.packets(packet):
                self._on_report(kind, form, one, now)
        except rtp.Malformed:
            self.refused += 1

    def _on_report(self, kind: int, form: int, packet: bytes, now: float) -> None:
        if kind == rtcp.SR:
            source = self._sources.get(packet[4:8])
            if source is not None and source[1] is None:
                source[0].sender_report(packet, now)
        elif kind == rtcp.RTPFB and form == rtcp.NACK:
            ssrc, lost = rtcp.nacked(packet)
            consumer = self._by_ssrc.get(ssrc)
            if consumer is not None:
                consumer.nacked(lost, now)
        elif kind == rtcp.PSFB and form == rtcp.PLI:
            self._key_frame(packet[8:12], now)
        elif kind == rtcp.PSFB and form == rtcp.FIR:
            for target in rtcp.fir_targets(packet):
                self._key_frame(target, now)
        elif kind == rtcp.PSFB and form == rtcp.AFB and (bits := rtcp.remb(packet)) is not None:
            self.bandwidth.heard(bits, now)

    def _key_frame(self, ssrc: bytes, now: float) -> None:
        consumer = self._by_ssrc.get(ssrc)
        if consumer is not None and consumer.allowed:
            consumer.producer.want_key_frame(now)

    def report(self, now: float) -> None:
        """Tell this publisher once a second what arrived of its tracks."""
        blocks = [block for track in self.tracks.values() if (block := track.producer.report_block(now))]
        if blocks and self.connected:
            self.send_rtcp(rtcp.build_rr(blocks[0][:4], blocks[:31]))

    async def aclose(self) -> None:
        for mid in list(self.hearing):
            self.mute(mid)
        await self._dtls.aclose()
