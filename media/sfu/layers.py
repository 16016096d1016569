"""A picture that its publisher sends in two sizes (simulcast), as one subscriber sees it: one track that never ends.

From one size to the other at a key frame. Numbers go on without a gap: sequence numbers, timestamps, and the picture
ids in the VP8 descriptor, each moved by what it takes (jitsi-videobridge, doc/svc.md, says what receivers rely on).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from media.sfu import rtp, vp8
from media.sfu.consumer import Codec, Consumer, Mapping, Send
from media.sfu.producer import LATE, STALLED, Producer

CLOCK = 90_000
FRAME = CLOCK // 30
AGREE = CLOCK
"""Two clocks of one camera that are further apart than this are not believed."""
FRESH = 1024
"""Packets after a change among which one from before it may still come."""
UNTAGGED = 50
"""Packets without the name of their stream after which no more names are expected (RFC 8852: until it is known)."""
PADS = 64
"""Packets that one call of `pad` sends at most."""


class Layer(Producer):
    """One size of a picture, known by its RID (RFC 8852) until its first packet says the SSRC."""

    tags: tuple[int, ...] = ()
    """Ids of the extensions that name the stream: for the relay alone."""

    _plain = 0
    _read: tuple[bytes, vp8.Descriptor | None] = (b"", None)

    def named(self, ssrc: bytes, tags: tuple[int, ...]) -> None:
        self.ssrc, self.tags = ssrc, tags

    def read(self, packet: bytes) -> vp8.Descriptor | None:
        """What stands before the frame; None in a packet that only probes the path. Raises rtp.Malformed."""
        if self._read[0] is not packet:  # one look for all who see this size
            found = vp8.descriptor(packet, rtp.header_length(packet)) if rtp.payload_size(packet) else None
            self._read = (packet, found)
        return self._read[1]

    def receive(self, packet: bytes, now: float, wide: int = 0) -> None:
        if self._plain < UNTAGGED:
            clean = rtp.without(packet, self.tags)
            self._plain = self._plain + 1 if clean is packet else 0
            packet = clean
        super().receive(packet, now, wide)


@dataclass(slots=True)
class Numbers:
    """The last that went to a subscriber under one SSRC: whatever comes next goes on from there. `seq` -1: nothing."""

    seq: int = -1
    timestamp: int = 0
    at: float = 0.0
    picture: int = 0
    base: int = 0


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One size from one key frame on, and by how much its numbers are moved."""

    tap: Tap
    began: float
    first: int
    seq: int
    timestamp: int
    picture: int
    base: int


class Tap:
    """Where the packets of one size come in."""

    plain = True

    def __init__(self, of: Layered, layer: Layer, head: bytes) -> None:
        self.of = of
        self.layer = layer
        self.head = head
        self.open = False
        self.sent = 0

    def send(self, packet: bytes, wide: int, _head: bytes, now: float) -> None:
        self.of.came(self, packet, wide, now)

    def written(self, packet: bytes, _shared: dict[Mapping, bytes]) -> bytes:
        return packet

    def report(self, sender_report: bytes) -> None:
        self.of.reported(self, sender_report)


class Layered(Consumer):
    """`layers` from small to large; the last one stands for the track. Nothing comes before the first `choose`."""

    def __init__(
        self, layers: Sequence[Layer], source: Codec, target: Codec, rtx_ssrc: bytes, numbers: Numbers,
        send: Send, send_rtcp: Callable[[bytes], None],
    ) -> None:  # fmt: skip
        super().__init__(layers[-1], source, target, rtx_ssrc, send, send_rtcp)
        self.taps = [Tap(self, layer, self.head) for layer in layers]
        self._numbers = numbers
        self._wanted = self.taps[-1]
        self._stretch: _Stretch | None = None
        self._since = 0
        self._opened()

    def attach(self) -> None:
        for tap in self.taps:
            tap.layer.consumers.append(tap)

    def detach(self) -> None:
        for tap in self.taps:
            if tap in tap.layer.consumers:
                tap.layer.consumers.remove(tap)

    @property
    def size(self) -> int:
        """Which layer is seen, or was asked for last while none is."""
        now = self._stretch.tap if self._stretch else self._wanted
        return self.taps.index(now)

    def rate(self, now: float) -> int:
        return self.taps[self.size].layer.rate(now) if self.open else 0

    def stalled(self, now: float) -> bool:
        """The size that is seen comes no more, and another does: its publisher has not enough for both."""
        seen = self.taps[self.size].layer
        return now - seen.heard_at > STALLED and any(now - tap.layer.heard_at < STALLED / 2 for tap in self.taps)

    @property
    def repairs(self) -> bool:
        """The subscriber takes packets again, so that `pad` has something to send."""
        return self._target.rtx is not None

    def _opened(self) -> None:
        now = self._stretch.tap if self._stretch else None
        for tap in self.taps:
            tap.open = self.open and (tap is now or tap is self._wanted)

    def _switched(self) -> None:
        super()._switched()
        self._opened()

    def choose(self, size: int, now: float) -> None:
        """From the next key frame on this layer; asked for until it comes."""
        self._wanted = self.taps[size]
        self._opened()
        if self.size != size or self._stretch is None:
            self._wanted.layer.want_key_frame(now)

    def want_key_frame(self, now: float) -> None:
        self.taps[self.size].layer.want_key_frame(now)
        if self._wanted is not self.taps[self.size]:
            self._wanted.layer.want_key_frame(now)

    def came(self, tap: Tap, packet: bytes, wide: int, now: float) -> None:
        """A packet of one size. Raises rtp.Malformed."""
        found = tap.layer.read(packet)
        current = self._stretch
        if current is None or current.tap is not tap:
            if tap is not self._wanted or found is None or not found.opens_key_frame:
                return
            current = self._begin(tap, packet, found, now)
        seq = ((packet[2] << 8 | packet[3]) + current.seq) & 0xFFFF
        if self._since < FRESH:
            self._since += 1
            if (seq - current.first) & 0xFFFF >= 0x8000:
                return  # of before the key frame: nobody could use it
        out = self._moved(packet, found, current)
        last = self._numbers
        if (seq - last.seq) & 0xFFFF < 0x8000 or last.seq < 0:
            last.seq, last.at = seq, now
            last.timestamp = int.from_bytes(out[4:8], "big")
            if found is not None and found.picture:
                last.picture = vp8.picture_of(out, found)
            if found is not None and found.base:
                last.base = out[found.base]
        self.sent += 1
        self.send(out, wide, self.head, now)

    def _begin(self, tap: Tap, packet: bytes, found: vp8.Descriptor, now: float) -> _Stretch:
        last, fresh = self._numbers, self._numbers.seq < 0
        seq = 1 if fresh else (last.seq + 1) & 0xFFFF  # from low on: an early wrap would confuse SRTP (RFC 3711 3.3.1)
        timestamp = int.from_bytes(packet[4:8], "big")
        made = _Stretch(
            tap, now, seq, (seq - (packet[2] << 8 | packet[3])) & 0xFFFF,
            0 if fresh else (self._continued(tap, timestamp, now) - timestamp) & 0xFFFFFFFF,
            last.picture + 1 - vp8.picture_of(packet, found) if found.picture and not fresh else 0,
            last.base + 1 - packet[found.base] if found.base and not fresh else 0,
        )  # fmt: skip
        self._stretch = made
        self._since = 0
        self._opened()
        return made

    def _continued(self, tap: Tap, timestamp: int, now: float) -> int:
        """The timestamp under which the first packet of another size goes on: by both clocks where they are known."""
        last = self._numbers
        wanted = last.timestamp + max(FRAME, int((now - last.at) * CLOCK))
        before = self._stretch
        if before is not None and (one := before.tap.layer.clock) and (other := tap.layer.clock):
            taken = other[0] + _signed(timestamp - other[1]) / CLOCK
            exact = one[1] + before.timestamp + int((taken - one[0]) * CLOCK)
            if abs(_signed(exact - wanted)) < AGREE:
                wanted = exact
        return (wanted if _signed(wanted - last.timestamp) > 0 else last.timestamp + 1) & 0xFFFFFFFF

    def _moved(self, packet: bytes, found: vp8.Descriptor | None, by: _Stretch) -> bytes:
        out = bytearray(self._written(packet))
        out[2:4] = (((packet[2] << 8 | packet[3]) + by.seq) & 0xFFFF).to_bytes(2, "big")
        out[4:8] = ((int.from_bytes(packet[4:8], "big") + by.timestamp) & 0xFFFFFFFF).to_bytes(4, "big")
        if found is not None and found.picture:
            picture = vp8.picture_of(packet, found) + by.picture
            if found.picture_bytes == 2:
                out[found.picture] = 0x80 | (picture >> 8) & 0x7F
                out[found.picture + 1] = picture & 0xFF
            else:
                out[found.picture] = picture & 0x7F
        if found is not None and found.base:
            out[found.base] = (packet[found.base] + by.base) & 0xFF
        return bytes(out)

    def _kept(self, seq: int, now: float) -> tuple[bytes, int] | None:
        """By the number that the subscriber knows. What was lost before the last key frame helps nobody any more, and
        would fill a way that has just proved too narrow for it.
        """
        stretch = self._stretch
        if stretch is None:
            return None
        if (seq - stretch.first) & 0xFFFF >= 0x8000 and now - stretch.began <= 2 * LATE:
            return None
        return self._again(stretch, (seq - stretch.seq) & 0xFFFF, now)

    def _again(self, stretch: _Stretch, seq: int, now: float) -> tuple[bytes, int] | None:
        kept = stretch.tap.layer.kept(seq, now)
        if kept is None:
            return None
        packet, wide = kept
        try:
            return self._moved(packet, stretch.tap.layer.read(packet), stretch), wide
        except rtp.Malformed:
            return None

    def pad(self, size: int, now: float) -> None:
        """So many bytes more than the picture needs, as repairs of what came already: receivers drop them."""
        stretch = self._stretch
        if stretch is None or not self.open or not self.repairs:
            return
        newest = [(stretch.tap.layer.highest - back) & 0xFFFF for back in range(8)]
        kept = [one for seq in newest if (one := self._again(stretch, seq, now)) is not None]
        for number in range(PADS if kept else 0):
            packet, wide = kept[number % len(kept)]
            self._repair(packet, wide, now)
            size -= len(packet)
            if size <= 0:
                return

    def report(self, sender_report: bytes) -> None:
        """Nothing comes this way: the taps report."""

    def reported(self, tap: Tap, sender_report: bytes) -> None:
        """The publisher's clock, moved like the timestamps it goes with: lips stay in step over any change."""
        stretch = self._stretch
        if self.allowed and stretch is not None and stretch.tap is tap:
            moved = (int.from_bytes(sender_report[16:20], "big") + stretch.timestamp) & 0xFFFFFFFF
            self._send_rtcp(sender_report[:16] + moved.to_bytes(4, "big") + sender_report[20:])


def _signed(difference: int) -> int:
    return (difference + (1 << 31)) % (1 << 32) - (1 << 31)
