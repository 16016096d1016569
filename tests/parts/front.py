"""A front door of the kind every real clinic has: one address, several instances behind it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType


class Front:
    """`with Front([first, second]) as front:` passes each new connection to the first of these ports that answers."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = list(ports)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Front:
        threading.Thread(target=self._welcome, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._door.close()
        with self._lock:
            for wire in self._open:
                wire.close()

    def _welcome(self) -> None:
        while True:
            try:
                visitor, _ = self._door.accept()
            except OSError:
                return  # the door was closed
            threading.Thread(target=self._serve, args=(visitor,), daemon=True).start()

    def _serve(self, visitor: socket.socket) -> None:
        behind = self._reach()
        if behind is None:
            visitor.close()
            return
        with self._lock:
            self._open |= {visitor, behind}
        back = threading.Thread(target=_pour, args=(behind, visitor), daemon=True)
        back.start()
        _pour(visitor, behind)
        back.join()
        with self._lock:
            self._open -= {visitor, behind}
        visitor.close()
        behind.close()

    def _reach(self) -> socket.socket | None:
        for port in self.ports:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=2)
            except OSError:
                continue  # this one is down: the next
        return None


def _pour(source: socket.socket, into: socket.socket) -> None:
    """Bytes from one to the other until either ends; the end is passed on."""
    source.settimeout(None)
    with suppress(OSError):  # cut by the other side, which is an end like any other
        while chunk := source.recv(65536):
            into.sendall(chunk)
    for wire, how in ((source, socket.SHUT_RD), (into, socket.SHUT_WR)):
        with suppress(OSError):  # already gone
            wire.shutdown(how)
