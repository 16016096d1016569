"""Which pictures one subscriber sees large: as many as its way carries, the most important first.

What is known of a way is what was tried. So before a picture grows again, the way carries as much for a moment in
repairs that nobody needs; when a queue grows, that was all, and nobody saw anything of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from media.sfu.bwe import SOUND, Bandwidth
from media.sfu.layers import Layered

HOLD, HOLD_MOST = 8.0, 64.0
"""Seconds before more is tried again; doubled each time that it came to nothing."""
TRIAL = 1.2
PROOF = 20.0
"""A picture that is small again so soon after it grew, grew too early."""
MARGIN = 1.15
"""A picture grows into more room than it needs, so that it does not go back and forth."""
TENTH = 0.1


class Sizes:
    def __init__(self, bandwidth: Bandwidth) -> None:
        self._bandwidth = bandwidth
        self._short: Layered | None = None
        self._missing = 0
        self._trial: tuple[float, int] | None = None
        self._hold = HOLD
        self._not_before = 0.0
        self._grew = -PROOF

    def choose(self, pictures: Sequence[Layered], others: int, voices: int, now: float) -> None:
        """Once a second and when the estimate fell. `pictures` in the order of their importance; `others` come in one
        size only, and each has an equal share.
        """
        bits = self._bandwidth.estimate(now)
        rates = [tuple(tap.layer.rate(now) for tap in one.taps) for one in pictures]
        left = None if bits is None else bits - SOUND * voices
        if left is not None:
            left -= left * others // max(1, others + len(pictures)) + sum(small for small, _ in rates)
        was, self._short = self._short, None
        for picture, (small, large) in zip(pictures, rates, strict=True):
            size = picture.size
            if small and large:
                more = large - small
                size = 1 if left is None or more * (1.0 if size else MARGIN) <= left else 0
                if size and left is not None:
                    left -= more
                elif not size and self._short is None:
                    self._short, self._missing = picture, int(1.3 * more)
            elif small or large:
                size = 1 if large else 0
            picture.choose(size, now)
        if self._short is not None and was is None:
            early = now - self._grew < PROOF
            self._wait(now, min(2 * self._hold, HOLD_MOST) if early else HOLD)

    def _wait(self, now: float, seconds: float) -> None:
        self._trial, self._hold = None, seconds
        self._not_before = now + seconds

    def tenth(self, now: float) -> bool:
        """Ten times a second: try whether more fits. True when it does, and `choose` has something to give."""
        if self._short is None or now < self._not_before or (bits := self._bandwidth.estimate(now)) is None:
            self._trial = None
            return False
        since, before = self._trial = self._trial or (now, bits)
        if bits < 0.97 * before:
            self._wait(now, min(2 * self._hold, HOLD_MOST))
            return False
        if now - since < TRIAL:
            self._short.pad(int(self._missing * TENTH / 8), now)
            return False
        self._wait(now, self._hold)
        self._grew = now
        # Who takes no repairs cannot be asked so: there the picture itself is the trial.
        self._bandwidth.proved(0 if self._short.repairs else bits + self._missing, now)
        return True
