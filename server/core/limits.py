"""Rate limits: a token bucket for each key, in this process's memory.

Kept as one number per key (the "theoretical arrival time" of GCRA, ITU-T I.371): when the bucket will be full again.
Keys are hashed with a secret of this process, so neither addresses nor account names stay in memory.
"""

from __future__ import annotations

import heapq
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b

from server.core.errors import TooMany

MAX_KEYS = 20_000


class Limiter:
    """`burst` tries at once, then `rate` per second. Memory is bounded by `max_keys`.

    When it is full, buckets that have refilled go first, then the fullest: whoever is being held back stays held back.
    """

    def __init__(
        self, rate: float, burst: int, *, max_keys: int = MAX_KEYS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if rate <= 0 or burst < 1 or max_keys < 1:
            raise ValueError("rate must be above 0, burst and max_keys at least 1")
        self._every = 1 / rate
        self._room = burst / rate
        self._max_keys = max_keys
        self._monotonic = monotonic
        self._secret = secrets.token_bytes(16)
        self._full_at: dict[bytes, float] = {}

    def check(self, key: str) -> None:
        """Take one try. Raises TooMany with `retry_after` in whole seconds; a refused try costs nothing."""
        now = self._monotonic()
        name = self._name(key)
        full_at = max(self._full_at.get(name, now), now) + self._every
        wait = full_at - now - self._room
        if wait > 1e-9:
            seconds = math.ceil(wait)
            unit = "second" if seconds == 1 else "seconds"
            raise TooMany(f"Please wait {seconds} {unit}, then try again.", retry_after=seconds)
        if name not in self._full_at and len(self._full_at) >= self._max_keys:
            self._make_room(now)
        self._full_at[name] = full_at

    def forget(self, key: str) -> None:
        """Give a key its full bucket back, for instance after a sign-in that succeeded."""
        self._full_at.pop(self._name(key), None)

    def __len__(self) -> int:
        return len(self._full_at)

    def _name(self, key: str) -> bytes:
        return blake2b(key.encode(), digest_size=16, key=self._secret).digest()

    def _make_room(self, now: float) -> None:
        """Drop refilled buckets, and at least a tenth of all, so the cost is spread over many calls."""
        self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        target = self._max_keys - max(1, self._max_keys // 10)
        excess = len(self._full_at) - target
        if excess > 0:
            for name, _ in heapq.nsmallest(excess, self._full_at.items(), key=lambda item: item[1]):
                del self._full_at[name]


def _per(tries: int, seconds: float, burst: int) -> Callable[[], Limiter]:
    return lambda: Limiter(tries / seconds, burst)


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limiter of a House, with the numbers that SECURITY.md states."""

    signin_account: Limiter = field(default_factory=_per(1, 60, 10))
    """Sign-in tries for one account from one address: 10, then one a minute."""
    signin_anywhere: Limiter = field(default_factory=_per(1, 6, 100))
    """Sign-in tries for one account from everywhere: 100, then ten a minute; a stranger alone locks nobody out."""
    signin_address: Limiter = field(default_factory=_per(1, 6, 60))
    """Sign-in tries from one address: 60, then ten a minute; a clinic shares one address."""
    link: Limiter = field(default_factory=_per(1, 10, 20))
    """Exchanges of one visit link: 20, then six a minute."""
    link_address: Limiter = field(default_factory=_per(1, 2, 120))
    """Link exchanges from one address: 120, then thirty a minute; carriers put many phones behind one address."""
    ring: Limiter = field(default_factory=_per(1, 60, 10))
    """Wishes of a patient that the phones of one visit ring: 10, then one a minute."""
    relay_seat: Limiter = field(default_factory=_per(1, 1, 60))
    """Offers of one seat to the relay: 60, then one a second; joining, people coming and going need fewer."""
