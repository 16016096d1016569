"""One pipelined RESP connection to Redis that keeps itself alive.

Commands are packed into a buffer that is written once per loop tick; replies are
parsed by hiredis and handed over in order. redis-py serves only to read the URL
(TLS, user, password, database). RESP2: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from typing import Any

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url

log = logging.getLogger(__name__)

CAP = 8 * 1024 * 1024
"""Bytes that may wait for the network before commands are refused."""
PING_EVERY, SILENT_FOR, CONNECT_IN = 5.0, 12.0, 5.0
BACKOFF_FIRST, BACKOFF_MOST = 0.1, 1.0


class Address:
    """Where and how to connect, from a redis://, rediss:// or unix:// URL."""

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = dict(parse_url(url))
        self.path: str | None = options.get("path")
        self.host: str = options.get("host") or "localhost"
        self.port: int = options.get("port") or 6379
        self.db: int = options.get("db") or 0
        self.username: str | None = options.get("username")
        self.password: str | None = options.get("password")
        self.ssl = self._tls(options) if options.get("connection_class") is SSLConnection else None

    def handshake(self) -> list[tuple[Any, ...]]:
        """The commands that open a session, in order."""
        commands: list[tuple[Any, ...]] = []
        if self.password is not None:
            who = (self.username,) if self.username else ()
            commands.append(("AUTH", *who, self.password))
        if self.db:
            commands.append(("SELECT", str(self.db)))
        return commands

    @staticmethod
    def _tls(options: dict[str, Any]) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"))
        if options.get("ssl_cert_reqs") == "none":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if options.get("ssl_certfile"):
            context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"))
        return context


def _pack(command: tuple[Any, ...]) -> bytes:
    packed: bytes = hiredis.pack_command(command)
    return packed


class Link(asyncio.Protocol):
    """`on_up` runs when the handshake is done, `on_down` when an up link is lost, `on_reply` for each reply."""

    def __init__(
        self,
        address: Address,
        on_up: Callable[[], None],
        on_reply: Callable[[Any], None],
        on_down: Callable[[], None],
        on_drained: Callable[[], None] = lambda: None,
    ) -> None:
        self._address = address
        self._on_up, self._on_reply, self._on_down, self._on_drained = on_up, on_reply, on_down, on_drained
        self._transport: asyncio.Transport | None = None
        self._reader = hiredis.Reader()
        self._waiting: list[bytes] = []
        self._size = 0
        self._handshake = 0
        self._gone = asyncio.Event()
        self._heard = self._asked = 0.0
        self._task: asyncio.Task[None] | None = None
        self._asking: list[asyncio.Future[None]] = []
        self.up = False
        self.lag = 0.0
        self.first_try = asyncio.Event()

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._keep())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._transport is not None:
            self._transport.abort()

    def send(self, *command: Any) -> bool:
        """Queue one command. False when the link is down or too much waits already."""
        if not self.up or self.buffered() > CAP:
            return False
        self._queue(_pack(command))
        return True

    def buffered(self) -> int:
        """Bytes that wait here or in the socket's buffer."""
        return self._size + (self._transport.get_write_buffer_size() if self._transport else 0)

    # ---------------------------------------------------------- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._reader = hiredis.Reader()
        self._heard = asyncio.get_running_loop().time()
        commands = [*self._address.handshake(), ("PING",)]
        self._handshake = len(commands)
        for command in commands:
            self._queue(_pack(command))

    def data_received(self, data: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not False:
                self._take(reply)
        except hiredis.ProtocolError:
            log.warning("bus.protocol_error")
            self._drop()

    def resume_writing(self) -> None:
        self._on_drained()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._waiting, self._size = [], 0
        was_up, self.up = self.up, False
        self._gone.set()
        self._answer(lost=True)
        if was_up:
            self._on_down()

    # ---------------------------------------------------------- inside

    def _take(self, reply: Any) -> None:
        if self._handshake:
            if isinstance(reply, hiredis.ReplyError):
                log.warning("bus.refused_by_redis kind=%s", str(reply).split(" ", 1)[0])
                self._drop()
                return
            self._handshake -= 1
            if not self._handshake:
                self.up = True
                self.first_try.set()
                self._on_up()
            return
        if reply == b"PONG" or (isinstance(reply, list) and reply and reply[0] == b"pong"):
            self.lag = asyncio.get_running_loop().time() - self._asked
            self._answer(lost=False)
            return
        self._on_reply(reply)

    def _queue(self, packed: bytes) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(packed)
        self._size += len(packed)

    def _flush(self) -> None:
        if self._transport is not None and self._waiting:
            self._transport.write(b"".join(self._waiting))
        self._waiting, self._size = [], 0
        if not self.buffered():
            self._on_drained()

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _keep(self) -> None:
        """Connect, watch, and begin again with full jitter when it ends."""
        attempt = 0
        while True:
            self._gone.clear()
            try:
                async with asyncio.timeout(CONNECT_IN):
                    await self._connect()
            except (OSError, TimeoutError) as fault:
                log.info("bus.connect_failed kind=%s", type(fault).__name__)
            else:
                was_up = await self._watch()
                attempt = 0 if was_up else attempt
            self.first_try.set()
            most = min(BACKOFF_MOST, BACKOFF_FIRST * 2**attempt)
            attempt = min(attempt + 1, 10)
            await asyncio.sleep(random.uniform(0, most))  # noqa: S311 - jitter, not a secret

    async def _connect(self) -> None:
        loop, at = asyncio.get_running_loop(), self._address
        if at.path is not None:
            await loop.create_unix_connection(lambda: self, at.path)
        else:
            await loop.create_connection(lambda: self, at.host, at.port, ssl=at.ssl)

    async def _watch(self) -> bool:
        """PING until the connection is gone; cut it when Redis falls silent. True when it had been up."""
        loop, was_up = asyncio.get_running_loop(), False
        while True:
            try:
                async with asyncio.timeout(PING_EVERY):
                    await self._gone.wait()
                return was_up
            except TimeoutError:
                was_up = was_up or self.up
                if loop.time() - self._heard > SILENT_FOR:
                    self._drop()
                elif self._transport is not None:
                    self.ping()

    def ping(self) -> None:
        """Ask for a sign of life; `lag` is set by the answer."""
        self._asked = asyncio.get_running_loop().time()
        self._queue(_pack(("PING",)))

    async def round_trip(self) -> float:
        """Seconds for one PING. Raises ConnectionError when the link is down or goes down."""
        if not self.up:
            raise ConnectionError("Redis is not connected")
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asking.append(answer)
        self.ping()
        await answer
        return self.lag

    def _answer(self, lost: bool) -> None:
        asking, self._asking = self._asking, []
        for future in asking:
            if future.done():
                continue
            if lost:
                future.set_exception(ConnectionError("Redis went away"))
            else:
                future.set_result(None)
