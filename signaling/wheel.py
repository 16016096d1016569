"""One timer for all connections of a process, spread evenly over its period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_FINEST = 0.05
_MOST = 100


class Wheel(Generic[T]):
    """Calls `visit(item)` once per `period` seconds for each item, `step()` once per slot."""

    def __init__(self, period: float, visit: Callable[[T], None], step: Callable[[], None]) -> None:
        self._count = max(1, min(_MOST, int(period / _FINEST)))
        self._pause = period / self._count
        self._slots: list[dict[T, None]] = [{} for _ in range(self._count)]
        self._where: dict[T, int] = {}
        self._visit, self._step = visit, step
        self._hand = 0

    def add(self, item: T) -> None:
        """The first visit comes a whole period from now, in the emptiest of the last slots."""
        behind = [(self._hand - back) % self._count for back in range(1, min(5, self._count + 1))]
        slot = min(behind, key=lambda index: len(self._slots[index]))
        self._slots[slot][item] = None
        self._where[item] = slot

    def remove(self, item: T) -> None:
        slot = self._where.pop(item, None)
        if slot is not None:
            del self._slots[slot][item]

    async def run(self) -> None:
        """Turn for ever."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self._pause, loop.time() - self._pause)
            await asyncio.sleep(max(0.0, due - loop.time()))
            self._hand = (self._hand + 1) % self._count
            for item in list(self._slots[self._hand]):
                self._visit(item)
            self._step()
