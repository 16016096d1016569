"""One track on its way to one subscriber: the same packet with this subscriber's numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from media.sfu import rtp
from media.sfu.producer import Producer

Mapping = tuple[object, ...]
RESENDS = 400
"""Packets a second that may be sent again to one subscriber: a torrent of NACKs must not become one of packets."""


@dataclass(frozen=True, slots=True)
class Codec:
    """The payload types (and the header extensions by their ids) that one side gave to the media of a track.

    `wide`: the id of the transport-wide number, which is of one hop only; 0 when there is none. `rid`, `repaired`: the
    ids under which a packet names its stream, or the stream that it repairs (RFC 8852).
    """

    pt: int
    rtx: int | None = None
    extensions: tuple[tuple[str, int], ...] = ()
    wide: int = 0
    rid: int = 0
    repaired: int = 0


Send = Callable[[bytes, int, bytes, float], None]
"""(packet, where its transport-wide number belongs or 0, the head of that element or nothing, now)"""


class Consumer:
    """`send` shields a packet for this hop and puts it on the path."""

    def __init__(
        self, producer: Producer, source: Codec, target: Codec, rtx_ssrc: bytes,
        send: Send, send_rtcp: Callable[[bytes], None],
    ) -> None:  # fmt: skip
        self.producer = producer
        self.open = True
        self.head = bytes((target.wide << 4 | 1,)) if target.wide else b""
        self.sent = 0
        self.resent = 0
        self.send = send
        self._allowed = True
        self._paused = False
        self._send_rtcp = send_rtcp
        self._target = target
        self._rtx_ssrc = rtx_ssrc
        self._rtx_seq = 0
        self._budget = (0.0, RESENDS)
        wanted = dict(target.extensions)
        self._ids = {number: wanted[uri] for uri, number in source.extensions if uri in wanted}
        self._same_ids = all(number == self._ids.get(number) for _, number in source.extensions)
        self.plain = self._same_ids and source.pt == target.pt
        self._mapping: Mapping = (target.pt, *sorted(self._ids.items()))

    @property
    def allowed(self) -> bool:
        return self._allowed

    @allowed.setter
    def allowed(self, yes: bool) -> None:
        self._allowed = yes
        self._switched()

    @property
    def paused(self) -> bool:
        return self._paused

    @paused.setter
    def paused(self, yes: bool) -> None:
        self._paused = yes
        self._switched()

    def _switched(self) -> None:
        self.open = self._allowed and not self._paused

    def attach(self) -> None:
        """From now on packets come."""
        self.producer.consumers.append(self)

    def detach(self) -> None:
        if self in self.producer.consumers:
            self.producer.consumers.remove(self)

    def want_key_frame(self, now: float) -> None:
        self.producer.want_key_frame(now)

    def written(self, packet: bytes, shared: dict[Mapping, bytes]) -> bytes:
        """With this subscriber's numbers. `shared` holds what was written for others with the same ones."""
        mine = shared.get(self._mapping)
        if mine is None:
            mine = shared[self._mapping] = self._written(packet)
        return mine

    def _written(self, packet: bytes) -> bytes:
        if packet[1] & 0x7F != self._target.pt:
            packet = packet[:1] + bytes(((packet[1] & 0x80) | self._target.pt,)) + packet[2:]
        return packet if self._same_ids else rtp.renumber(packet, self._ids)

    def report(self, sender_report: bytes) -> None:
        if self.allowed:
            self._send_rtcp(sender_report)

    def rate(self, now: float) -> int:
        """Bits per second that come to this subscriber."""
        return self.producer.rate(now) if self.open else 0

    def nacked(self, lost: list[int], now: float) -> None:
        """Send again what is kept, within the budget."""
        since, left = self._budget
        if now - since >= 1.0:
            since, left = now, RESENDS
        for seq in lost:
            kept = self._kept(seq, now) if left > 0 and self.allowed else None
            if kept is None:
                continue
            left -= 1
            self._repair(*kept, now)
        self._budget = (since, left)

    def _kept(self, seq: int, now: float) -> tuple[bytes, int] | None:
        """What went out under this number, and where its transport-wide number is; None when it is not kept."""
        kept = self.producer.kept(seq, now)
        return None if kept is None else (self._written(kept[0]), kept[1])

    def _repair(self, packet: bytes, wide: int, now: float) -> None:
        self.resent += 1
        if self._target.rtx is not None:
            packet = rtp.wrap_rtx(packet, pt=self._target.rtx, ssrc=self._rtx_ssrc, seq=self._rtx_seq)
            self._rtx_seq = (self._rtx_seq + 1) & 0xFFFF
        self.send(packet, wide, self.head, now)
