"""How much may be sent: every subscriber's own estimate (REMB), passed on to the publishers it hears.

The send times in the packets (abs-send-time) are the publisher's and stay untouched, so a subscriber's estimate
covers the whole
way from the publisher's camera to its own screen: end to end, and the relay needs no estimator of its own.
"""

from __future__ import annotations

STALE = 5.0
"""Seconds after which an estimate says nothing any more."""
LEAST = 60_000
"""No publisher is pressed below this many bits per second: a picture that still moves."""
STARVED = 45_000
"""A subscriber with less than this hears, but sees nothing: sound goes first."""
RETRY = 8.0


class Bandwidth:
    """What one subscriber can take, in bits per second; None while it has not said."""

    def __init__(self) -> None:
        self._bits = 0
        self._at = -STALE
        self._starved_at: float | None = None

    def heard(self, bits: int, now: float) -> None:
        self._bits, self._at = bits, now
        if bits < STARVED and self._starved_at is None:
            self._starved_at = now

    def estimate(self, now: float) -> int | None:
        return self._bits if now - self._at < STALE else None

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


def for_publisher(estimates: list[int | None], videos: list[int]) -> int | None:
    """Bits per second for one publisher's picture: the least of its subscribers', each shared among the pictures it
    sees.

    `videos` counts the pictures each of these subscribers receives. None while nobody has said anything.
    """
    shares = [bits // max(1, count) for bits, count in zip(estimates, videos, strict=True) if bits is not None]
    return max(LEAST, min(shares)) if shares else None
