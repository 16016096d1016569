"""Tickets: who may open the live channel, signed, for 90 seconds.

`v1.<base64url(JSON claims)>.<base64url(HMAC-SHA-256)>`. The signature covers the
prefix and the claims (RFC 2104; base64url without padding, RFC 4648 section 5). A
ticket outlives the 25 s heartbeat that brings the next one. Using it only once is the
server's business: `Claims.id` is there to remember.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

LIFE = 90
"""Seconds a ticket is good for."""

_PREFIX = "v1"
_LABEL = b"careroom ticket "


class BadTicket(Exception):
    """Forged, damaged or expired. The message says which, for logs; clients are told one thing for all."""


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a ticket says. `seat_epoch` counts page loads on the seat, `exp` and `id` are filled in by `mint`."""

    tenant: str
    subject: str
    session: str
    role: str
    topics: tuple[str, ...] = ()
    seat: str | None = None
    seat_epoch: int = 0
    audience: str = ""
    exp: float = 0
    id: str = ""


_decoder = msgspec.json.Decoder(Claims)


def mint(key: bytes, claims: Claims, now: float, life: float = LIFE) -> str:
    """Sign `claims` for `life` seconds from `now` (Unix seconds). `key` is at least 32 bytes."""
    if len(key) < 32:
        raise ValueError("a ticket key is at least 32 bytes")
    dated = msgspec.structs.replace(claims, exp=now + life, id=secrets.token_urlsafe(9))
    body = f"{_PREFIX}.{_b64(msgspec.json.encode(dated))}"
    return f"{body}.{_b64(_sign(key, body))}"


def read(key: bytes, ticket: str, now: float) -> Claims:
    """The claims of a ticket that is ours and not expired. Raises `BadTicket`."""
    body, _, signature = ticket.rpartition(".")
    prefix, _, claims = body.partition(".")
    if prefix != _PREFIX or not ticket.isascii():
        raise BadTicket("not a ticket")
    if not hmac.compare_digest(_b64(_sign(key, body)), signature):
        raise BadTicket("signature does not match")
    try:
        found = _decoder.decode(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (msgspec.DecodeError, ValueError) as fault:
        raise BadTicket("claims cannot be read") from fault
    if found.exp <= now:
        raise BadTicket("expired")
    return found


def _sign(key: bytes, body: str) -> bytes:
    return hmac.new(key, _LABEL + body.encode(), hashlib.sha256).digest()


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
