"""Staff passwords: Argon2id (RFC 9106), checked off the event loop."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server.core.errors import Fault, Invalid

_hasher = PasswordHasher()  # the library's defaults follow RFC 9106's second recommendation
_decoy = _hasher.hash("nobody has this password")
MIN_LENGTH = 12


async def hashed(password: str) -> str:
    if len(password) < MIN_LENGTH:
        raise Invalid(
            f"The password is too short: use {MIN_LENGTH} characters or more.",
            errors=[Fault("/password", f"at least {MIN_LENGTH} characters")],
        )
    return await asyncio.to_thread(_hasher.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right. An unknown account costs the same time as a wrong password."""
    return await asyncio.to_thread(_verify, stored or _decoy, password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
