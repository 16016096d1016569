"""Identifiers: 16 random bytes, base64url without padding (22 characters)."""

from __future__ import annotations

import base64
import secrets


def new_id() -> str:
    """A fresh random identifier; it says nothing about what it names."""
    return b64(secrets.token_bytes(16))


def b64(raw: bytes) -> str:
    """base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Reverse of `b64`. Raises ValueError on anything that is not canonical base64url."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise ValueError("not base64url") from error
    if b64(raw) != text:
        raise ValueError("not canonical base64url")
    return raw
