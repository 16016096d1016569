"""Leases in Redis: SET NX, and compare-and-set in one step where a lease changes hands."""

from __future__ import annotations

from typing import Any

from redis import asyncio as redis
from redis.exceptions import RedisError

from media.leases import LIFE

_PREFIX = "relay:visit:"
_MS = int(LIFE * 1000)
_MOVE = """
local held = redis.call('GET', KEYS[1])
if held == false or held == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return ARGV[2]
end
return held
"""
_DROP = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisLeases:
    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, decode_responses=True, socket_timeout=2, socket_connect_timeout=2)

    async def take(self, visit: str, me: str) -> str:
        return await self._move(visit, "", me)

    async def renew(self, visit: str, me: str) -> bool:
        return await self._move(visit, me, me) == me

    async def take_over(self, visit: str, former: str, me: str) -> str:
        return await self._move(visit, former, me)

    async def _move(self, visit: str, former: str, me: str) -> str:
        return str(await self._run(_MOVE, visit, former, me, str(_MS)))

    async def release(self, visit: str, me: str) -> None:
        await self._run(_DROP, visit, me)

    async def _run(self, script: str, visit: str, *words: str) -> Any:
        try:
            return await self._redis.eval(script, 1, _PREFIX + visit, *words)
        except (RedisError, OSError) as error:
            raise ConnectionError("Redis does not say which relay has this visit") from error

    async def aclose(self) -> None:
        await self._redis.aclose()
