"""Two hubs on one bus, a log in memory, and connections without a network."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from signaling.connection import Timing
from signaling.frames import Call, Ev, Frame, Hello, Raw, Ready, Reset, ServerFrame, Skip, Typing, encode, read_server
from signaling.hub import Hub
from signaling.ports import Event, Grant, Refused, Slice, Viewer
from signaling.session import Session
from signaling.tickets import BadTicket, Claims, mint, read

KEY = b"k" * 32
QUICK = Timing(gap_jitter=0.02, retry=0.01)


async def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for a condition, or fail."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions here have no event
            await asyncio.sleep(0.002)


class Log:
    """The truth: numbered events per topic. Implements `Source`; counts what it is asked."""

    def __init__(self, page: int = 100) -> None:
        self.topics: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        self.oldest: dict[str, int] = {}
        self.page = page
        self.ranges = self.head_queries = 0
        self.broken = False

    def append(self, topic: str, d: Any = None, audience: str = "*") -> int:
        self.topics[topic].append((audience, json.dumps(d).encode()))
        return len(self.topics[topic])

    async def heads(self, topics: Sequence[str]) -> dict[str, int]:
        await asyncio.sleep(0)
        self._fail()
        self.head_queries += 1
        return {topic: len(self.topics[topic]) for topic in topics if topic in self.topics}

    async def range(self, topic: str, after: int, viewer: Viewer) -> Slice | None:
        await asyncio.sleep(0)
        self._fail()
        self.ranges += 1
        if after + 1 < self.oldest.get(topic, 1):
            return None
        rows = list(enumerate(self.topics[topic], 1))[after : after + self.page]
        seen = [(seq, d) for seq, (audience, d) in rows if audience in ("*", viewer.audience)]
        events = tuple(Event(seq, "thing.happened", "2026-03-02T09:30:00Z", d) for seq, d in seen)
        return Slice(events, rows[-1][0] if rows else after)

    def _fail(self) -> None:
        if self.broken:
            raise ConnectionError("the database is away")


class TicketGate:
    """Implements `Gate` with real tickets; what may be said can be closed."""

    def __init__(self) -> None:
        self.allowed = True

    def issue(self, subject: str, topics: Sequence[str], seat: str | None = None, epoch: int = 0) -> str:
        claims = Claims("t1", subject, f"s-{subject}", "patient", tuple(topics), seat, epoch, audience=subject)
        return mint(KEY, claims, time.time())

    async def admit(self, ticket: str) -> Grant:
        try:
            claims = read(KEY, ticket, time.time())
        except BadTicket as fault:
            raise Refused from fault
        name, seat = (claims.tenant, claims.subject, claims.session, claims.role, claims.audience), claims.seat
        return Grant(Viewer(*name, seat, claims.seat_epoch), claims.topics)

    def ticket(self, viewer: Viewer, topics: Sequence[str]) -> str:
        return self.issue(viewer.subject, topics, viewer.seat, viewer.seat_epoch)

    def allow(self, viewer: Viewer, frame: Call | Typing) -> bool:
        return self.allowed and bool(viewer.subject) and bool(frame.ch)


class Wire:
    """Implements `Transport`: keeps frames; `stalled` is a reader that does not read."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.stalled = self.aborted = False
        self.code: int | None = None
        self._waiting = 0

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        if self.stalled:
            self._waiting += len(data)

    def close(self, code: int) -> None:
        self.code = code

    def abort(self) -> None:
        self.aborted = True

    def buffered(self) -> int:
        return self._waiting

    def read_all(self) -> None:
        self.stalled, self._waiting = False, 0


class Page:
    """What a page does with one connection: hello, then apply by the rules of docs/realtime-wire.md."""

    def __init__(self, hub: Hub, hello: Hello) -> None:
        self.wire = Wire()
        self.session: Session = hub.open(self.wire)
        self.cur = dict(hello.cur)
        self.say(hello)

    def say(self, frame: Frame) -> None:
        self.session.feed(encode(frame))

    def call(self, ch: str, d: Any, to: str | None = None) -> None:
        self.say(Call(ch, Raw(json.dumps(d).encode()), to))

    @property
    def frames(self) -> list[ServerFrame]:
        return [read_server(data) for data in self.wire.sent]

    def of(self, kind: type[Frame]) -> list[Any]:
        return [frame for frame in self.frames if isinstance(frame, kind)]

    async def ready(self) -> Page:
        await until(lambda: bool(self.of(Ready)))
        return self

    def last(self, topic: str) -> int:
        """The cursor after all frames; fails when a number is missing, doubled or out of order."""
        at = self.cur.get(topic)
        for frame in self.frames:
            match frame:
                case Ready() if at is None:
                    at = frame.topics[topic]
                case Reset() if frame.ch == topic:
                    at = frame.head
                case Skip() if frame.ch == topic:
                    assert at is not None
                    assert frame.seq > at
                    at = frame.seq
                case Ev() if frame.ch == topic:
                    assert at is not None
                    assert frame.seq == at + 1, f"{frame.seq} came after {at}"
                    at = frame.seq
                case _:
                    continue
        return -1 if at is None else at
