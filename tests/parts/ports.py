"""Free ports, and waiting for a condition instead of for a while."""

from __future__ import annotations

import asyncio
import inspect
import shutil
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_PAUSE = 0.02


class Late(AssertionError):
    """A condition did not come true in time."""


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until(condition: Callable[[], T | None], timeout: float = 10.0, what: str = "") -> T:
    """The first true value of `condition()`. Raises Late after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Late(f"{what or condition} did not happen within {timeout:g} s")
        time.sleep(_PAUSE)


async def eventually(condition: Callable[[], T | Awaitable[T]], within: float = 10.0, what: str = "") -> T:
    """`wait_until` for coroutines: the loop goes on running, and `condition` may be async."""
    end = time.monotonic() + within
    while True:
        outcome = condition()
        value: T = await outcome if inspect.isawaitable(outcome) else outcome
        if value:
            return value
        if time.monotonic() > end:
            raise Late(f"{what or condition} did not happen within {within:g} s")
        await asyncio.sleep(_PAUSE)


def listening(port: int) -> bool:
    """Whether somebody accepts TCP connections on 127.0.0.1:port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program(name: str, package: str, *folders: Path) -> str:
    """The full path of a program. Raises with the name of the package that brings it."""
    found = shutil.which(name)
    candidates = [Path(found)] if found else []
    candidates += [folder / name for folder in folders if (folder / name).exists()]
    if not candidates:
        raise FileNotFoundError(f"{name} is missing; install {package} (scripts/test does it)")
    return str(candidates[0])
