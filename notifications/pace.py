"""How fast each sender may send: a token bucket that all workers share, in this process or in Redis.

pace = open_pace("memory:", {"sms": 10.0, "email": 20.0})
granted = await pace.take("sms", 50)   # as many as may leave now, at most 50
await pace.give_back("sms", granted - used)
await pace.slow_down("sms")            # the provider asked for it: half the rate for a minute
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

BURST_SECONDS = 5.0  # a bucket holds what five seconds bring, and at least one
SLOW_SECONDS = 60.0
SLOW_FACTOR = 0.5


class Pace(Protocol):
    """A bucket for each sender. A sender without a rate is not held back."""

    async def take(self, sender: str, most: int) -> int:
        """Take up to `most` tokens; how many were there (0: wait)."""
        ...

    async def give_back(self, sender: str, unused: int) -> None:
        """Return tokens that sent nothing."""
        ...

    async def slow_down(self, sender: str) -> None:
        """Half the rate for a minute."""
        ...

    async def aclose(self) -> None: ...


def capacity(rate: float) -> float:
    return max(1.0, rate * BURST_SECONDS)


class MemoryPace:
    """For the workers of one process."""

    def __init__(self, rates: Mapping[str, float], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rates = {sender: rate for sender, rate in rates.items() if rate > 0}
        self._monotonic = monotonic
        now = monotonic()
        self._tokens = {sender: capacity(rate) for sender, rate in self._rates.items()}
        self._at = dict.fromkeys(self._rates, now)
        self._slow_until = dict.fromkeys(self._rates, 0.0)

    async def take(self, sender: str, most: int) -> int:
        if sender not in self._rates:
            return most
        self._fill(sender)
        granted = min(most, int(self._tokens[sender]))
        self._tokens[sender] -= granted
        return granted

    async def give_back(self, sender: str, unused: int) -> None:
        if sender in self._rates and unused > 0:
            self._tokens[sender] = min(self._tokens[sender] + unused, capacity(self._rates[sender]))

    async def slow_down(self, sender: str) -> None:
        if sender in self._rates:
            self._fill(sender)
            self._slow_until[sender] = self._monotonic() + SLOW_SECONDS

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _fill(self, sender: str) -> None:
        now, rate = self._monotonic(), self._rates[sender]
        slow = max(0.0, min(now, self._slow_until[sender]) - self._at[sender])
        gained = (now - self._at[sender] - slow) * rate + slow * rate * SLOW_FACTOR
        self._tokens[sender] = min(self._tokens[sender] + gained, capacity(rate))
        self._at[sender] = now


def open_pace(url: str, rates: Mapping[str, float]) -> Pace:
    """`memory:`, or the Redis that carries the bus. Raises ValueError in plain words."""
    scheme = url.partition(":")[0]
    if scheme == "memory":
        return MemoryPace(rates)
    if scheme in {"redis", "rediss"}:
        from notifications.pace_redis import RedisPace

        return RedisPace(url, rates)
    raise ValueError(f"The pace of sending is kept in memory: or redis:, not in {scheme or 'no scheme'}:.")
