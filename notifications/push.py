"""Web push (RFC 8030), encrypted (RFC 8291) and signed with the installation's VAPID key (RFC 8292). The only file that
knows a push service.

A push says "You have an update" in the reader's language and nothing else: a lock screen shows it to everybody. All
pushes are padded to one size, so that not even their length tells which language it is.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import http_ece
from aiohttp import ClientError, ClientSession, ClientTimeout
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from notifications.message import DeliveryError, Remedy
from notifications.words_of import language_of, words

TIMEOUT_SECONDS = 10.0
TOKEN_SECONDS = 12 * 3600  # RFC 8292 section 2 allows up to 24 hours
PADDED = 256  # bytes of plaintext; RFC 8291 section 4 lets us pad with spaces inside our JSON
# The push services of the browsers we support. A subscription names the address we then call, so it is not believed.
SERVICES = ("fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")
_ORDER = int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16)  # of P-256 (FIPS 186-5)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser's `PushSubscription` gives us: where, and the two keys of RFC 8291 as raw bytes."""

    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)  # uncompressed P-256 point, 65 bytes
    auth: bytes = field(repr=False)  # 16 bytes

    def __post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("https", "http") or not parts.hostname or len(self.endpoint) > 1000:
            raise ValueError("A push subscription needs the web address that the browser gave it.")
        if len(self.auth) != 16:
            raise ValueError("A push subscription needs an authentication secret of 16 bytes.")
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.p256dh)
        except ValueError as error:
            raise ValueError("A push subscription needs a public key on P-256.") from error


class PushSender(Protocol):
    """Wakes a browser. Safe to share between tasks."""

    @property
    def public_key(self) -> bytes:
        """The VAPID key a browser subscribes with: an uncompressed P-256 point."""
        ...

    def accepts(self, endpoint: str) -> bool:
        """Whether an endpoint belongs to a push service we call at all."""
        ...

    async def send(self, to: Subscription, locale: str, *, life: int, urgent: bool) -> None:
        """Say "You have an update". `life` is in seconds: how long the service keeps it for a browser that is away.

        Raises DeliveryError; with remedy BAD_ADDRESS the subscription has ended and must be forgotten.
        """

    async def aclose(self) -> None:
        """Let go of connections. A second call does nothing."""


class WebPush:
    """Calls the browsers' push services. `secret` (32 bytes) makes the VAPID key, `contact` is the `sub` claim."""

    def __init__(self, secret: bytes, contact: str, services: Sequence[str] = SERVICES) -> None:
        private = ec.derive_private_key(int.from_bytes(secret, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
        self._vapid = Vapid02(private_key=private)
        self._contact = contact
        self._services = tuple(services)
        self._session: ClientSession | None = None
        self._tokens: dict[str, tuple[float, str]] = {}
        form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        self._public: bytes = private.public_key().public_bytes(*form)

    @property
    def public_key(self) -> bytes:
        return self._public

    def accepts(self, endpoint: str) -> bool:
        parts = urlsplit(endpoint)
        host = (parts.hostname or "").lower()
        known = any(host.endswith(one) if one.startswith(".") else host == one for one in self._services)
        return known and (parts.scheme == "https" or _is_loopback(host))

    async def send(self, to: Subscription, locale: str, *, life: int, urgent: bool) -> None:
        if not self.accepts(to.endpoint):
            raise DeliveryError(True, "service", "This is no push service we know.", Remedy.BAD_ADDRESS)
        headers = {
            "Authorization": self._token(to.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(life),
            "Urgency": "high" if urgent else "normal",
            "Topic": "careroom",  # RFC 8030 section 5.4: a newer one takes the place of one that still waits
        }
        try:
            body = sealed(to, locale)
            async with self._http().post(to.endpoint, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            raise DeliveryError(False, type(error).__name__, "The push service cannot be reached.") from error
        if status >= 300:
            raise _refused(status)

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _http(self) -> ClientSession:
        if self._session is None:  # made here because an aiohttp session belongs to the running loop
            self._session = ClientSession(timeout=ClientTimeout(total=TIMEOUT_SECONDS))
        return self._session

    def _token(self, endpoint: str) -> str:
        """One signed token per push service, used again until an hour before it ends."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        ends, token = self._tokens.get(audience, (0.0, ""))
        if ends - 3600 < time.time():
            ends = time.time() + TOKEN_SECONDS
            claims = {"aud": audience, "exp": int(ends), "sub": self._contact}
            token = self._vapid.sign(claims)["Authorization"]
            self._tokens[audience] = ends, token
        return token


def sealed(to: Subscription, locale: str) -> bytes:
    """The body of a push: one aes128gcm record for one browser (RFC 8188, RFC 8291)."""
    language = language_of(locale)
    said = json.dumps({"title": words(language)["chrome"]["update"], "lang": language}, ensure_ascii=False).encode()
    made: bytes = http_ece.encrypt(
        said.ljust(PADDED), salt=os.urandom(16), private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=to.p256dh, auth_secret=to.auth, version="aes128gcm",
    )  # fmt: skip
    return made


def _refused(status: int) -> DeliveryError:
    if status in (404, 410):  # RFC 8030 section 7.3
        return DeliveryError(True, str(status), "The browser has ended this subscription.", Remedy.BAD_ADDRESS)
    if status == 429:
        return DeliveryError(False, "429", "The push service asks us to send more slowly.", Remedy.SLOW_DOWN)
    if status in (401, 403):
        return DeliveryError(True, str(status), "The push service did not accept our key.", Remedy.BAD_ADDRESS)
    if status >= 500:
        return DeliveryError(False, str(status), "The push service failed.")
    return DeliveryError(True, str(status), "The push service refused the push.", Remedy.OTHER_CHANNEL)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
