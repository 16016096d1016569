"""One browser at the relay: its path, its keys, the tracks it sends and those it hears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from media.sfu import rtcp, rtp
from media.sfu.bwe import Bandwidth
from media.sfu.consumer import Codec, Consumer
from media.sfu.dtls import Certificate, DtlsSession
from media.sfu.ice_lite import CONSENT, Credentials
from media.sfu.layers import Layer, Numbers
from media.sfu.producer import Producer
from media.sfu.sizes import Sizes
from media.sfu.twcc import Arrivals, Departures

MOST_PACKETS = 3000
"""Packets a second of one browser; sound and pictures need some hundreds; more is a flood and not even opened."""


class Path(Protocol):
    """A way to one address, over UDP or TCP."""

    def send(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Track:
    """What a peer sends: the producer, the numbers it uses, and the SSRC under which repairs go out.

    `layers`: of a picture that comes in two sizes, both by their RID, the small one first; `producer` is the large one.
    """

    producer: Producer
    codec: Codec
    rtx_out: bytes
    layers: dict[str, Layer] = field(default_factory=dict)

    @property
    def producers(self) -> list[Producer]:
        return list(self.layers.values()) or [self.producer]


@dataclass(frozen=True, slots=True)
class _Source:
    """What packets of one SSRC are: whose, which SSRC they repair (RTX), and where their transport-wide number is.

    `tags`: ids of extensions that are not to go on.
    """

    producer: Producer
    repairs: bytes | None
    pt: int
    wide: int
    tags: tuple[int, ...] = ()


def _nowhere(_data: bytes) -> None:
    """Before there is a path nothing goes out."""


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
        self.sizes = Sizes(self.bandwidth)
        self.numbers: dict[bytes, Numbers] = {}
        """The last sent under the SSRC of a picture in two sizes, also after it ended: SRTP never goes back."""
        self.checked_at = 0.0
        self.path: Path | None = None
        self.arrivals = Arrivals()
        self.departures = Departures()
        self._changed = changed
        self._sources: dict[bytes, _Source] = {}
        self._by_ssrc: dict[bytes, Consumer] = {}
        self._out: Callable[[bytes], None] = _nowhere
        self._dtls = DtlsSession(certificate, fingerprints, lambda data: self._out(data), self._secured)
        self._protect, self._unprotect = self._dtls.protect, self._dtls.unprotect
        self.refused = 0
        self.budget = MOST_PACKETS

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
            self.use(path)
            if moved:
                self._changed("path")

    def use(self, path: Path | None) -> None:
        self.path = path
        self._out = _nowhere if path is None else path.send

    def expired(self, now: float) -> bool:
        """No valid check for so long that nothing may be sent any more (RFC 7675)."""
        return self.path is not None and now - self.checked_at > CONSENT

    def _secured(self, good: bool) -> None:
        self._protect, self._unprotect = self._dtls.protect, self._dtls.unprotect
        if good:
            for consumer in self.hearing.values():
                consumer.want_key_frame(self.checked_at)
        self._changed("connected" if good else "lost")

    def send_rtp(self, packet: bytes, wide: int = 0, head: bytes = b"", now: float = 0.0) -> None:
        """`wide` and `head`: see `consumer.Send`."""
        if wide and head:
            packet = self.departures.numbered(packet, wide, head, now)
        shielded = self._protect(packet)
        if shielded is not None:
            self._out(shielded)

    def send_rtcp(self, packet: bytes) -> None:
        shielded = self._dtls.protect_rtcp(packet)
        if shielded is not None:
            self._out(shielded)

    def publish(self, mid: str, *, ssrc: bytes | None, rtx_ssrc: bytes | None, track: Track) -> None:
        """From now on packets of this SSRC are the track of this m-line; without one they say it themselves."""
        self.unpublish(mid)
        self.tracks[mid] = track
        pt, wide = track.codec.pt, track.codec.wide
        if ssrc is not None:
            self._sources[ssrc] = _Source(track.producer, None, pt, wide)
            if rtx_ssrc is not None:
                self._sources[rtx_ssrc] = _Source(track.producer, ssrc, pt, wide)

    def _introduced(self, packet: bytes) -> _Source | None:
        """A stream that nobody named in the offer says in its first packets which it is (RFC 8852). Each is known once:
        another SSRC under the same name is a stranger.
        """
        for track in self.tracks.values() if len(packet) >= rtp.HEADER else ():
            codec, pt, ssrc = track.codec, packet[1] & 0x7F, packet[8:12]
            tags = (codec.rid, codec.repaired)
            if not track.layers or pt not in (codec.pt, codec.rtx):
                continue
            name = rtp.extension(packet, codec.rid if pt == codec.pt else codec.repaired)
            layer = track.layers.get(name.decode("ascii", "replace")) if name else None
            if layer is None:
                continue
            if pt == codec.pt and not layer.ssrc:
                layer.named(ssrc, tags)
                return self._sources.setdefault(ssrc, _Source(layer, None, pt, codec.wide))
            repaired = any(one.producer is layer and one.repairs for one in self._sources.values())
            if pt == codec.rtx and layer.ssrc and not repaired:
                found = _Source(layer, layer.ssrc, codec.pt, codec.wide, tags)
                return self._sources.setdefault(ssrc, found)
        return None

    def unpublish(self, mid: str) -> Track | None:
        track = self.tracks.pop(mid, None)
        if track is not None:
            self._sources = {
                ssrc: entry for ssrc, entry in self._sources.items() if entry.producer not in track.producers
            }
        return track

    def hear(self, mid: str, consumer: Consumer, now: float) -> None:
        self.mute(mid)
        self.hearing[mid] = consumer
        self._by_ssrc[consumer.producer.out_ssrc] = consumer
        consumer.attach()
        consumer.want_key_frame(now)

    def mute(self, mid: str) -> None:
        """Hear nothing on this m-line any more."""
        consumer = self.hearing.pop(mid, None)
        if consumer is not None:
            self._by_ssrc.pop(consumer.producer.out_ssrc, None)
            consumer.detach()

    def receive(self, data: bytes, now: float) -> None:
        """A packet from a path of this peer that is not STUN."""
        self.budget -= 1
        if self.budget < 0:
            self.refused += 1
        elif 127 < data[0] < 192:
            if rtp.is_rtcp(data):
                self._on_rtcp(data, now)
            else:
                self._on_rtp(data, now)
        elif 19 < data[0] < 64:
            self._dtls.receive(data)

    def _on_rtp(self, data: bytes, now: float) -> None:
        packet = self._unprotect(data)
        source = None if packet is None else self._sources.get(packet[8:12]) or self._introduced(packet)
        if packet is None or source is None:
            self.refused += 1
            return
        try:
            wide = self.arrivals.note(packet, source.wide, now) if source.wide else 0
            if source.repairs is not None:
                original = rtp.unwrap_rtx(packet, pt=source.pt, ssrc=source.repairs)
                if original is not None:
                    original = rtp.without(original, source.tags) if source.tags else original
                    source.producer.receive(original, now, wide)
            elif packet[1] & 0x7F == source.pt:
                source.producer.receive(packet, now, wide)
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
            if source is not None and source.repairs is None:
                source.producer.sender_report(packet, now)
        elif kind == rtcp.RTPFB and form == rtcp.NACK:
            ssrc, lost = rtcp.nacked(packet)
            consumer = self._by_ssrc.get(ssrc)
            if consumer is not None:
                consumer.nacked(lost, now)
        elif kind == rtcp.RTPFB and form == rtcp.TWCC:
            self.bandwidth.answered(*self.departures.answered(packet), now)
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
            consumer.want_key_frame(now)

    def heard(self) -> tuple[int, int]:
        """How many pictures and how many voices come here."""
        pictures = sum(one.producer.kind == "video" for one in self.hearing.values())
        return pictures, len(self.hearing) - pictures

    def room_for(self, consumer: Consumer, now: float) -> int | None:
        """Bits per second that this picture could have here beside all that comes now; None while nothing limits it."""
        bits = self.bandwidth.estimate(now)
        others = sum(one.rate(now) for one in self.hearing.values() if one is not consumer)
        return None if bits is None else bits - others

    def report(self, now: float) -> None:
        """Tell this publisher once a second what arrived of its tracks; the next second's packets may come."""
        self.budget = MOST_PACKETS
        producers = [one for track in self.tracks.values() for one in track.producers]
        blocks = [block for one in producers if (block := one.report_block(now))]
        if blocks and self.connected:
            self.send_rtcp(rtcp.build_rr(blocks[0][:4], blocks[:31]))

    def feedback(self) -> None:
        """Tell this publisher when its packets arrived, those since the last time."""
        known = (one for track in self.tracks.values() for one in track.producers if one.ssrc)
        first = next(known, None)
        message = self.arrivals.message(first.out_ssrc, first.ssrc) if first else None
        if message is not None:
            self.send_rtcp(message)

    async def aclose(self) -> None:
        for mid in list(self.hearing):
            self.mute(mid)
        await self._dtls.aclose()
