"""One connection as a machine without I/O: text goes in, actions come out.

    AWAIT_HELLO --hello--> ADMITTING --opened()--> OPEN
         \\___________________ \\_____________________\\__ closed() / fault --> CLOSED

Everything about order, size, rate and time of the client's frames is decided here;
the session carries the actions out. Times are seconds of a monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import msgspec

from signaling.frames import MAX_FRAME, ClientFrame, Err, Hello, Ping, read_client


class State(StrEnum):
    AWAIT_HELLO = "await-hello"
    ADMITTING = "admitting"
    OPEN = "open"
    CLOSED = "closed"


class Code:
    """WebSocket close codes in use (RFC 6455 section 7.4.1; 4000-4999 are ours)."""

    GONE = 1001
    MALFORMED = 1007
    POLICY = 1008
    TOO_BIG = 1009
    RESTART = 1012
    LATER = 1013
    FENCED = 4001
    HELLO_TIMEOUT = 4002
    REFUSED = 4003


@dataclass(frozen=True, slots=True)
class Deliver:
    """A well-formed frame in its right place: act on it."""

    frame: ClientFrame


@dataclass(frozen=True, slots=True)
class Reply:
    """Tell the client; the connection goes on."""

    frame: Err


@dataclass(frozen=True, slots=True)
class Close:
    """Tell the client why, then close with `code`."""

    code: int
    frame: Err


@dataclass(frozen=True, slots=True)
class Abort:
    """The peer is silent: drop without a handshake."""


Action: TypeAlias = Deliver | Reply | Close | Abort


@dataclass(frozen=True, slots=True)
class Timing:
    """Every duration of the live plane, in seconds. `blind` is the sweep while the bus is down; an instance says every
    `beat` that it runs, and one that is not heard for `silent` is taken for dead."""

    hello: float = 10.0
    heartbeat: float = 25.0
    dead: float = 60.0
    sweep: float = 30.0
    blind: float = 2.0
    beat: float = 0.8
    silent: float = 2.0
    stuck: float = 10.0
    gap_jitter: float = 0.5
    retry: float = 0.05


class TokenBucket:
    """`rate` tokens per second, at most `burst` saved up."""

    __slots__ = ("_at", "_level", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._level, self._at = burst, now

    def take(self, now: float) -> bool:
        """One token, or False when there is none."""
        self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True


RATE, BURST, PATIENCE = 50.0, 200.0, 200
"""Frames per second, saved-up burst, and how many frames in a row are dropped before the connection is closed."""


class Connection:
    """The rules for one client's frames."""

    __slots__ = ("_bucket", "_dropped", "_timing", "born", "heard", "state")

    def __init__(self, now: float, timing: Timing) -> None:
        self.state = State.AWAIT_HELLO
        self.born = self.heard = now
        self._timing = timing
        self._bucket = TokenBucket(RATE, BURST, now)
        self._dropped = 0

    def receive(self, text: str | bytes, now: float) -> Action:
        """One text frame has arrived. Raises nothing: faults come out as actions."""
        self.heard = now
        if len(text) > MAX_FRAME or (isinstance(text, str) and len(text.encode()) > MAX_FRAME):
            return self._fault(Code.TOO_BIG, "too-big", f"A frame may hold {MAX_FRAME} bytes.")
        if not self._bucket.take(now):
            return self._too_fast()
        self._dropped = 0
        try:
            frame = read_client(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
            return self.garbled(str(fault))
        if isinstance(frame, Hello):
            if self.state is not State.AWAIT_HELLO:
                return self.garbled("hello is said once.")
            self.state = State.ADMITTING
        elif self.state is not State.OPEN and not isinstance(frame, Ping):
            return Reply(Err("not-ready", "Wait for ready. This frame was dropped."))
        return Deliver(frame)

    def garbled(self, detail: str) -> Close:
        """The client sent what is no frame of ours."""
        return self._fault(Code.MALFORMED, "malformed", detail)

    def opened(self) -> None:
        """The server has let the client in."""
        if self.state is State.ADMITTING:
            self.state = State.OPEN

    def closed(self) -> None:
        self.state = State.CLOSED

    def tick(self, now: float) -> Action | None:
        """Time has passed: a late hello or a dead peer becomes an action."""
        if self.state is State.AWAIT_HELLO and now - self.born >= self._timing.hello:
            detail = f"No hello within {self._timing.hello:g} s."
            return self._fault(Code.HELLO_TIMEOUT, "hello-timeout", detail)
        if self.state is State.OPEN and now - self.heard >= self._timing.dead:
            self.state = State.CLOSED
            return Abort()
        return None

    def _too_fast(self) -> Action:
        self._dropped += 1
        if self._dropped > PATIENCE:
            return self._fault(Code.POLICY, "slow-down", "Too many frames, for too long.")
        return Reply(Err("slow-down", "Too many frames. This one was dropped."))

    def _fault(self, code: int, slug: str, detail: str) -> Close:
        self.state = State.CLOSED
        return Close(code, Err(slug, detail))
