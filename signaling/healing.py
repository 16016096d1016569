"""Making good what the bus lost.

After a gap, and when another instance falls silent, this instance compares the head of
every local topic with the log, repeats its own latest hints for the others, and proclaims
its seats again. Every 30 s (2 s while the bus is down) it compares heads without being asked.
The database is read in batches and with jitter, so that many instances do not come at once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from typing import TYPE_CHECKING

from signaling import rings

if TYPE_CHECKING:
    from signaling.hub import Hub

log = logging.getLogger(__name__)

_BATCH = 500
_KEEP = 60.0
_MOST = 10_000


class Healing:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asked = asyncio.Event()
        self._recent: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._others: dict[str, float] = {}
        self.dirty = False

    def gap(self, reason: str) -> None:
        """The bus may have lost something (its `on_gap`)."""
        log.info("live.gap reason=%s", reason)
        self._hub.stats.gaps += 1
        self.dirty = True
        self._asked.set()

    def announce(self, topic: str, ring: rings.Hint) -> None:
        """Publish a hint, and remember its number for a minute: the bus may learn later that it never carried it."""
        seq = max(ring.seq, self._recent.get(topic, (0, 0.0))[0])
        if not ring.tenant:
            ring = rings.Hint(ring.o, seq)
        accepted = self._hub.bus.publish(topic, rings.encode(ring))
        until = self._hub.now() + _KEEP if accepted else float("inf")
        self._recent[topic] = (seq, until)
        self._recent.move_to_end(topic)
        if len(self._recent) > _MOST:
            self._recent.popitem(last=False)

    async def run(self) -> None:
        """For ever: heal when asked, sweep when not."""
        timing, failures = self._hub.timing, 0
        while True:
            wait = timing.sweep if self._hub.bus.stats().connected else min(timing.blind, timing.sweep)
            try:
                async with asyncio.timeout(wait * random.uniform(0.8, 1.0)):  # noqa: S311 - jitter
                    await self._asked.wait()
                await asyncio.sleep(random.uniform(0, timing.gap_jitter))  # noqa: S311 - jitter
            except TimeoutError:
                self._hub.stats.sweeps += 1
            asked = self._asked.is_set()
            self._asked.clear()
            try:
                await self.reconcile()
            except asyncio.CancelledError:
                raise
            except Exception as fault:  # noqa: BLE001 - whatever ails the database, it means: ask again later
                log.warning("live.heads_failed kind=%s", type(fault).__name__)
                failures = min(failures + 1, 6)
                await asyncio.sleep(random.uniform(0, min(2.0, timing.retry * 2**failures)))  # noqa: S311 - jitter
                self._asked.set()
                continue
            failures = 0
            self.dirty = self._asked.is_set()
            if asked:
                self._repeat()

    def heard(self, instance: str) -> None:
        """Another instance says that it runs."""
        self._others[instance] = self._hub.now()

    async def watch(self) -> None:
        """For ever: say that this instance runs, and heal when another one falls silent. It may have died when it had
        committed and had not yet said so; nobody else would look before the next sweep."""
        ring = rings.encode(rings.Beat(self._hub.instance))
        while True:
            self._hub.bus.publish(rings.ALL, ring)
            await asyncio.sleep(self._hub.timing.beat)
            limit = self._hub.now() - self._hub.timing.silent
            silent = [one for one, at in self._others.items() if at < limit]
            for one in silent:
                del self._others[one]
            if silent:
                self.gap("silent")

    async def reconcile(self) -> None:
        """Compare the heads of all local topics with the log, `_BATCH` topics per query."""
        names = list(self._hub.channels)
        for start in range(0, len(names), _BATCH):
            some = names[start : start + _BATCH]
            heads = await self._hub.source.heads(some)
            for name in some:
                channel = self._hub.channels.get(name)
                if channel is not None:
                    channel.hint(heads.get(name, 0))

    def _repeat(self) -> None:
        now, again = self._hub.now(), list(self._recent.items())
        self._recent.clear()
        for topic, (seq, until) in again:
            if until > now:
                self.announce(topic, rings.Hint(self._hub.instance, seq))
        self._hub.seats.proclaim_all()
