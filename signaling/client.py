"""A client of the live channel in Python: for tests, the CLI and load runs.

It keeps a cursor per topic, asks again from there after every loss, and hands out only
what a page would apply: events in order, each once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from signaling.frames import (
    Bye,
    Call,
    Err,
    Ev,
    Fenced,
    Frame,
    Hb,
    Hello,
    Join,
    Leave,
    Ping,
    Raw,
    Ready,
    Reset,
    ServerFrame,
    Skip,
    Typing,
    encode,
    read_server,
)

_FIRST, _MOST = 2.0, 30.0


class Client:
    """`async with Client(url, ticket) as live: async for frame in live: ...`

    `ticket` fetches a fresh ticket; it is asked at the start and whenever the kept one is refused. Iteration
    ends after `fenced` or `aclose`. `Ready`, `Reset`, `Join`, `Leave` and `Err` are handed out too.
    """

    def __init__(
        self,
        url: str,
        ticket: Callable[[], Awaitable[str]],
        cur: dict[str, int] | None = None,
        *,
        seat: str | None = None,
        first: float = _FIRST,
        most: float = _MOST,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.url, self.seat = url, seat
        self.cur: dict[str, int] = dict(cur or {})
        self.epoch: str | None = None
        self.id = ""
        self.connects = self.gaps = self.duplicates = 0
        self.fenced = False
        self.opened = asyncio.Event()
        self._fetch, self._first, self._most, self._headers = ticket, first, most, headers
        self._ticket: str | None = None
        self._ws: ClientConnection | None = None
        self._retry_in: float | None = None
        self._ended = False

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        self._ended = True
        if self._ws is not None:
            await self._ws.close()

    async def call(self, ch: str, d: Any, to: str | None = None) -> None:
        """Send a call frame to the other seats of a visit. ConnectionError when not connected."""
        await self.send(Call(ch, Raw(msgspec.json.encode(d)), to))

    async def typing(self, ch: str) -> None:
        await self.send(Typing(ch))

    async def ping(self, n: int) -> None:
        await self.send(Ping(n))

    async def send(self, frame: Frame) -> None:
        if self._ws is None:
            raise ConnectionError("the live channel is not open")
        try:
            await self._ws.send(encode(frame).decode())
        except ConnectionClosed as fault:
            raise ConnectionError("the live channel has closed") from fault

    def cut(self) -> None:
        """Lose the network connection without a goodbye, as a phone does."""
        if self._ws is not None:
            self._ws.transport.abort()

    async def __aiter__(self) -> AsyncIterator[ServerFrame]:
        failures = 0
        while not self._ended:
            try:
                ticket = self._ticket or await self._fetch()
                async with connect(
                    self.url, compression=None, max_size=1 << 20, additional_headers=self._headers, proxy=None
                ) as ws:
                    self._ws = ws
                    await self.send(Hello(ticket, dict(self.cur), self.epoch, self.seat))
                    async for frame in self._frames(ws):
                        failures = 0 if isinstance(frame, Ready) else failures
                        yield frame
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                failures += 1
            finally:
                self._ws = None
                self.opened.clear()
            if self.fenced or self._ended:
                return
            await self._back_off(failures)

    async def _frames(self, ws: ClientConnection) -> AsyncIterator[ServerFrame]:
        """Frames worth handing out, until the connection ends or a gap shows."""
        async for text in ws:
            frame = read_server(text)
            if isinstance(frame, Fenced):
                self.fenced = True
            if isinstance(frame, Hb):
                self._ticket = frame.ticket
                await self.send(Ping())
                continue
            if isinstance(frame, Ev) and not self._in_order(frame):
                if frame.seq <= self.cur[frame.ch]:
                    continue
                return
            self._note(frame)
            yield frame

    def _in_order(self, frame: Ev) -> bool:
        last = self.cur.get(frame.ch, frame.seq - 1)
        self.duplicates += frame.seq <= last
        self.gaps += frame.seq > last + 1
        return frame.seq == last + 1

    def _note(self, frame: ServerFrame) -> None:
        match frame:
            case Ready():
                self.connects += 1
                self.id, self.epoch, self._ticket = frame.id, frame.epoch, frame.ticket
                for topic, head in frame.topics.items():
                    self.cur.setdefault(topic, head)
                self.opened.set()
            case Ev():
                self.cur[frame.ch] = frame.seq
            case Skip():
                self.cur[frame.ch] = max(frame.seq, self.cur.get(frame.ch, 0))
            case Reset() | Join():
                self.cur[frame.ch] = frame.head
            case Leave():
                self.cur.pop(frame.ch, None)
            case Bye():
                self._retry_in = frame.retry_in
            case Err(slug="ticket-refused"):
                self._ticket = None

    async def _back_off(self, failures: int) -> None:
        if self._retry_in is not None:
            pause, self._retry_in = self._retry_in, None
        elif failures == 0:
            pause = 0.0
        else:
            pause = random.uniform(0, min(self._most, self._first * 2 ** (failures - 1)))  # noqa: S311 - jitter
        await asyncio.sleep(pause)
