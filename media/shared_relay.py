"""The relays of several instances as one: a visit is at one of them, and whoever is asked passes the question on.

Questions and answers go over the clinic's own bus, which is sealed. An instance that does not answer loses the visit
to the one that
asked; the people in it connect again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import msgspec
import structlog

from media.engine import Away, Offer, OnEvent, Refused
from media.engine_relay import Relay
from media.leases import LIFE, VisitLeases
from media.policy import Kind

log = structlog.get_logger(__name__)

ANSWER_IN = 2.0
_ANSWER, _TOPIC = "answer", "relay:"


class Wire(Protocol):
    """The part of the bus that is used: see `signaling.bus.Bus`."""

    async def start(self, on_event: Callable[[str, bytes], None], on_gap: Callable[[str], None]) -> None: ...

    def subscribe(self, topic: str) -> None: ...

    def publish(self, topic: str, payload: bytes) -> bool: ...

    async def aclose(self) -> None: ...


class SharedRelay:
    """Implements `media.engine.MediaEngine` over this instance's `Relay` and those of the others."""

    def __init__(self, local: Relay, leases: VisitLeases, wire: Wire) -> None:
        self.local = local
        self.name = local.name
        self.capabilities = local.capabilities
        self.id = secrets.token_hex(8)
        self._leases = leases
        self._wire = wire
        self._mine: set[str] = set()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._on_event: OnEvent = lambda _visit, _pid, _what: None

    async def start(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        await self.local.start(on_event)
        await self._wire.start(self._heard, lambda _reason: None)
        self._wire.subscribe(_TOPIC + self.id)
        self._spawn(self._renew())

    async def check(self) -> None:
        await self.local.check()

    async def negotiate(self, visit: str, participant: str, offer: Offer) -> str:
        words = {
            "session": offer.session,
            "sdp": offer.sdp,
            "wants": {mid: list(one) for mid, one in offer.wants.items()},
        }
        answer = await self._ask(visit, "negotiate", participant, words)
        return str(answer["sdp"])

    async def set_publish(self, visit: str, participant: str, kinds: frozenset[Kind]) -> None:
        await self._ask(visit, "publish", participant, {"kinds": sorted(kinds)})

    async def set_rooms(self, visit: str, hears: Mapping[str, frozenset[str]]) -> None:
        await self._ask(visit, "rooms", "", {"hears": {pid: sorted(others) for pid, others in hears.items()}})

    async def set_first(self, visit: str, participants: Sequence[str]) -> None:
        await self._ask(visit, "first", "", {"pids": list(participants)})

    async def evict(self, visit: str, participant: str) -> None:
        await self._ask(visit, "evict", participant, {})

    async def close_visit(self, visit: str) -> None:
        await self._ask(visit, "close", "", {})

    async def _ask(self, visit: str, op: str, participant: str, words: dict[str, Any]) -> dict[str, Any]:
        """Where the visit is. Raises Refused or Away."""
        if self._leaving:
            raise Away("This relay is being stopped. Please try again in a moment.")
        try:
            holder = await self._leases.take(visit, self.id)
            if holder != self.id:
                with suppress(TimeoutError):
                    return await self._remote(holder, visit, op, participant, words)
                log.warning("relay.instance_silent", holder=holder)
                holder = await self._leases.take_over(visit, holder, self.id)
                if holder == self.id:
                    self._on_event(visit, "", "relay-lost")  # whoever is there connects again, to here
        except ConnectionError as error:
            raise Away("The relay cannot be reached. Please try again in a moment.") from error
        return await self._do(visit, op, participant, words)

    async def _do(self, visit: str, op: str, participant: str, words: dict[str, Any]) -> dict[str, Any]:
        """Here, on one of our own workers."""
        self._mine.add(visit)
        if op == "negotiate":
            wants = {mid: (one[0], one[1]) for mid, one in words["wants"].items()}
            offer = Offer(words["session"], words["sdp"], wants)
            return {"sdp": await self.local.negotiate(visit, participant, offer)}
        if op == "publish":
            await self.local.set_publish(visit, participant, frozenset(words["kinds"]))
        elif op == "rooms":
            await self.local.set_rooms(visit, {pid: frozenset(one) for pid, one in words["hears"].items()})
        elif op == "first":
            await self.local.set_first(visit, words["pids"])
        elif op == "evict":
            await self.local.evict(visit, participant)
        elif op == "close":
            await self.local.close_visit(visit)
            self._mine.discard(visit)
            await self._leases.release(visit, self.id)
        return {}

    async def _remote(self, holder: str, visit: str, op: str, pid: str, words: dict[str, Any]) -> dict[str, Any]:
        number = secrets.token_hex(8)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        question = {"from": self.id, "id": number, "visit": visit, "op": op, "pid": pid, "words": words}
        self._wire.publish(_TOPIC + holder, msgspec.json.encode(question))
        try:
            answer = await asyncio.wait_for(future, ANSWER_IN)
        finally:
            self._waiting.pop(number, None)
        if "refused" in answer:
            raise Refused(answer["refused"])
        if "away" in answer:
            raise Away(answer["away"])
        return answer

    def _heard(self, _topic: str, payload: bytes) -> None:
        words = msgspec.json.decode(payload, type=dict[str, Any])
        if words["op"] != _ANSWER:
            self._spawn(self._reply(words))
        elif (future := self._waiting.get(words["id"])) is not None and not future.done():
            future.set_result(words["words"])

    async def _reply(self, asked: dict[str, Any]) -> None:
        try:
            answer = await self._do(asked["visit"], asked["op"], asked["pid"], asked["words"])
        except Refused as fault:
            answer = {"refused": str(fault)}
        except ConnectionError as fault:
            answer = {"away": str(fault)}
        words = {"id": asked["id"], "op": _ANSWER, "words": answer}
        self._wire.publish(_TOPIC + asked["from"], msgspec.json.encode(words))

    async def _renew(self) -> None:
        """Keep what is ours. What another has taken over is closed here: its people are told by the one who took it."""
        while True:
            await asyncio.sleep(LIFE / 3)
            for visit in list(self._mine):
                try:
                    if not await self._leases.renew(visit, self.id):
                        self._mine.discard(visit)
                        await self.local.close_visit(visit)
                except ConnectionError as error:
                    log.warning("relay.lease_not_renewed", exc_info=error)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def hand_over(self) -> None:
        self._leaving = True
        for visit in list(self._mine):
            with suppress(ConnectionError):  # then the lease ends by itself
                await self._leases.release(visit, self.id)
            self._mine.discard(visit)
            self._on_event(visit, "", "relay-lost")
            with suppress(Away):
                await self.local.close_visit(visit)

    async def aclose(self) -> None:
        await self.hand_over()
        for task in self._tasks:
            task.cancel()
        await self.local.aclose()
        await self._wire.aclose()
        await self._leases.aclose()
