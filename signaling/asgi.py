"""The door for any ASGI server: mount it under a WebSocket route; it feeds the hub.

It speaks plain ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html#websocket) and
knows no framework. Checking the Origin is the mounting server's part. What waits for
the network is counted here, because `send` of an ASGI server blocks when its own buffer is full.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from signaling.hub import Hub
from signaling.session import SOFT, Session

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class AsgiTransport:
    """Implements `signaling.ports.Transport` on an ASGI `send`."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._queue: deque[bytes] = deque()
        self._size = 0
        self._code: int | None = None
        self._more = asyncio.Event()
        self.session: Session | None = None
        self.aborted = asyncio.Event()

    def send(self, data: bytes) -> None:
        self._queue.append(data)
        self._size += len(data)
        self._more.set()

    def close(self, code: int) -> None:
        self._code = code
        self._more.set()

    def abort(self) -> None:
        self._queue.clear()
        self._size = 0
        self.aborted.set()

    def buffered(self) -> int:
        return self._size

    async def write(self) -> None:
        """Carry the queue out until closed."""
        while True:
            await self._more.wait()
            while self._queue:
                data = self._queue.popleft()
                await self._send({"type": "websocket.send", "text": data.decode()})
                was, self._size = self._size, max(0, self._size - len(data))
                if was > SOFT // 2 >= self._size and self.session is not None:
                    self.session.drained()
            if self._code is not None:
                await self._send({"type": "websocket.close", "code": self._code})
                return
            self._more.clear()


class AsgiDoor:
    """An ASGI application for `websocket` scopes, e.g. `WebSocketRoute("/live", AsgiDoor(hub))`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise ValueError("the live channel is a WebSocket")
        if (await receive())["type"] != "websocket.connect":
            return
        await send({"type": "websocket.accept"})
        transport = AsgiTransport(send)
        session = transport.session = self._hub.open(transport)
        parts = [self._read(session, receive), transport.write(), transport.aborted.wait()]
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            session.lost()
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                # OSError is how an ASGI server says that the client is gone.
                if isinstance(result, Exception) and not isinstance(result, OSError):
                    raise result

    async def _read(self, session: Session, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is None:
                session.garbled("Binary frames are not spoken here.")
            else:
                session.feed(text)
