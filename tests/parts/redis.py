"""A real Redis server that can be restarted, and a recorder of everything it is asked."""

from __future__ import annotations

import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from tests.parts.ports import free_port, program, wait_until
from tests.parts.process import Process


class Redis:
    """`with Redis() as redis: bus_url = redis.url`. Nothing is kept on disk: a restart forgets all, as a crash does."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="careroom-redis-"))
        self.port = free_port()
        self.process = Process(
            [
                program("redis-server", "redis-server"),
                *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
                *("--save", "", "--appendonly", "no", "--protected-mode", "no"),
            ],
            self.folder,
        )

    @property
    def url(self) -> str:
        """The setting BUS_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self, *words: str) -> bytes:
        """Send one command; the raw RESP reply, as far as it arrived at once (enough for short replies)."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as wire:
            wire.sendall(_resp(*words))
            return wire.recv(65536)

    def _ready(self) -> bool:
        try:
            return self.command("PING").startswith(b"+PONG")
        except OSError:
            return False

    def start(self) -> None:
        """Come up (again) on the same port."""
        self.process.start(self._ready)

    def stop(self) -> None:
        self.process.stop(signal.SIGTERM)

    def kill(self) -> None:
        self.process.kill()

    @contextmanager
    def monitor(self) -> Iterator[bytearray]:
        """Everything that passes through Redis inside the block, as MONITOR prints it (grows while you look).

        Leaving the block waits until all that was sent before is in the record.
        """
        record = bytearray()
        wire = socket.create_connection(("127.0.0.1", self.port), timeout=None)
        wire.sendall(_resp("MONITOR"))
        reader = threading.Thread(target=_drain, args=(wire, record), daemon=True)
        reader.start()
        try:
            wait_until(lambda: b"+OK" in record, what="MONITOR")
            yield record
            self.command("ECHO", "end-of-record")
            wait_until(lambda: b"end-of-record" in record, what="the end of the MONITOR record")
        finally:
            wire.shutdown(socket.SHUT_RDWR)
            reader.join(5)
            wire.close()

    def __enter__(self) -> Redis:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.folder)


def _resp(*words: str) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        raw = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(parts)


def _drain(wire: socket.socket, record: bytearray) -> None:
    while chunk := wire.recv(65536):
        record += chunk
