"""One relay worker as a child process, spoken to by lines of JSON over its standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from media.engine import Away, Refused

log = structlog.get_logger(__name__)

MODULE = "media.sfu.worker"
ANSWER_IN = 5.0
START_IN = 20.0
STOP_IN = 3.0
LINE = 1 << 20
_HERE = str(Path(__file__).parents[1])


class WorkerProcess:
    """`on_event(name, words)` hears its events, `on_end(self)` that it is gone, however that came."""

    def __init__(
        self, name: str, config: dict[str, Any], on_event: Callable[[str, dict[str, Any]], None],
        on_end: Callable[[WorkerProcess], None],
    ) -> None:  # fmt: skip
        self.name = name
        self.config = config
        self.port = 0
        self.alive = False
        self.visits: set[str] = set()
        self._on_event = on_event
        self._on_end = on_end
        self._child: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._next = 0

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    async def start(self) -> None:
        """Returns when it listens. Raises OSError when it does not come up."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (_HERE, os.environ.get("PYTHONPATH"))))}
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, json.dumps(self.config),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE, env=environment,
        )  # fmt: skip
        self._reading = asyncio.ensure_future(self._read())
        try:
            self.port = await asyncio.wait_for(asyncio.shield(self._ready), START_IN)
        except (TimeoutError, ConnectionError) as error:
            await self.stop()
            raise OSError(f"the relay worker {self.name} did not come up; its own words are in the log") from error
        self.alive = True

    async def _read(self) -> None:
        assert self._child is not None
        assert self._child.stdout is not None
        while line := await self._child.stdout.readline():
            words = json.loads(line)
            if words.get("event") == "ready":
                self._ready.set_result(words["port"])
            elif "event" in words:
                self._on_event(self.name, words)
            elif (future := self._waiting.pop(words["id"], None)) is not None and not future.done():
                future.set_result(words)
        self.alive = False
        if not self._ready.done():
            self._ready.set_exception(ConnectionError("the relay worker ended"))
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the relay worker ended"))
        self._waiting.clear()
        self._on_end(self)

    async def ask(self, op: str, **words: Any) -> dict[str, Any]:
        """One request. Raises Refused, or Away when the worker is gone or does not answer."""
        if self._child is None or self._child.stdin is None or not self.alive:
            raise Away("The relay is being restarted. Please try again in a moment.")
        self._next += 1
        number = self._next
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._child.stdin.write(json.dumps({"id": number, "op": op, **words}).encode() + b"\n")
        try:
            answer = await asyncio.wait_for(future, ANSWER_IN)
        except (TimeoutError, ConnectionError) as error:
            self._waiting.pop(number, None)
            raise Away("The relay does not answer. Please try again in a moment.") from error
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer

    async def stop(self) -> None:
        """End it: its input ends, and if that is not enough, it."""
        child = self._child
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            await asyncio.wait_for(child.wait(), STOP_IN)
        except TimeoutError:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        if self._reading is not None:
            await self._reading
