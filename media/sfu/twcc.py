"""Transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01), both ways.

A publisher numbers everything it sends over the connection; five times a second it is told what came when. From that
it knows within a second or two how much the way carries, probes included, and loss and delay before they hurt. Its
numbers end here: a subscriber gets numbers of its own in their place, and tells what came of those.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import sub
from struct import pack

from media.sfu import rtp
from media.sfu.rtcp import RTPFB, TWCC

URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
UNIT = 0.064
"""Seconds of one step of the reference time; a delta is a 256th of it."""
DELTAS = 256
MOST = 400
"""Packets one message tells of; a jump of more is a new beginning."""
RUN = 7
"""Symbols of one status vector; a run of fewer equal ones goes into one."""
FLIGHT = 2048
"""Packets to one subscriber that an answer may still come for; a power of two."""
_ABSENT, _SMALL, _LARGE = 0, 1, 2


class Arrivals:
    """What arrived since the last message, of everything one publisher sends. Times are a monotonic clock's seconds."""

    __slots__ = ("_came", "_count", "_last", "_layout", "_next", "_at")

    def __init__(self) -> None:
        self._came: dict[int, int] = {}
        self._count = 0
        self._last = -1
        self._next = -1
        self._layout: tuple[bytes, int] = (b"", 0)
        self._at = 0

    def note(self, packet: bytes, wanted: int, now: float) -> int:
        """Remember the number of this packet; where its extension element begins, 0 when it has none.

        Raises rtp.Malformed for a form that no browser sends, since it could not be taken out on the way on.
        """
        if not packet[0] & 0x10:
            return 0
        layout, at = self._layout
        # Browsers keep one order of extensions: the same beginning and the right head at its place are found again.
        if packet[12:17] != layout or packet[at] != wanted << 4 | 1:
            at = next((begin - 1 for kind, begin, size in rtp.elements(packet) if kind == wanted and size == 2), 0)
            if not at:
                return 0
            if packet[0] & 0x0F or packet[12] != 0xBE:
                raise rtp.Malformed("a transport-wide number where none is expected")
            self._layout = (packet[12:17], at)
        number = packet[at + 1] << 8 | packet[at + 2]
        last = self._last
        if last >= 0:
            step = (number - last) & 0xFFFF
            number = last + step if step < 0x8000 else last + step - 0x10000
            if not -MOST < number - last < MOST:
                self._came.clear()
                number &= 0xFFFF
                self._next = -1
                self._last = number
            elif number > last:
                self._last = number
        else:
            self._last = number
        if number >= 0:
            self._came.setdefault(number, int(now * (DELTAS / UNIT)))
        return at

    def message(self, sender: bytes, media: bytes) -> bytes | None:
        """The feedback since the last one (section 3.1); None when nothing came."""
        came = self._came
        if not came:
            return None
        self._came = {}
        first, last = min(came), max(came)
        if 0 <= self._next < first and last - self._next < MOST:
            first = self._next
        self._next = max(self._next, last + 1)
        ticks = [came.get(number) for number in range(first, last + 1)]
        reference = next(at for at in ticks if at is not None) // DELTAS
        head = pack("!HHI", first & 0xFFFF, len(ticks), (reference & 0xFFFFFF) << 8 | self._count)
        try:  # nearly always everything came, in order
            before = [reference * DELTAS, *ticks[:-1]]
            body = head + pack("!H", _SMALL << 13 | len(ticks)) + bytes(map(sub, ticks, before))
        except (TypeError, ValueError):
            body = head + _told(ticks, reference * DELTAS)
        self._count = (self._count + 1) & 0xFF
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes((padding,))
        return pack("!BBH", 0x80 | (0x20 if padding else 0) | TWCC, RTPFB, 2 + len(body) // 4) + sender + media + body


def _told(ticks: list[int | None], before: int) -> bytes:
    """Status chunks and deltas of packets of which some are missing, or came in another order."""
    symbols, deltas = bytearray(), bytearray()
    for at in ticks:
        if at is None:
            symbols.append(_ABSENT)
            continue
        delta, before = at - before, at
        if 0 <= delta < 256:
            symbols.append(_SMALL)
            deltas.append(delta)
        else:
            symbols.append(_LARGE)
            deltas += pack("!h", max(-32768, min(32767, delta)))
    return _chunks(symbols) + deltas


def _chunks(symbols: bytearray) -> bytes:
    """Sections 3.1.3 and 3.1.4: runs of equal symbols, or seven symbols of two bits."""
    out, at = bytearray(), 0
    while at < len(symbols):
        run = len(symbols) - at - len(symbols[at:].lstrip(symbols[at : at + 1]))
        if run >= RUN or at + run == len(symbols):
            out += pack("!H", symbols[at] << 13 | run)
            at += run
            continue
        part = symbols[at : at + RUN]
        vector = sum(symbol << 2 * (RUN - 1 - place) for place, symbol in enumerate(part))
        out += pack("!H", 0xC000 | vector)
        at += RUN
    return bytes(out)


class Departures:
    """What went to one subscriber, by its number, until the answer comes."""

    __slots__ = ("_number", "_sent")

    def __init__(self) -> None:
        self._number = 0
        self._sent: list[tuple[int, float, int]] = [(-1, 0.0, 0)] * FLIGHT

    def numbered(self, packet: bytes, at: int, head: bytes, now: float) -> bytes:
        """The packet with the next number in the element that begins at `at`; `head` is the element's first byte."""
        number = self._number = (self._number + 1) & 0xFFFF
        self._sent[number & (FLIGHT - 1)] = (number, now, len(packet))
        return packet[:at] + head + number.to_bytes(2, "big") + packet[at + 3 :]

    def answered(self, message: bytes) -> tuple[list[tuple[float, float, int]], int]:
        """((sent, arrived on the other side's clock, bytes) of each that came, how many did not). Raises Malformed."""
        acked, lost = [], 0
        for number, arrived in statuses(message):
            held, sent, size = self._sent[number & (FLIGHT - 1)]
            if held != number:
                continue
            if arrived is None:
                lost += 1
            else:
                acked.append((sent, arrived, size))
        return acked, lost


def statuses(message: bytes) -> Iterator[tuple[int, float | None]]:
    """(number, seconds of its arrival or None) as a feedback message tells them. Raises Malformed."""
    if len(message) < 20:
        raise rtp.Malformed("the transport-wide feedback is cut")
    first, count = int.from_bytes(message[12:14], "big"), int.from_bytes(message[14:16], "big")
    clock = int.from_bytes(message[16:19], "big") * DELTAS
    symbols, at = bytearray(), 20
    while len(symbols) < count:
        if at + 2 > len(message):
            raise rtp.Malformed("the transport-wide feedback is cut")
        chunk = message[at] << 8 | message[at + 1]
        at += 2
        if chunk < 0x8000:
            symbols += bytes((chunk >> 13,)) * min(chunk & 0x1FFF, count - len(symbols))
        elif chunk & 0x4000:
            symbols += bytes(chunk >> shift & 3 for shift in range(12, -1, -2))
        else:
            symbols += bytes(chunk >> shift & 1 for shift in range(13, -1, -1))
    for number, symbol in enumerate(symbols[:count], first):
        if symbol == _ABSENT:
            yield number & 0xFFFF, None
            continue
        size = 1 if symbol == _SMALL else 2
        if at + size > len(message):
            raise rtp.Malformed("the transport-wide feedback is cut")
        clock += int.from_bytes(message[at : at + size], "big", signed=symbol != _SMALL)
        at += size
        yield number & 0xFFFF, clock * (UNIT / DELTAS)
