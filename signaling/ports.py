"""What the live plane asks of others: a byte pipe below, the server's decisions above.

Transport   how bytes leave (an ASGI socket, a raw protocol, a test's list)
Gate        who may come in, hear and say what (the server's permissions)
Source      the event log (the server's database)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from signaling.frames import Call, Typing


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is behind a connection, as the server knows them.

    `audience` is the reading right as a key: two viewers with the same audience on a
    topic are shown exactly the same events, so one read of the log serves both. When in
    doubt make it the subject. `seat` is a place in a visit, held by one connection at a
    time; staff pages that may be open twice have none. `seat_epoch` counts the page loads
    that took the seat: the greatest stays, and a page keeps its own through reconnects.
    """

    tenant: str
    subject: str
    session: str
    role: str
    audience: str
    seat: str | None = None
    seat_epoch: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """The server's yes to a ticket: who it is, and the topics this connection hears."""

    viewer: Viewer
    topics: tuple[str, ...]


class Refused(Exception):
    """The ticket is forged, expired, used up, or its session ended. `detail` reaches the client."""

    def __init__(self, detail: str = "The ticket is not valid (any more).") -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Event:
    """One durable event as a viewer may see it. `at` is RFC 3339 UTC, `d` is JSON bytes."""

    seq: int
    type: str
    at: str
    d: bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a topic's log: the visible events after the asked number, up to and including `through`.

    Numbers between them that are missing are for other audiences. A slice may stop before the head (a page).
    """

    events: tuple[Event, ...] = field(default=())
    through: int = 0


class Source(Protocol):
    async def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """The newest committed sequence per topic, in one query. A topic without events may be left out (0)."""
        ...

    async def range(self, topic: str, after: int, viewer: Viewer) -> Slice | None:
        """What `viewer` may see after `after`, ascending. None: `after` is older than what is kept."""
        ...


class Gate(Protocol):
    async def admit(self, ticket: str) -> Grant:
        """Read a ticket and say who it is. Raises `Refused`."""
        ...

    def ticket(self, viewer: Viewer, topics: Sequence[str]) -> str:
        """Mint the ticket for this viewer's next connection. Must not block."""
        ...

    def allow(self, viewer: Viewer, frame: Call | Typing) -> bool:
        """Whether this frame may pass now (nothing before admission, for example). Must not block."""
        ...


class Transport(Protocol):
    """One accepted WebSocket, without its handshake. Every method returns at once."""

    def send(self, data: bytes) -> None:
        """Queue one text frame."""
        ...

    def close(self, code: int) -> None:
        """Begin the closing handshake behind what is queued (RFC 6455 section 7.4)."""
        ...

    def abort(self) -> None:
        """Drop the connection and everything queued, now."""
        ...

    def buffered(self) -> int:
        """Bytes queued and not yet taken by the network."""
        ...
