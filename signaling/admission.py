"""From hello to ready: subscribe, wait for the bus, read the heads, then deliver, in this order."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from signaling.connection import Code
from signaling.frames import Bye, Err, Hello, Ready, Reset
from signaling.ports import Grant, Refused

if TYPE_CHECKING:
    from signaling.hub import Hub
    from signaling.session import Session

log = logging.getLogger(__name__)


def retry_in() -> float:
    """Seconds after which a client that was sent away comes back; spread, so that not all come at once."""
    return round(random.uniform(0.2, 5.0), 2)  # noqa: S311 - jitter


class Admission:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def admit(self, session: Session, hello: Hello) -> None:
        """Put the ticket to the gate; end in ready or in a close. Raises nothing but cancellation."""
        if self._hub.draining:
            session.close(Code.RESTART, Bye(retry_in()))
            return
        try:
            grant = await self._hub.gate.admit(hello.ticket)
            if hello.seat is not None and hello.seat != grant.viewer.seat:
                raise Refused("The ticket is for another seat.")
            await self._attach(session, grant, hello)
        except Refused as refusal:
            self._hub.stats.refused += 1
            self._send_away(session, Code.REFUSED, Err("ticket-refused", refusal.detail))
        except asyncio.CancelledError:
            raise
        except Exception as fault:  # noqa: BLE001 - a database or server fault: the client is told to come back
            log.error("live.admit_failed kind=%s", type(fault).__name__)
            self._send_away(session, Code.LATER, Err("unavailable", "The server cannot let anyone in now."))

    async def heads(self, topics: list[str], cur: dict[str, int]) -> dict[str, int]:
        """Heads of held topics: from memory where this instance is sure of them, else from the log."""
        asked = [topic for topic in topics if not self._sure(topic, cur.get(topic, 0))]
        found = await self._hub.source.heads(asked) if asked else {}
        heads: dict[str, int] = {}
        for topic in topics:
            channel = self._hub.channels[topic]
            heads[topic] = max(channel.head or 0, found.get(topic, 0))
            channel.hint(heads[topic])
        return heads

    async def _attach(self, session: Session, grant: Grant, hello: Hello) -> None:
        hub, topics, seat = self._hub, list(dict.fromkeys(grant.topics)), grant.viewer.seat
        for topic in topics:
            hub.hold(topic)
        hub.seats.hold(seat)
        seated = False
        try:
            await hub.bus.settled()
            heads = await self.heads(topics, hello.cur)
            if not session.closed:
                session.viewer = grant.viewer
                seated = hub.seats.take(session)
        finally:
            if not seated:
                hub.seats.release(seat)
                for topic in topics:
                    hub.release(topic)
        if seated:
            self._welcome(session, heads, hello)

    def _welcome(self, session: Session, heads: dict[str, int], hello: Hello) -> None:
        hub, viewer = self._hub, session.viewer
        assert viewer is not None
        hub.stats.admitted += 1
        session.welcomed = True
        session.conn.opened()
        hub.wheel.add(session)
        hub.presence.enter(viewer.subject)
        ticket = hub.gate.ticket(viewer, list(heads))
        session.say(Ready(session.id, heads, ticket, hub.epoch, hub.timing.heartbeat))
        stranger = hello.epoch is not None and hello.epoch != hub.epoch
        for topic, head in heads.items():
            cursor = hello.cur.get(topic, head)
            if cursor > head or cursor < 0 or (stranger and topic in hello.cur):
                hub.stats.resets += 1
                session.say(Reset(topic, head))
                cursor = head
            hub.listen(session, topic, cursor)

    def _send_away(self, session: Session, code: int, why: Err) -> None:
        if not session.closed:
            session.close(code, why)

    def _sure(self, topic: str, cursor: int) -> bool:
        channel = self._hub.channels[topic]
        current = self._hub.bus.stats().connected and not self._hub.healing.dirty
        return current and bool(channel.listeners) and channel.head is not None and cursor <= channel.head
