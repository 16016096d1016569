"""One `Route` record makes the Starlette route, the permission check and the OpenAPI entry.

`action=` has no default: a route without a permission cannot be written. The
endpoint built here is the only stairway: identify, permit, read the body,
open the Unit, call the handler, remember the answer, commit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from server.api import idempotency
from server.api.context import Answer, Context, Handler, Ports
from server.api.problems import from_validation, request_id_of
from server.core.errors import (
    Conflict,
    Fault,
    Forbidden,
    IdempotencyConflict,
    Invalid,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    UnsupportedMedia,
)
from server.core.principal import Principal

MAX_BODY = 256 * 1024
_TRIES = 3
_LOST_RACES = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock


@dataclass(frozen=True, slots=True)
class Route:
    """`body` and `returns` are pydantic models; `problems` are the failures beyond the ones every route has.

    `writes=None` means: GET reads, anything else writes. What a GET records is written after it was read and before it
    is answered; one whose lines must stand in the very transaction says `writes=True`.
    `idempotent=False` ignores the Idempotency-Key, where nobody is signed in yet.
    `query` is a pydantic model of a GET's query parameters; the handler gets it as it would get a body.
    `may_be_empty`: a good answer may also be 204, when there is nothing for this caller.
    `raw` hands the handler the body's bytes (media types other than JSON, joined by `, `).
    """

    method: str
    path: str
    handler: Handler
    action: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    returns: type[BaseModel] | None = None
    status: int = 200
    problems: Sequence[type[Problem]] = ()
    writes: bool | None = None
    raw: str = ""
    idempotent: bool = True
    may_be_empty: bool = False
    summary: str = ""

    @property
    def is_write(self) -> bool:
        return self.method != "GET" if self.writes is None else self.writes

    @property
    def is_repeatable(self) -> bool:
        """Whether an Idempotency-Key counts. Proving a secret or a password twice is harmless and has no owner yet."""
        return self.method == "POST" and self.is_write and self.idempotent

    @property
    def every_problem(self) -> list[type[Problem]]:
        common: list[type[Problem]] = [Unauthenticated, Forbidden, Invalid]
        if "{" in self.path:
            common.append(NotFound)
        if self.body is not None or self.raw:
            common += [TooLarge, UnsupportedMedia]
        if self.is_repeatable:
            common += [Conflict, IdempotencyConflict]
        return [*dict.fromkeys([*common, *self.problems])]


def build(route: Route, ports: Ports) -> StarletteRoute:
    async def endpoint(request: Request) -> Response:
        principal = await ports.gate.identify(request)
        await _permit(route, ports, request, principal)
        if not all(is_id(str(part)) for part in request.path_params.values()):
            raise NotFound("There is nothing at this address.")
        raw = await _read(request)
        body = _parse(route, request, raw)
        for _ in range(_TRIES):
            try:
                return await _run(route, ports, request, principal, raw, body)
            except DBAPIError as error:
                if not _overtaken(error):
                    raise
        raise Conflict("Many people are changing this just now. Please try again in a moment.")

    return StarletteRoute(route.path, endpoint, methods=[route.method], name=route.action)


def _overtaken(error: DBAPIError) -> bool:
    """Whether somebody else committed first: nothing of ours happened, and a second look finds their work and says
    so in plain words (or, for the same Idempotency-Key, answers as they did)."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) in _LOST_RACES


async def _permit(route: Route, ports: Ports, request: Request, principal: Principal) -> None:
    """Ask the gate; a refusal of somebody we know is a line of the audit trail."""
    try:
        ports.gate.permit(principal, route.action)
    except Forbidden:
        async with ports.desk.unit(principal, request_id=request_id_of(request)) as unit:
            unit.record("E", route.action, "Action", "", outcome="4")
        raise


async def _run(
    route: Route, ports: Ports, request: Request, principal: Principal, raw: bytes, body: BaseModel | bytes | None
) -> Response:
    request_id = request_id_of(request)
    key = request.headers.get("idempotency-key", "") if route.is_repeatable and principal.tenant else ""
    async with ports.desk.unit(principal, write=route.is_write, request_id=request_id) as unit:
        if key:
            first = await idempotency.begin(unit, key, idempotency.fingerprint(request.method, request.url.path, raw))
            if first is not None:
                return _send(Answer(first[1].encode(), first[0]), ports)
        context = Context(ports, request, principal, unit, request_id)
        result = await (route.handler(context) if body is None else route.handler(context, body))
        answer = result if isinstance(result, Answer) else Answer(result, route.status)
        answer.body = _encode(answer.body)
        if key:
            await idempotency.finish(unit, key, answer.status, answer.body.decode())
    return _send(answer, ports)


async def _read(request: Request) -> bytes:
    if request.method in {"GET", "HEAD"}:
        return b""
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge(f"The request is larger than {MAX_BODY // 1024} KiB.")
        chunks.append(chunk)
    return b"".join(chunks)


def _parse(route: Route, request: Request, raw: bytes) -> BaseModel | bytes | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if route.raw:
        if kind not in route.raw.split(", "):
            raise UnsupportedMedia(f"This address takes {route.raw}.")
        return raw
    if route.body is not None and kind != "application/json":
        raise UnsupportedMedia("Send JSON with the header Content-Type: application/json.")
    try:
        if route.query is not None:
            return route.query.model_validate(dict(request.query_params))
        return None if route.body is None else route.body.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise from_validation(error) from None


def _encode(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, BaseModel):
        return body.model_dump_json(by_alias=True).encode()
    return msgspec.json.encode(body)


def _send(answer: Answer, ports: Ports) -> Response:
    headers = {"cache-control": "no-store", **answer.headers}
    media_type = answer.media_type if answer.body else None
    status = 204 if answer.status == 200 and not answer.body else answer.status
    response = Response(answer.body, status, headers, media_type=media_type)
    for name, value in answer.cookies.items():
        if value is None:
            response.delete_cookie(name, path="/", secure=ports.settings.secure, httponly=True, samesite="strict")
        else:
            response.set_cookie(
                name, value, path="/", secure=ports.settings.secure, httponly=True, samesite="strict",
                max_age=30 * 24 * 3600 if name.startswith(_LASTING) else None,
            )  # fmt: skip
    return response


def cookie(speaker: str, link_id: str = "") -> str:
    """The cookie of who speaks (`X-Careroom-Role`): one name each, so that several work side by side in one browser.

    A patient's or guest's is one per link: two people who share a device never act on each other's visit.
    """
    return f"careroom_{speaker}_{link_id}" if link_id else f"careroom_{speaker}"


_LASTING = (cookie("patient"), cookie("guest"))


_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_id(text: str) -> bool:
    """Whether this could be an identifier of ours; anything else is kept away from the database."""
    return _ID.fullmatch(text) is not None


def id_in(text: str, pointer: str) -> str:
    """An identifier from a payload. Raises Invalid when it cannot be one."""
    if not is_id(text):
        raise Invalid("An identifier is malformed.", errors=[Fault(pointer, "1 to 64 letters, digits, - or _")])
    return text
