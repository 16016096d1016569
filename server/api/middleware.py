"""What every request passes: an id, security headers, a measurement and one log line.

The log line names the route's pattern, never the path: paths hold ids.
"""

from __future__ import annotations

import re
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.problems import on_crash
from server.core.ids import new_id
from server.core.metrics import Metrics

log = structlog.get_logger(__name__)

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")


def content_security_policy(host: str, *, secure: bool) -> str:
    """The one policy. Safari 15 does not let 'self' cover WebSockets, so the socket's origin is named."""
    socket = f"{'wss' if secure else 'ws'}://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "style-src 'self'",
            f"connect-src 'self' {socket}".strip(),
            "media-src 'self' blob:",
            "img-src 'self' data: blob:",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types careroom",
        )
    )


class Doorman:
    """Pure ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, secure: bool) -> None:
        self.app = app
        self.metrics = metrics
        self.secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        request_id = new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        policy = content_security_policy(Headers(scope=scope).get("host", ""), secure=self.secure)

        begun = False

        async def stamped(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                begun = True
                status = message["status"]
                self._stamp(MutableHeaders(scope=message), policy, request_id)
            await send(message)

        try:
            await self.app(scope, receive, stamped)
        except Exception as error:  # noqa: BLE001 - the last catch: the answer is a problem with the same headers
            response = await on_crash(Request(scope), error)
            if begun:
                raise
            await response(scope, receive, stamped)
        finally:
            seconds = time.perf_counter() - started
            pattern = getattr(scope.get("route"), "path", "other")
            self.metrics.request(scope["method"], pattern, status, seconds)
            log.info("request", method=scope["method"], route=pattern, status=status, ms=round(seconds * 1000, 1))

    def _stamp(self, headers: MutableHeaders, policy: str, request_id: str) -> None:
        headers["x-request-id"] = request_id
        headers["content-security-policy"] = policy
        headers["x-content-type-options"] = "nosniff"
        headers["referrer-policy"] = "no-referrer"
        headers["cross-origin-opener-policy"] = "same-origin"
        headers["cross-origin-resource-policy"] = "same-origin"
        headers["permissions-policy"] = "camera=(self), microphone=(self), display-capture=(self), geolocation=()"
        if self.secure:
            headers["strict-transport-security"] = "max-age=31536000"
