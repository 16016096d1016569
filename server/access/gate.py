"""Answers the door's two questions: who is it, and may they?"""

from __future__ import annotations

from starlette.requests import Request

from server.access.roles import relation
from server.access.sessions import principal_of
from server.api.routing import cookie, id_in
from server.core.clock import Clock
from server.core.errors import Forbidden, Invalid, Unauthenticated
from server.core.principal import ANONYMOUS, GUESTS, Principal, Role
from server.store.engine import Store

_SPEAKERS: dict[str, frozenset[Role]] = {
    "patient": frozenset({Role.patient, Role.unconfirmed}),
    "guest": GUESTS,
    **{role.value: frozenset({role}) for role in (Role.provider, Role.scheduler, Role.admin)},
}
_BY_LINK = {"patient", "guest"}  # their cookies are one per link


class AccessGate:
    """Reads `X-Careroom-Role` and that role's cookie, or a bearer token (command line, integrations). A patient's page
    also names its link, because each of a browser's visits has a cookie of its own.

    A browser sends the header only from our own pages: another origin cannot
    set it without a CORS permission that we never give. So a cookie alone
    proves nothing and a forged cross-site request is anonymous.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def identify(self, request: Request) -> Principal:
        who = _speaker(request.headers.get("x-careroom-role"))
        link = _link(request.headers.get("x-careroom-link", "")) if who in _BY_LINK else ""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        token = bearer if scheme.lower() == "bearer" else request.cookies.get(cookie(who, link), "") if who else ""
        if not token:
            return ANONYMOUS
        try:
            async with self._store.session(write=False) as session:
                return await principal_of(session, self._clock, token, _SPEAKERS.get(who, frozenset()))
        except Unauthenticated:
            if request.url.path.startswith(("/v1/sessions", "/v1/links/", "/v1/guests/")):
                return ANONYMOUS  # a stale cookie must not keep anybody from signing in or opening a link again
            raise

    def permit(self, principal: Principal, action: str) -> None:
        if relation(action, principal.role) is not None:
            return
        if principal.role is Role.anonymous:
            raise Unauthenticated("Please sign in first.")
        raise Forbidden(f"A {principal.role.value} may not do this.")


def _link(header: str) -> str:
    """Which of this browser's visits speaks (`X-Careroom-Link`)."""
    return id_in(header, "/X-Careroom-Link") if header else ""


def _speaker(header: str | None) -> str:
    if header is not None and header not in _SPEAKERS:
        raise Invalid("X-Careroom-Role must be patient, guest, provider, scheduler or admin.")
    return header or ""
