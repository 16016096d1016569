"""One connection on this instance: its transport, its rules, and how far it has been served per topic."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from signaling.connection import Abort, Action, Close, Connection, Deliver, Reply, State
from signaling.frames import Frame, encode
from signaling.ports import Transport, Viewer

if TYPE_CHECKING:
    from signaling.hub import Hub

SOFT, HARD = 64 * 1024, 256 * 1024
"""Bytes unsent: above SOFT ephemeral frames are dropped and durable ones wait, above HARD the connection is cut."""

Rank = tuple[int, float, str]
"""(seat epoch, Unix time of opening, connection id): of two connections on a seat the greater stays."""


class Session:
    """Fed by the door with what arrives; everything it calls returns at once."""

    __slots__ = (
        "conn",
        "dropped",
        "fenced",
        "hub",
        "id",
        "last",
        "opened",
        "slow_since",
        "transport",
        "viewer",
        "welcomed",
    )

    def __init__(self, hub: Hub, transport: Transport, now: float) -> None:
        self.hub = hub
        self.transport = transport
        self.id = f"c-{secrets.token_hex(6)}"
        self.conn = Connection(now, hub.timing)
        self.viewer: Viewer | None = None
        self.last: dict[str, int] = {}
        self.opened = time.time()
        self.slow_since: float | None = None
        self.dropped = 0
        self.fenced = False
        self.welcomed = False

    # ---------------------------------------------------------- called by the door

    def feed(self, text: str | bytes) -> None:
        """A text frame (UTF-8) has arrived."""
        if not self.closed:
            self._act(self.conn.receive(text, self.hub.now()))

    def garbled(self, detail: str) -> None:
        """Something that is no text frame has arrived."""
        if not self.closed:
            self._act(self.conn.garbled(detail))

    def drained(self) -> None:
        """The transport has room again: go on with what waits in the log."""
        self.slow_since = None
        if not self.closed:
            self.hub.wake(self)

    def lost(self) -> None:
        """The transport has ended, whoever ended it. May be called more than once."""
        self.conn.closed()
        self.hub.detach(self)

    # ---------------------------------------------------------- called by the hub

    @property
    def open(self) -> bool:
        return self.conn.state is State.OPEN

    @property
    def closed(self) -> bool:
        return self.conn.state is State.CLOSED

    @property
    def rank(self) -> Rank:
        return (self.viewer.seat_epoch if self.viewer else 0, self.opened, self.id)

    @property
    def full(self) -> bool:
        """Whether durable events should wait."""
        return self.transport.buffered() > SOFT

    def send(self, data: bytes, ephemeral: bool = False) -> bool:
        """One encoded frame. False when it was dropped or the connection had to be cut."""
        if self.closed:
            return False
        waiting = self.transport.buffered()
        if waiting > HARD:
            self.abort()
            return False
        if waiting > SOFT:
            self.hold()
            if ephemeral:
                self.dropped += 1
                self.hub.stats.dropped += 1
                return False
        self.transport.send(data)
        return True

    def hold(self) -> None:
        """The transport is full: from now on it must make progress."""
        if self.slow_since is None:
            self.slow_since = self.hub.now()
            self.hub.slow.add(self)

    def say(self, frame: Frame) -> bool:
        return self.send(encode(frame))

    def close(self, code: int, frame: Frame) -> None:
        """Say why, begin the closing handshake, and stop taking part."""
        self.conn.closed()
        self.transport.send(encode(frame))
        self.transport.close(code)
        self.hub.detach(self)

    def abort(self) -> None:
        """Cut without a handshake: a slow reader would never complete one."""
        self.conn.closed()
        self.hub.stats.aborted += 1
        self.transport.abort()
        self.hub.detach(self)

    def tick(self) -> None:
        """Judge time passed: late hello, silence, no progress."""
        now = self.hub.now()
        if self.slow_since is not None:
            if not self.full:
                self.drained()
            elif now - self.slow_since >= self.hub.timing.stuck:
                self.abort()
                return
        action = self.conn.tick(now)
        if action is not None:
            self._act(action)

    def _act(self, action: Action) -> None:
        match action:
            case Deliver(frame):
                self.hub.handle(self, frame)
            case Reply(frame):
                self.say(frame)
            case Close(code, frame):
                self.close(code, frame)
            case Abort():
                self.abort()
