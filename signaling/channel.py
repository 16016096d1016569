"""One topic on this instance: who listens, how far the log goes, and serving the difference.

A hint only raises `head`. One task per topic (while there is something to do) reads the
log and brings every listener from its own `last` to the head, so hints may be lost,
doubled and reordered. Listeners with the same audience and position share one read and one encoding.

An event that came with its hint (`hear`) is handed at once to whoever stands just before it; everybody else is served
from the log as ever. Its number decides, so that may be lost, doubled and reordered too.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from signaling.frames import Ev, Raw, Reset, Skip, encode
from signaling.ports import Event, Slice, Source
from signaling.session import Session

log = logging.getLogger(__name__)

_SLOWEST = 2.0
_FUTILE = 6
"""Reads without progress before a hint is taken back; the next one or the sweep starts again."""


class Channel:
    __slots__ = ("_retry", "_source", "_spawn", "head", "holders", "listeners", "name", "task")

    def __init__(self, name: str, source: Source, retry: float, spawn: Callable[[Channel], asyncio.Task[None]]) -> None:
        self.name = name
        self.head: int | None = None
        self.holders = 0
        self.listeners: set[Session] = set()
        self.task: asyncio.Task[None] | None = None
        self._source, self._retry, self._spawn = source, retry, spawn

    def hint(self, seq: int) -> None:
        """The log reaches at least `seq`."""
        if self.head is None or seq > self.head:
            self.head = seq
        self.wake()

    def hear(self, event: Event, tenant: str) -> None:
        """The log reaches `event`, and every listener of this tenant may see it."""
        frames: list[tuple[int, bytes]] = []
        for session in list(self.listeners):
            if session.last[self.name] == event.seq - 1 and session.viewer and session.viewer.tenant == tenant:
                frames = frames or [self._frame(event)]
                self._hand_over(session, frames)
        self.hint(event.seq)

    def wake(self) -> None:
        """Serve whoever is behind, unless that is under way."""
        if self.task is None and self._behind():
            self.task = self._spawn(self)

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()

    async def pump(self) -> None:
        """Until nobody who can take more is behind the head."""
        failures = 0
        try:
            while groups := self._behind():
                moved = False
                try:
                    for sessions in groups:
                        moved = await self._serve(sessions) or moved
                except asyncio.CancelledError:
                    raise
                except Exception as fault:  # noqa: BLE001 - whatever ails the log, it means: read again later
                    log.warning("live.range_failed topic_kind=%s kind=%s", self.kind, type(fault).__name__)
                    failures += 1
                    await self._pause(failures)
                    continue
                failures = 0 if moved else failures + 1
                if failures >= _FUTILE:
                    self._take_back()
                elif failures:
                    await self._pause(failures)
        finally:
            self.task = None

    @property
    def kind(self) -> str:
        """The part before the colon; ids stay out of the logs."""
        return self.name.partition(":")[0]

    def _behind(self) -> list[list[Session]]:
        """Listeners to serve, grouped by what one read can answer; the most advanced first."""
        head, groups = self.head or 0, dict[tuple[int, str], list[Session]]()
        for session in self.listeners:
            at = session.last[self.name]
            if at >= head or session.viewer is None or session.closed:
                continue
            if session.full:
                session.hold()
            else:
                groups.setdefault((-at, session.viewer.audience), []).append(session)
        return [groups[key] for key in sorted(groups)]

    async def _serve(self, sessions: list[Session]) -> bool:
        """One read for a group that stands at the same number. True when somebody moved."""
        viewer, after = sessions[0].viewer, sessions[0].last[self.name]
        assert viewer is not None
        found = await self._source.range(self.name, after, viewer)
        here = [s for s in sessions if s in self.listeners and not s.closed and s.last[self.name] == after]
        if found is None:
            self._reset(here)
            return True
        frames, through = self._frames(found, after)
        self.head = max(self.head or 0, through)
        for session in here:
            self._hand_over(session, frames)
        return through > after or not here

    def _hand_over(self, session: Session, frames: list[tuple[int, bytes]]) -> None:
        """As much as the transport takes; the rest stays in the log until it has drained."""
        for seq, frame in frames:
            if session.full:
                session.hold()
                return
            if not session.send(frame):
                return
            session.last[self.name] = seq

    def _frames(self, found: Slice, after: int) -> tuple[list[tuple[int, bytes]], int]:
        """The encoded frames of a slice with the number each leads to, holes named by `skip`; and the last number."""
        frames, at = list[tuple[int, bytes]](), after
        for event in found.events:
            if event.seq <= at:
                continue
            if event.seq > at + 1:
                frames.append((event.seq - 1, encode(Skip(self.name, event.seq - 1))))
            frames.append(self._frame(event))
            at = event.seq
        if found.through > at:
            frames.append((found.through, encode(Skip(self.name, found.through))))
            at = found.through
        return frames, at

    def _frame(self, event: Event) -> tuple[int, bytes]:
        return event.seq, encode(Ev(self.name, event.seq, event.type, event.at, Raw(event.d)))

    def _reset(self, sessions: list[Session]) -> None:
        head = self.head or 0
        frame = encode(Reset(self.name, head))
        for session in sessions:
            session.last[self.name] = head
            session.send(frame)

    def _take_back(self) -> None:
        """A hint promised more than the log holds."""
        self.head = max((s.last[self.name] for s in self.listeners), default=0)

    async def _pause(self, failures: int) -> None:
        await asyncio.sleep(random.uniform(0, min(_SLOWEST, self._retry * 2 ** min(failures, 10))))  # noqa: S311 - jitter
