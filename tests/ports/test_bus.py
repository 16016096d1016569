"""One suite for every bus: in memory, and on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing

import pytest

from signaling.bus import Bus, open_bus
from signaling.bus_memory import Exchange, MemoryBus
from signaling.bus_redis import RedisBus
from tests.parts.redis import Redis


class Ear:
    """Records what a bus delivers and can be waited on."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.gaps: list[str] = []
        self._changed = asyncio.Event()

    def on_event(self, topic: str, payload: bytes) -> None:
        self.heard.append((topic, payload))
        self._changed.set()

    def on_gap(self, reason: str) -> None:
        self.gaps.append(reason)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


Member = tuple[Bus, Ear]
Make = Callable[[], Bus]


class Net:
    """Instances on one bus, and the power to cut and mend what connects them."""

    def __init__(self, make: Make, redis: Redis | None, exchange: Exchange | None) -> None:
        self._make, self._redis, self._exchange = make, redis, exchange
        self.stack = AsyncExitStack()

    async def member(self) -> Member:
        bus, ear = self._make(), Ear()
        await self.stack.enter_async_context(aclosing(bus))
        await bus.start(ear.on_event, ear.on_gap)
        return bus, ear

    async def cut(self) -> None:
        if self._redis is not None:
            await asyncio.to_thread(self._redis.kill)
        if self._exchange is not None:
            self._exchange.cut()

    async def mend(self) -> None:
        if self._redis is not None:
            await asyncio.to_thread(self._redis.start)
        if self._exchange is not None:
            self._exchange.mend()


@pytest.fixture(params=["memory", "redis"])
async def net(request: pytest.FixtureRequest) -> AsyncIterator[Net]:
    if request.param == "memory":
        exchange = Exchange()
        made = Net(lambda: MemoryBus(exchange), None, exchange)
    else:
        redis: Redis = request.getfixturevalue("redis")
        made = Net(lambda: RedisBus(redis.url), redis, None)
    async with made.stack:
        yield made


async def down(bus: Bus) -> None:
    """Until the bus itself has noticed that it is cut."""
    async with asyncio.timeout(10):
        while bus.stats().connected:  # noqa: ASYNC110 - the bus has no event for this
            await asyncio.sleep(0.01)


async def test_every_instance_hears_in_order_the_sender_too(net: Net) -> None:
    (one, ear_one), (two, ear_two) = await net.member(), await net.member()
    for bus in (one, two):
        bus.subscribe("visit:1")
        assert await bus.settled()
    sent = [("visit:1", b"%d" % n) for n in range(500)]
    for topic, payload in sent:
        assert one.publish(topic, payload)
    await ear_one.until(lambda: len(ear_one.heard) == 500)
    await ear_two.until(lambda: len(ear_two.heard) == 500)
    assert ear_one.heard == sent
    assert ear_two.heard == sent
    assert ear_two.gaps == []


async def test_a_publish_never_calls_back_inside_itself(net: Net) -> None:
    bus, ear = await net.member()
    bus.subscribe("a")
    await bus.settled()
    bus.publish("a", b"x")
    assert ear.heard == []
    await ear.until(lambda: ear.heard == [("a", b"x")])


async def test_payloads_are_any_bytes(net: Net) -> None:
    bus, ear = await net.member()
    bus.subscribe("größe:1")
    await bus.settled()
    payload = bytes(range(256)) * 300 + b"\r\n$5\r\n"
    bus.publish("größe:1", payload)
    await ear.until(lambda: bool(ear.heard))
    assert ear.heard == [("größe:1", payload)]


async def test_subscriptions_are_counted(net: Net) -> None:
    (bus, ear), (other, _) = await net.member(), await net.member()
    bus.subscribe("a")
    bus.subscribe("a")
    bus.subscribe("end")
    bus.unsubscribe("a")
    await bus.settled()
    other.publish("a", b"1")
    await ear.until(lambda: ("a", b"1") in ear.heard)
    bus.unsubscribe("a")
    bus.subscribe("fence")
    await bus.settled()
    other.publish("a", b"2")
    other.publish("end", b"3")
    await ear.until(lambda: ("end", b"3") in ear.heard)
    assert ("a", b"2") not in ear.heard
    with pytest.raises(KeyError):
        bus.unsubscribe("a")


async def test_many_topics_at_once(net: Net) -> None:
    (bus, ear), (other, _) = await net.member(), await net.member()
    for n in range(1500):
        bus.subscribe(f"visit:{n}")
    assert await bus.settled()
    for n in range(1500):
        other.publish(f"visit:{n}", b"")
    await ear.until(lambda: len(ear.heard) == 1500)
    assert [topic for topic, _ in ear.heard] == [f"visit:{n}" for n in range(1500)]


async def test_nobody_listening_is_counted(net: Net) -> None:
    bus, ear = await net.member()
    bus.subscribe("a")
    await bus.settled()
    bus.publish("b", b"")
    bus.publish("a", b"")
    await ear.until(lambda: bool(ear.heard))
    async with asyncio.timeout(5):
        while bus.stats().zero_receivers != 1:  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(0.01)
    assert bus.stats().published == 2


async def test_a_cut_is_refused_told_and_healed(net: Net) -> None:
    (one, ear_one), (two, ear_two) = await net.member(), await net.member()
    two.subscribe("a")
    await two.settled()
    assert await one.check() >= 0
    await net.cut()
    await asyncio.gather(down(one), down(two))
    assert not one.publish("a", b"lost")
    assert not await two.settled()
    with pytest.raises(ConnectionError):
        await one.check()
    two.subscribe("asked while down")
    assert ear_two.gaps == []
    await net.mend()
    await ear_two.until(lambda: "reconnect" in ear_two.gaps)
    await ear_one.until(lambda: bool(ear_one.gaps))
    async with asyncio.timeout(10):
        while not (one.stats().connected and two.stats().connected):  # noqa: ASYNC110 - no event for this
            await asyncio.sleep(0.01)
    assert one.publish("a", b"1")
    assert one.publish("asked while down", b"2")
    await ear_two.until(lambda: len(ear_two.heard) == 2)
    assert ear_two.heard == [("a", b"1"), ("asked while down", b"2")]
    assert two.stats().gaps >= 1
    assert two.stats().reconnects >= 1


@pytest.mark.parametrize("url", ["nats://x", "", "amqp://x"])
def test_another_scheme_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no bus"):
        open_bus(url)


async def test_open_bus_chooses_by_url(redis_url: str) -> None:
    for url, name in (("memory:", "memory"), (redis_url, "redis")):
        async with aclosing(open_bus(url)) as bus:
            await bus.start(lambda _t, _p: None, lambda _r: None)
            assert bus.name == name
            assert bus.stats().connected


async def test_redis_with_password_and_database(redis: Redis) -> None:
    redis.command("ACL", "SETUSER", "live", "on", ">s3cret/", "allchannels", "+@all")
    url = f"redis://live:s3cret%2F@127.0.0.1:{redis.port}/3"
    async with aclosing(RedisBus(url)) as bus:
        ear = Ear()
        await bus.start(ear.on_event, ear.on_gap)
        bus.subscribe("a")
        assert await bus.settled()
        bus.publish("a", b"x")
        await ear.until(lambda: ear.heard == [("a", b"x")])
    async with aclosing(RedisBus(url.replace("s3cret", "wrong"))) as bus:
        await bus.start(ear.on_event, ear.on_gap)
        assert not bus.stats().connected
        assert not bus.publish("a", b"y")


async def test_a_start_without_redis_returns_and_catches_up(redis: Redis) -> None:
    await asyncio.to_thread(redis.kill)
    async with aclosing(RedisBus(redis.url)) as bus:
        ear = Ear()
        await bus.start(ear.on_event, ear.on_gap)
        bus.subscribe("a")
        assert not await bus.settled()
        assert not bus.publish("a", b"lost")
        await asyncio.to_thread(redis.start)
        await ear.until(lambda: {"reconnect", "publish"} <= set(ear.gaps))
        assert bus.publish("a", b"x")
        await ear.until(lambda: ear.heard == [("a", b"x")])


async def test_too_much_at_once_is_refused_then_reported(redis_url: str) -> None:
    async with aclosing(RedisBus(redis_url)) as bus:
        ear = Ear()
        await bus.start(ear.on_event, ear.on_gap)
        accepted = [bus.publish("a", bytes(1024 * 1024)) for _ in range(12)]
        assert accepted[0]
        assert not accepted[-1]
        await ear.until(lambda: ear.gaps == ["overflow"])
        assert bus.publish("a", b"x")
