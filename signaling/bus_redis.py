"""The bus over Redis pub/sub: two pipelined links, one to publish, one to hear.

Redis pub/sub loses what is published while a subscriber is away and tells nobody, so
this adapter tells: every return of a link, and every overflow, ends in `on_gap`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

import hiredis

from signaling.bus import BusStats, OnEvent, OnGap
from signaling.link_redis import CAP, CONNECT_IN, Address, Link

log = logging.getLogger(__name__)

_MANY = 500
"""Topics per SUBSCRIBE command."""


class RedisBus:
    name = "redis"

    def __init__(self, url: str, prefix: str = "rt:") -> None:
        address = Address(url)
        self._prefix = prefix.encode()
        self._topics: Counter[str] = Counter()
        self._stats = BusStats()
        self._on_event: OnEvent = lambda _topic, _payload: None
        self._on_gap: OnGap = lambda _reason: None
        self._awaited = 0
        self._waiters: list[asyncio.Future[bool]] = []
        self._seen_up = {"pub": False, "sub": False}
        self._returning = self._overflowed = False
        self._pub = Link(address, self._pub_up, self._pub_reply, lambda: None, self._drained)
        self._sub = Link(address, self._sub_up, self._sub_reply, self._sub_down)

    async def start(self, on_event: OnEvent, on_gap: OnGap) -> None:
        self._on_event, self._on_gap = on_event, on_gap
        self._pub.start()
        self._sub.start()
        await asyncio.gather(self._pub.first_try.wait(), self._sub.first_try.wait())

    async def aclose(self) -> None:
        await asyncio.gather(self._pub.aclose(), self._sub.aclose())
        self._release(False)

    def subscribe(self, topic: str) -> None:
        self._topics[topic] += 1
        if self._topics[topic] == 1:
            self._ask("SUBSCRIBE", [topic])

    def unsubscribe(self, topic: str) -> None:
        if topic not in self._topics:
            raise KeyError(topic)
        self._topics[topic] -= 1
        if not self._topics[topic]:
            del self._topics[topic]
            self._sub.send("UNSUBSCRIBE", self._channel(topic))

    async def settled(self) -> bool:
        if not self._sub.up:
            return False
        if not self._awaited:
            return True
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(CONNECT_IN):
                return await waiter
        except TimeoutError:
            return False

    def publish(self, topic: str, payload: bytes) -> bool:
        if self._pub.send("PUBLISH", self._channel(topic), payload):
            self._stats.published += 1
            return True
        self._stats.refused += 1
        # Down: the reconnect will report the gap. Full: report it when there is room again.
        self._overflowed = self._overflowed or self._pub.up
        return False

    def stats(self) -> BusStats:
        self._stats.connected = self._pub.up and self._sub.up
        self._stats.buffered = self._pub.buffered()
        self._stats.lag = max(self._pub.lag, self._sub.lag)
        return self._stats

    async def check(self) -> float:
        """One PING on each link, the slower one in seconds. Raises ConnectionError."""
        try:
            async with asyncio.timeout(2.0):
                return max(await asyncio.gather(self._pub.round_trip(), self._sub.round_trip()))
        except TimeoutError:
            raise ConnectionError("Redis does not answer") from None

    # ---------------------------------------------------------- the publishing link

    def _pub_up(self) -> None:
        self._stats.reconnects += self._seen_up["pub"]
        if self._seen_up["pub"] or self._stats.refused:
            self._gap("publish")
        self._seen_up["pub"] = True

    def _pub_reply(self, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):
            self._fault(reply)
            self._gap("publish")
        elif reply == 0:
            self._stats.zero_receivers += 1

    def _drained(self) -> None:
        if self._overflowed and self._pub.buffered() < CAP // 2:
            self._overflowed = False
            self._gap("overflow")

    # ---------------------------------------------------------- the hearing link

    def _sub_up(self) -> None:
        self._awaited = 0
        self._returning = self._seen_up["sub"] or bool(self._topics)
        self._stats.reconnects += self._seen_up["sub"]
        self._seen_up["sub"] = True
        self._ask("SUBSCRIBE", list(self._topics))
        if not self._awaited:
            self._in_force()

    def _sub_down(self) -> None:
        self._awaited = 0
        self._release(False)

    def _sub_reply(self, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):
            self._fault(reply)
        elif reply[0] == b"message":
            self._stats.received += 1
            self._on_event(reply[1][len(self._prefix) :].decode(), reply[2])
        elif reply[0] == b"subscribe":
            self._awaited -= 1
            if not self._awaited:
                self._in_force()

    def _in_force(self) -> None:
        """Every subscription is acknowledged; what was missed before that can now be read without a new loss."""
        self._release(True)
        if self._returning:
            self._returning = False
            self._gap("reconnect")

    def _ask(self, verb: str, topics: list[str]) -> None:
        for start in range(0, len(topics), _MANY):
            some = [self._channel(topic) for topic in topics[start : start + _MANY]]
            if self._sub.send(verb, *some):
                self._awaited += len(some)

    def _release(self, result: bool) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(result)

    # ---------------------------------------------------------- both

    def _gap(self, reason: str) -> None:
        self._stats.gaps += 1
        asyncio.get_running_loop().call_soon(self._on_gap, reason)

    def _fault(self, error: Exception) -> None:
        self._stats.errors += 1
        log.warning("bus.redis_error kind=%s", str(error).split(" ", 1)[0])

    def _channel(self, topic: str) -> bytes:
        return self._prefix + topic.encode()
