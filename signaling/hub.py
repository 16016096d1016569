"""The hub of one instance: every local connection, what it hears, and the bus to the other instances.

A connection comes in by `open`; its hello is put to the `Gate`; then, in this order:
subscribe to its topics, wait until the bus confirms, read the heads, say ready, deliver. So
nothing falls between "joined" and "subscribed". What happens later comes by `announce`.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from signaling import rings
from signaling.admission import Admission, retry_in
from signaling.bus import Bus
from signaling.channel import Channel
from signaling.connection import Code, Timing
from signaling.frames import (
    NULL,
    Bye,
    Call,
    ClientFrame,
    Eph,
    Err,
    Hb,
    Hello,
    Join,
    Leave,
    Ping,
    Pong,
    Raw,
    Typing,
    encode,
)
from signaling.healing import Healing
from signaling.peers import Peers
from signaling.ports import Event, Gate, Source, Transport, Viewer
from signaling.presence import Presence
from signaling.seats import Seats
from signaling.session import Session
from signaling.wheel import Wheel

log = logging.getLogger(__name__)


CARRIED = 32 * 1024
"""Bytes of an event that travels with its hint; a longer one is read from the log where somebody listens."""


@dataclass(slots=True)
class HubStats:
    """Counters since start, except `sessions` and `topics`, which are now."""

    sessions: int = 0
    topics: int = 0
    admitted: int = 0
    refused: int = 0
    fenced: int = 0
    aborted: int = 0
    dropped: int = 0
    resets: int = 0
    gaps: int = 0
    sweeps: int = 0
    bad_rings: int = 0


class Hub:
    """`epoch` names the event log's life (it changes when a backup is restored). The hub does not own the bus."""

    def __init__(
        self,
        bus: Bus,
        source: Source,
        gate: Gate,
        *,
        epoch: str = "",
        presence: Presence | None = None,
        timing: Timing | None = None,
        instance: str | None = None,
    ) -> None:
        self.bus, self.source, self.gate, self.epoch = bus, source, gate, epoch
        self.presence = presence or Presence()
        self.timing = timing or Timing()
        self.instance = instance or secrets.token_hex(6)
        self.stats = HubStats()
        self.channels: dict[str, Channel] = {}
        self.slow: set[Session] = set()
        self.seats, self.peers, self.healing = Seats(self), Peers(self), Healing(self)
        self.wheel: Wheel[Session] = Wheel(self.timing.heartbeat, self._beat, self._step)
        self._admission = Admission(self)
        self._sessions: dict[Session, None] = {}
        self._new: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.draining = False

    # ---------------------------------------------------------- life

    async def start(self) -> None:
        """Start the bus and the clocks."""
        await self.bus.start(self._on_ring, self.healing.gap)
        self.bus.subscribe(rings.ALL)
        self._spawn(self.wheel.run())
        self._spawn(self.healing.run())
        self._spawn(self.healing.watch())

    async def aclose(self) -> None:
        """Stop at once; see `drain` for the polite way."""
        self.draining = True
        for session in list(self._sessions):
            session.close(Code.RESTART, Bye(retry_in()))
        self.bus.unsubscribe(rings.ALL)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def drain(self, over: float = 20.0) -> None:
        """Send every connection away within `over` seconds, evenly, each with its own time to come back."""
        self.draining = True
        leaving = list(self._sessions)
        for session in leaving:
            if not session.closed:
                session.close(Code.RESTART, Bye(retry_in()))
            await asyncio.sleep(over / len(leaving))

    # ---------------------------------------------------------- the door's side

    def open(self, transport: Transport) -> Session:
        """Take in an accepted WebSocket; feed the session with what arrives on it."""
        session = Session(self, transport, self.now())
        self._sessions[session] = None
        self._new.add(session)
        self.stats.sessions = len(self._sessions)
        return session

    def detach(self, session: Session) -> None:
        """Forget a session and all it held. Called by the session, once or more."""
        if session not in self._sessions:
            return
        del self._sessions[session]
        self.stats.sessions = len(self._sessions)
        self._new.discard(session)
        self.slow.discard(session)
        self.wheel.remove(session)
        self.seats.leave(session)
        topics, session.last = list(session.last), {}
        for topic in topics:
            self.channels[topic].listeners.discard(session)
            if not session.fenced:
                self.peers.left(session, topic)
            self.release(topic)
        if session.welcomed and session.viewer is not None:
            self.seats.release(session.viewer.seat)
            self.presence.leave(session.viewer.subject)

    def handle(self, session: Session, frame: ClientFrame) -> None:
        """A frame the connection's rules let pass."""
        match frame:
            case Hello():
                self._new.discard(session)
                self._spawn(self._admission.admit(session, frame))
            case Call() | Typing():
                self.peers.relay(session, frame)
            case Ping():
                if frame.n is not None:
                    session.say(Pong(frame.n))

    def wake(self, session: Session) -> None:
        """The session can take more."""
        self.slow.discard(session)
        for topic in session.last:
            self.channels[topic].wake()

    # ---------------------------------------------------------- the server's side

    def announce(self, topic: str, seq: int, event: Event | None = None, tenant: str = "") -> None:
        """After COMMIT: the log of `topic` reaches `seq`. Local listeners are served, other instances told.

        `event` is what stands there, when every listener of `tenant` may see it: then nobody has to read it again.
        """
        ring = rings.Hint(self.instance, seq)
        if event is not None and len(event.d) <= CARRIED:
            ring = rings.Hint(self.instance, seq, tenant, event.type, event.at, Raw(event.d))
        self._grown(topic, ring)
        self.healing.announce(topic, ring)

    def whisper(
        self, topic: str, type: str, sender: str, d: Raw = NULL, *, to: str | None = None, skip: str | None = None
    ) -> None:
        """An ephemeral frame to the listeners of `topic` or to seat `to`; not to connection `skip` or seat `sender`."""
        channel = self.channels.get(topic)
        head = (channel.head or 0) if channel else 0
        ring = rings.Whisper(self.instance, type, sender, head, d, to, skip)
        self._hear(topic, ring)
        self.bus.publish(topic, rings.encode(ring))

    def sessions(self) -> Iterable[Session]:
        """The open connections of this instance."""
        return [session for session in self._sessions if session.open]

    def viewers(self) -> list[Viewer]:
        """Who is connected here, for `last_seen`."""
        return [session.viewer for session in self.sessions() if session.viewer is not None]

    async def join(self, subject: str, topic: str) -> None:
        """Let every connection of a subject, on every instance, hear one more topic from its present head."""
        self.bus.publish(rings.ALL, rings.encode(rings.Scope(self.instance, subject, topic, True)))
        await self._join(subject, topic)

    def leave(self, subject: str, topic: str) -> None:
        """Take a topic away from every connection of a subject, on every instance."""
        self.bus.publish(rings.ALL, rings.encode(rings.Scope(self.instance, subject, topic, False)))
        self._leave(subject, topic)

    def expel(self, session: str) -> None:
        """A sign-in has ended: close its connections, on every instance the bus reaches (the `Gate` stops the rest)."""
        self.bus.publish(rings.ALL, rings.encode(rings.Expel(self.instance, session)))
        self._expel(session)

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    # ---------------------------------------------------------- topics

    def hold(self, topic: str) -> None:
        channel = self.channels.get(topic)
        if channel is None:
            channel = self.channels[topic] = Channel(topic, self.source, self.timing.retry, self._pump)
            self.bus.subscribe(topic)
            self.stats.topics = len(self.channels)
        channel.holders += 1

    def release(self, topic: str) -> None:
        channel = self.channels[topic]
        channel.holders -= 1
        if not channel.holders:
            del self.channels[topic]
            channel.cancel()
            self.bus.unsubscribe(topic)
            self.stats.topics = len(self.channels)

    def listen(self, session: Session, topic: str, cursor: int) -> None:
        """Count the session in; the hold taken for it before stays until it is detached."""
        if session.closed:
            self.release(topic)
            return
        channel = self.channels[topic]
        session.last[topic] = cursor
        channel.listeners.add(session)
        channel.wake()
        self.peers.arrived(session, topic)

    def _pump(self, channel: Channel) -> asyncio.Task[None]:
        return self._spawn(channel.pump())

    def _of(self, subject: str) -> list[Session]:
        return [session for session in self.sessions() if session.viewer and session.viewer.subject == subject]

    async def _join(self, subject: str, topic: str) -> None:
        for session in self._of(subject):
            if topic in session.last:
                continue
            self.hold(topic)
            try:
                await self.bus.settled()
                head = (await self._admission.heads([topic], {}))[topic]
            except BaseException:
                self.release(topic)
                raise
            if session.open and topic not in session.last:
                session.say(Join(topic, head))
                self.listen(session, topic, head)
            else:
                self.release(topic)

    def _leave(self, subject: str, topic: str) -> None:
        for session in self._of(subject):
            if topic in session.last:
                self.peers.left(session, topic)
                del session.last[topic]
                self.channels[topic].listeners.discard(session)
                self.release(topic)
                session.say(Leave(topic))

    def _expel(self, ended: str) -> None:
        for session in list(self.sessions()):
            if session.viewer and session.viewer.session == ended:
                session.close(Code.REFUSED, Err("ticket-refused", "The session has ended."))

    # ---------------------------------------------------------- the bus

    def _on_ring(self, topic: str, payload: bytes) -> None:
        try:
            ring = rings.read(payload)
        except (msgspec.DecodeError, RecursionError):
            self.stats.bad_rings += 1
            return
        if ring.o == self.instance:
            return
        channel = self.channels.get(topic)
        match ring:
            case rings.Fence():
                self.seats.fence(topic, (ring.epoch, ring.opened, ring.id))
            case rings.Scope() if ring.hear:
                self._spawn(self._join(ring.subject, ring.topic))
            case rings.Scope():
                self._leave(ring.subject, ring.topic)
            case rings.Expel():
                self._expel(ring.session)
            case rings.Hint():
                self._grown(topic, ring)
            case rings.Beat():
                self.healing.heard(ring.o)
            case rings.Whisper() if channel is not None:
                channel.hint(ring.head)
                self._hear(topic, ring)

    def _grown(self, topic: str, ring: rings.Hint) -> None:
        channel = self.channels.get(topic)
        if channel is None:
            return
        if ring.tenant:
            channel.hear(Event(ring.seq, ring.type, ring.at, bytes(ring.d)), ring.tenant)
        else:
            channel.hint(ring.seq)

    def _hear(self, topic: str, ring: rings.Whisper) -> None:
        channel = self.channels.get(topic)
        if channel is None:
            return
        data = encode(Eph(topic, ring.type, ring.sender, ring.d, max(channel.head or 0, ring.head)))
        for session in list(channel.listeners):
            seat = session.viewer.seat if session.viewer else None
            if session.id == ring.skip or (seat is not None and seat == ring.sender):
                continue
            if ring.to is None or ring.to == seat:
                session.send(data, ephemeral=True)

    # ---------------------------------------------------------- time

    def _beat(self, session: Session) -> None:
        session.tick()
        if session.open and session.viewer is not None:
            heads = dict(session.last)
            session.say(Hb(heads, self.gate.ticket(session.viewer, list(heads))))

    def _step(self) -> None:
        for session in [*self._new, *self.slow]:
            session.tick()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("live.task_failed kind=%s", type(fault).__name__)
