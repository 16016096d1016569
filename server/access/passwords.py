"""Staff passwords: Argon2id (RFC 9106), checked off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server.core.errors import Fault, Invalid, Unavailable

T = TypeVar("T")
_hasher = PasswordHasher()  # the library's defaults follow RFC 9106's second recommendation
_decoy = _hasher.hash("nobody has this password")
MIN_LENGTH = 12


_HANDS = 2  # hashes at once: each takes 64 MiB and a core for a while
_QUEUE = 64  # more than this waiting is an attack or a stampede
_workers = ThreadPoolExecutor(_HANDS, thread_name_prefix="argon2")
_under_way: set[Future[Any]] = set()


async def _run(work: Callable[..., T], *args: object) -> T:
    """Hash beside everything else, a few at a time. Raises Unavailable when too many wait."""
    if len(_under_way) >= _QUEUE:
        raise Unavailable("Many people are signing in at this moment. Please try again in a few seconds.")
    job = _workers.submit(work, *args)
    _under_way.add(job)
    job.add_done_callback(_under_way.discard)
    return await asyncio.wrap_future(job)


async def hashed(password: str) -> str:
    if len(password) < MIN_LENGTH:
        raise Invalid(
            f"The password is too short: use {MIN_LENGTH} characters or more.",
            errors=[Fault("/password", f"at least {MIN_LENGTH} characters")],
        )
    return await _run(_hasher.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right. An unknown account costs the same time as a wrong password."""
    return await _run(_verify, stored or _decoy, password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
