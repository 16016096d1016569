"""A browser's push service on a free port, and the browser behind it: it verifies VAPID (RFC 8292) and opens what it is
given (RFC 8291) with `cryptography` alone, so that it shares nothing with the sender it judges."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 for one block."""
    extracted = hmac.digest(salt, secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


@dataclass
class Push:
    """One push as the service took it."""

    headers: dict[str, str]
    claims: dict[str, Any]
    body: bytes


@dataclass
class PushBrowser:
    """One browser with its subscription; `answer` is what its service says to the next push."""

    base_url: str
    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))
    pushes: list[Push] = field(default_factory=list)
    answer: int = 201

    @property
    def endpoint(self) -> str:
        return f"{self.base_url}/wpush/{self.name}"

    @property
    def subscription(self) -> dict[str, Any]:
        """`PushSubscription.toJSON()`."""
        keys = {"p256dh": b64(point(self.key.public_key())), "auth": b64(self.auth)}
        return {"endpoint": self.endpoint, "keys": keys, "locale": "en"}

    def open(self, body: bytes) -> dict[str, Any]:
        """RFC 8291 section 3.4 and RFC 8188 section 2, one record."""
        salt, length = body[:16], body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        info = b"WebPush: info\x00" + point(self.key.public_key()) + sender
        secret = hkdf(self.auth, shared, info, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\x00", 12)
        plain = AESGCM(key).decrypt(nonce, record, None)
        assert plain.rstrip(b"\x00").endswith(b"\x02"), "the last record ends with the delimiter 2"
        said: dict[str, Any] = json.loads(plain.rstrip(b"\x00")[:-1])
        return said


@dataclass
class PushService:
    """`vapid_key` is the key browsers subscribed with; a push signed by another is refused with 403."""

    base_url: str = ""
    vapid_key: bytes = b""
    browsers: dict[str, PushBrowser] = field(default_factory=dict)

    def browser(self) -> PushBrowser:
        made = PushBrowser(self.base_url, hashlib.sha256(os.urandom(8)).hexdigest()[:20])
        self.browsers[made.name] = made
        return made

    async def take(self, request: web.Request) -> web.Response:
        browser = self.browsers.get(request.match_info["name"])
        if browser is None:
            return web.Response(status=404)
        claims = self._claims(request.headers.get("Authorization", ""))
        if claims is None or "ttl" not in {name.lower() for name in request.headers}:
            return web.Response(status=403)
        if browser.answer >= 300:
            return web.Response(status=browser.answer)
        browser.pushes.append(Push(dict(request.headers), claims, await request.read()))
        return web.Response(status=201, headers={"Location": f"{self.base_url}/m/1"})

    def _claims(self, authorization: str) -> dict[str, Any] | None:
        """The claims of a good token: `vapid t=..., k=...`, ES256, for us, not over and not for more than a day."""
        scheme, _, rest = authorization.partition(" ")
        given = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or unb64(given.get("k", "")) != self.vapid_key:
            return None
        head, body, signature = given["t"].split(".")
        raw = unb64(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.vapid_key)
        key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
        assert json.loads(unb64(head))["alg"] == "ES256"
        claims: dict[str, Any] = json.loads(unb64(body))
        good = claims["aud"] == self.base_url and time.time() < claims["exp"] <= time.time() + 86400
        return claims if good and claims["sub"].startswith("mailto:") else None


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """Serve on a free port of this machine."""
    service = PushService()
    app = web.Application()
    app.router.add_post("/wpush/{name}", service.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()
