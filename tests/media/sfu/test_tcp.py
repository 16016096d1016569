"""The relay over TCP (RFC 6544 passive, RFC 4571 framing) with a real client over a real socket, for networks without
UDP: checks, handshake, packets both ways, and what is cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from media.sfu import mux
from media.sfu.mux import LARGEST, TcpPath
from tests.media.sfu.client import RelayClient, Room
from tests.media.sfu.wire import rtp_packet
from tests.parts.ports import eventually


class TcpClient(RelayClient):
    """The same client with its packets in a stream, cut into pieces that fit no packet."""

    port = 0

    async def __aenter__(self) -> RelayClient:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._reading = asyncio.ensure_future(self._read())
        return await super().__aenter__()

    def put(self, data: bytes) -> None:
        framed = len(data).to_bytes(2, "big") + data
        self._writer.write(framed[:1])
        self._writer.write(framed[1:])

    async def _read(self) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int.from_bytes(await self._reader.readexactly(2), "big")
                self.arrived(await self._reader.readexactly(size))

    async def aclose(self) -> None:
        await super().aclose()
        self._writer.close()
        self._reading.cancel()


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    made = Room()
    made.connections = set()  # type: ignore[attr-defined]
    server = await asyncio.get_running_loop().create_server(
        lambda: TcpPath(made.router, made.connections),  # type: ignore[attr-defined]
        "127.0.0.1",
        0,
    )
    TcpClient.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


async def test_a_call_between_one_over_tcp_and_one_over_udp(room: Room) -> None:
    async with TcpClient(room, "a", hears=["b"]) as a, RelayClient(room, "b", hears=["a"]) as b:
        await a.negotiate()
        a.send(rtp_packet(1, ssrc=a.video_ssrc, payload=b"over tcp"))
        assert [one[12:] for one in await b.received(1)] == [b"over tcp"]
        b.send(rtp_packet(1, ssrc=b.video_ssrc, payload=b"over udp"))
        assert [one[12:] for one in await a.received(1)] == [b"over udp"]


async def test_a_connection_that_ends_is_no_path_any_more_and_a_new_one_is(room: Room) -> None:
    async with TcpClient(room, "a") as a:
        assert room.visit.peers["a"].path is not None
        a._writer.transport.abort()
        await eventually(lambda: room.visit.peers["a"].path is None)
        a._reader, a._writer = await asyncio.open_connection("127.0.0.1", TcpClient.port)
        a.check()
        await eventually(lambda: room.visit.peers["a"].connected)


async def test_who_proves_nothing_or_sends_no_frame_is_cut_off(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", TcpClient.port)
    writer.write((LARGEST + 1).to_bytes(2, "big"))
    with suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 5) == b""
    monkeypatch.setattr(mux, "TCP_SILENT", 0.05)
    silent, _ = await asyncio.open_connection("127.0.0.1", TcpClient.port)
    with suppress(ConnectionError):
        assert await asyncio.wait_for(silent.read(), 5) == b""
    await eventually(lambda: not room.connections)  # type: ignore[attr-defined]
