"""One track as its publisher sends it: what is needed to repair loss, and who listens.

A lost packet is asked for again and again while it may still be of use, because the first request or its answer may
be lost too; when that fails, a picture is repaired by a key frame.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from media.sfu import rtcp, rtp

if TYPE_CHECKING:
    from media.sfu.consumer import Consumer, Mapping
    from media.sfu.layers import Tap

RING = 512
"""Packets kept for repair; a power of two that divides 65536."""
LATE = 1.0
"""Seconds after which nobody asks for a packet any more."""
GAP = 64
"""A jump of more than this is not loss: the publisher began anew."""
STALLED = 0.5
"""Seconds without a packet after which a picture is not sent at present."""
RETRY = 0.04
TRIES = 10
PLI_EVERY = 0.3
LEVEL_EVERY = 10

Kind = Literal["audio", "video"]


class Producer:
    """`send` puts RTCP on the way to the publisher. Times are seconds of a monotonic clock."""

    def __init__(
        self, kind: Kind, ssrc: bytes, out_ssrc: bytes, clock_rate: int, send: Callable[[bytes], None]
    ) -> None:
        self.kind = kind
        self.ssrc = ssrc
        self.out_ssrc = out_ssrc
        self.enabled = True
        self.consumers: list[Consumer | Tap] = []
        self.received = 0
        self.level = 127
        self.level_id = 0
        self.clock: tuple[float, int] | None = None
        """The publisher's clock (NTP seconds) and the timestamp that goes with it, of the last sender report."""
        self._clock_rate = clock_rate
        self._send = send
        self._ring: list[tuple[int, float, bytes, int]] = [(-1, 0.0, b"", 0)] * RING
        self._rated = (-1.0, 0)
        self._highest = -1
        self._cycles = 0
        self._first = 0
        self._jitter = 0.0
        self._transit: float | None = None
        self._missing: dict[int, tuple[float, float, int]] = {}
        self._reported = (0, 0)
        self._sr = (0, 0.0)
        self._pli_at = -PLI_EVERY
        self._pli_wanted = False

    @property
    def highest(self) -> int:
        """The newest sequence number, -1 before any."""
        return self._highest

    @property
    def heard_at(self) -> float:
        """When the newest packet came; long ago before any."""
        return self._ring[self._highest & (RING - 1)][1] if self._highest >= 0 else -LATE

    def rate(self, now: float) -> int:
        """Bits that came in the last second; 0 as soon as nothing comes any more."""
        if self._rated[0] != now:  # counted once for all who see this picture
            recent = [len(packet) for seq, at, packet, _ in self._ring if seq >= 0 and now - at < 1.0]
            self._rated = (now, 8 * sum(recent) if now - self.heard_at <= STALLED else 0)
        return self._rated[1]

    @property
    def wanting(self) -> bool:
        """Something is to be asked for again soon."""
        return bool(self._missing) or self._pli_wanted

    def receive(self, packet: bytes, now: float, wide: int = 0) -> None:
        """A packet of this track, opened; passed on at once.

        `wide`: where its transport-wide number is, which is for the relay alone; each subscriber gets its own there.
        """
        seq = packet[2] << 8 | packet[3]
        if self._highest >= 0:
            step = (seq - self._highest) & 0xFFFF
            if step == 1:
                if seq == 0:
                    self._cycles += 1
                self._highest = seq
            elif not self._jumped(seq, step, now):
                return
        else:
            self._highest = self._first = seq
        self.received += 1
        if wide:
            out = packet[:8] + self.out_ssrc + packet[12:wide] + b"\0\0\0" + packet[wide + 3 :]
        else:
            out = packet[:8] + self.out_ssrc + packet[12:]
        self._ring[seq & (RING - 1)] = (seq, now, out, wide)
        if self.received & 0x0F == 0:
            self._measure(packet, now)
        if not self.enabled:
            return
        if self.level_id:
            self._listen(packet)
        shared: dict[Mapping, bytes] = {}
        for consumer in self.consumers:
            if consumer.open:
                consumer.sent += 1
                consumer.send(out if consumer.plain else consumer.written(out, shared), wide, consumer.head, now)

    def _jumped(self, seq: int, step: int, now: float) -> bool:
        """Not the next packet in line: note what is missing, or what came late. False for one that came already."""
        if step < 0x8000:
            if step == 0:
                return False
            if step <= GAP:
                for lost in range(1, step):
                    self._missing[(self._highest + lost) & 0xFFFF] = (now, now, 0)
                self._ask(now)
            else:
                self._missing.clear()
                self.want_key_frame(now)
            if seq < self._highest:
                self._cycles += 1
            self._highest = seq
            return True
        late = self._missing.pop(seq, None) is not None
        return late or self._ring[seq & (RING - 1)][0] != seq

    def tick(self, now: float) -> None:
        """Ask again for what is still missing; give up on what is too old and ask for a key frame instead."""
        self._ask(now)
        if self._pli_wanted:
            self.want_key_frame(now)

    def _ask(self, now: float) -> None:
        due, gone = [], []
        for seq, (since, at, tries) in self._missing.items():
            if now - since > LATE or tries >= TRIES:
                gone.append(seq)
            elif at <= now:
                due.append(seq)
                self._missing[seq] = (since, now + RETRY * (1 + tries / 2), tries + 1)
        for seq in gone:
            del self._missing[seq]
        if gone and self.kind == "video":
            self.want_key_frame(now)
        if due:
            self._send(rtcp.build_nack(self.out_ssrc, self.ssrc, due))

    def want_key_frame(self, now: float) -> None:
        """At most one request in `PLI_EVERY` seconds, however many ask; one that came too early is sent later."""
        if self.kind != "video" or not self.ssrc:
            return
        self._pli_wanted = now - self._pli_at < PLI_EVERY
        if not self._pli_wanted:
            self._pli_at = now
            self._send(rtcp.build_pli(self.out_ssrc, self.ssrc))

    def kept(self, seq: int, now: float) -> tuple[bytes, int] | None:
        """The packet for a subscriber who lost it, and `wide` of it; None when it is too old or never came."""
        held, at, packet, wide = self._ring[seq & (RING - 1)]
        return (packet, wide) if held == seq and now - at < LATE else None

    def sender_report(self, packet: bytes, now: float) -> None:
        """Pass the publisher's clock on, untouched but for the SSRC."""
        report = rtcp.sender_report(packet, self.out_ssrc)
        self._sr = (int.from_bytes(packet[10:14], "big"), now)
        self.clock = (int.from_bytes(packet[8:16], "big") / (1 << 32), int.from_bytes(packet[16:20], "big"))
        if self.enabled:
            for consumer in self.consumers:
                consumer.report(report)

    def report_block(self, now: float) -> bytes | None:
        """What arrived since the last block, RFC 3550 section 6.4.1; None before anything did."""
        if self._highest < 0:
            return None
        highest = self._cycles << 16 | self._highest
        expected = highest - self._first + 1
        before_expected, before_received = self._reported
        self._reported = (expected, self.received)
        span, got = expected - before_expected, self.received - before_received
        fraction = min(255, max(0, (span - got) * 256 // span)) if span > 0 else 0
        lsr, at = self._sr
        return rtcp.report_block(
            self.ssrc, fraction=fraction, lost=expected - self.received, highest=highest & 0xFFFFFFFF,
            jitter=int(self._jitter), lsr=lsr, dlsr=int((now - at) * 65536) & 0xFFFFFFFF if lsr else 0,
        )  # fmt: skip

    def _measure(self, packet: bytes, now: float) -> None:
        """Interarrival jitter (RFC 3550 appendix A.8) on every sixteenth packet: enough for a report a second."""
        transit = now * self._clock_rate - int.from_bytes(packet[4:8], "big")
        if self._transit is not None and (step := abs(transit - self._transit)) < self._clock_rate:
            self._jitter += (step - self._jitter) / 16
        self._transit = transit

    def _listen(self, packet: bytes) -> None:
        """The loudness that the publisher writes beside the sound (RFC 6464), for the active speaker."""
        if self.received % LEVEL_EVERY == 0 and (level := rtp.extension(packet, self.level_id)):
            self.level += ((level[0] & 0x7F) - self.level) // 2
