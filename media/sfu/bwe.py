"""How much may go to each subscriber, and what its publishers are told of it.

The relay numbers what it sends to a subscriber (`twcc`), and the answers say how long each packet was under way and
which were lost. When the way grows a queue, or loses a sixth, less is sent at once; else slowly more. Measured is the
queue's delay over the least seen lately, as in SCReAM (RFC 8298 section 4.1). A browser without such answers says its
own estimate (REMB).
"""

from __future__ import annotations

from collections import deque

STALE = 5.0
"""Seconds after which an estimate says nothing any more."""
LEAST = 60_000
"""No publisher is pressed below this many bits per second: a picture that still moves."""
SOUND = 45_000
"""Bits per second that a voice needs with its headers: it is set aside before pictures are shared out."""
STARVED = 45_000
"""A subscriber with less than this hears, but sees nothing: sound goes first."""
RETRY = 8.0
QUEUE = 0.08
"""Seconds of queue from which the way is too full."""
LOSSY = 0.15
"""Loss that no wireless link explains any more; less is repaired and changes nothing."""
BACK = 0.85
PAUSE = 0.4
"""Seconds between two steps back: the first must have had its effect."""
FORTH = 1.08
"""Growth in one second."""
WINDOW = 10.0
"""The least delay of so many seconds counts as an empty queue: clocks drift, and ways change."""
SPAN = 0.5


class Bandwidth:
    """What one subscriber can take, in bits per second; None while nothing speaks against anything."""

    def __init__(self) -> None:
        self.fell = False
        """The estimate went down: the publishers shall hear of it now and not with the next report."""
        self._bits: float | None = None
        self._at = -STALE
        self._starved_at: float | None = None
        self._stepped_at = -PAUSE
        self._least = (0.0, float("inf"), float("inf"))
        self._acked: deque[tuple[float, int]] = deque()
        self._loss = 0.0
        self._carried = 0.0

    def heard(self, bits: int, now: float) -> None:
        """A REMB message."""
        self._set(float(bits), now)

    def answered(self, acked: list[tuple[float, float, int]], lost: int, now: float) -> None:
        """Of packets (sent, arrived on the other side's clock, bytes) and how many never came."""
        if not acked:
            return
        delay = min([arrived - sent for sent, arrived, _ in acked])
        queue = delay - self._lowest(delay, now)
        self._loss += (lost / (lost + len(acked)) - self._loss) * min(1.0, (lost + len(acked)) / 200)
        rate = self._carried = self._rate(acked)
        if queue > QUEUE or self._loss > LOSSY:
            if now - self._stepped_at > PAUSE:
                self._stepped_at, self._loss = now, 0.0
                self._set(max(LEAST / 2, BACK * min(rate, self._bits or rate)), now)
        elif self._bits is not None:
            grown = self._bits * FORTH ** min(now - self._at, 1.0)
            self._set(max(self._bits, min(grown, 1.5 * rate + 10_000)) if queue < QUEUE / 2 else self._bits, now)

    def _lowest(self, delay: float, now: float) -> float:
        since, before, least = self._least
        if now - since > WINDOW:
            since, before, least = now, least, delay
        self._least = (since, before, min(least, delay))
        return min(before, least, delay)

    def _rate(self, acked: list[tuple[float, float, int]]) -> float:
        """Bits per second that arrived lately."""
        newest = acked[-1][1]
        self._acked.append((newest, sum([size for _, _, size in acked])))
        while self._acked[0][0] < newest - 0.99 * SPAN:
            self._acked.popleft()
        return sum([size for _, size in self._acked]) * 8 / SPAN

    def proved(self, least: int, now: float) -> None:
        """More was sent than what is needed, and no queue grew: so much the way carries, or `least`."""
        self._set(max(self._bits or 0.0, self._carried, least), now)

    def _set(self, bits: float, now: float) -> None:
        self.fell = self.fell or self._bits is None or bits < 0.97 * self._bits
        self._bits, self._at = bits, now
        if bits < STARVED and self._starved_at is None:
            self._starved_at = now

    def estimate(self, now: float) -> int | None:
        return int(self._bits) if self._bits is not None and now - self._at < STALE else None

    def starved(self, now: float) -> bool:
        """So little that video would cost the sound. It is tried again after `RETRY` seconds: without packets no
        estimate grows.
        """
        if self._starved_at is None:
            return False
        if now - self._starved_at >= RETRY:
            self._starved_at = None
            return False
        return True


def for_publisher(estimates: list[int | None], heard: list[tuple[int, int]]) -> int | None:
    """Bits per second for one publisher's picture: the least of its subscribers', each shared among the pictures it
    sees after every voice has what it needs.

    `heard` counts (pictures, voices) that each of these subscribers receives. None while nothing limits anybody.
    """
    shares = [
        (bits - SOUND * voices) // max(1, pictures)
        for bits, (pictures, voices) in zip(estimates, heard, strict=True)
        if bits is not None
    ]
    return max(LEAST, min(shares)) if shares else None


def for_two_sizes(rooms: list[int | None], small: int) -> int | None:
    """The same for a picture that comes in two sizes, of which the small one takes so much: who has most room says how
    large the large one may be, the others see the small one. None while one of them has no limit, or nobody looks.
    """
    known = [bits for bits in rooms if bits is not None]
    return max(LEAST, *known) + small if known and len(known) == len(rooms) else None
