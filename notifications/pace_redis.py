"""The token buckets in Redis, so that workers on several machines share one rate. One script, atomic, on Redis' clock.

When Redis is away each process goes on by a bucket of its own: a reminder a little too fast is better than none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from notifications.pace import SLOW_FACTOR, SLOW_SECONDS, MemoryPace, capacity

log = structlog.get_logger(__name__)

# KEYS[1] the bucket: tokens, at, slow. ARGV: rate, capacity, wanted (negative: give back), slow factor.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'slow')
local rate, room, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local at = tonumber(held[2]) or now
local slow = math.max(0, math.min(now, tonumber(held[3]) or 0) - at)
local gained = (now - at - slow) * rate + slow * rate * tonumber(ARGV[4])
local tokens = math.min((tonumber(held[1]) or room) + gained, room)
local granted = math.min(wanted, math.floor(tokens))
tokens = math.min(tokens - granted, room)
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('EXPIRE', KEYS[1], 3600)
return granted
"""
_SLOW = """
local clock = redis.call('TIME')
redis.call('HSET', KEYS[1], 'slow', clock[1] + clock[2] / 1000000 + tonumber(ARGV[1]))
"""


class RedisPace:
    """`take` asks Redis; while it does not answer, a bucket in memory stands in."""

    def __init__(self, url: str, rates: Mapping[str, float]) -> None:
        self._rates = {sender: rate for sender, rate in rates.items() if rate > 0}
        self._redis: Any = Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0)
        self._alone = MemoryPace(self._rates)
        self._take, self._slow = self._redis.register_script(_TAKE), self._redis.register_script(_SLOW)

    async def take(self, sender: str, most: int) -> int:
        if sender not in self._rates:
            return most
        try:
            return int(await self._ask(sender, most))
        except (RedisError, OSError) as error:
            log.warning("pace.alone", error=type(error).__name__)
            return await self._alone.take(sender, most)

    async def give_back(self, sender: str, unused: int) -> None:
        if sender not in self._rates or unused <= 0:
            return
        try:
            await self._ask(sender, -unused)
        except (RedisError, OSError):
            await self._alone.give_back(sender, unused)

    async def slow_down(self, sender: str) -> None:
        await self._alone.slow_down(sender)
        try:
            await self._slow(keys=[_key(sender)], args=[SLOW_SECONDS])
        except (RedisError, OSError) as error:
            log.warning("pace.alone", error=type(error).__name__)

    async def aclose(self) -> None:
        await self._redis.aclose()

    async def _ask(self, sender: str, wanted: int) -> Any:
        rate = self._rates[sender]
        return await self._take(keys=[_key(sender)], args=[rate, capacity(rate), wanted, SLOW_FACTOR])


def _key(sender: str) -> str:
    return f"careroom:pace:{sender}"
