"""RFC 9457 problem details: the only shape in which a request fails."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from server.core.errors import Fault, Internal, Invalid, MethodNotAllowed, NotFound, Problem, TooMany, Unavailable

log = structlog.get_logger(__name__)

_AWAY = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    OSError,
)  # the database does not answer, or a file cannot be read


def as_response(problem: Problem, request_id: str) -> Response:
    """The problem as application/problem+json; `instance` is the request id, which the logs carry too."""
    body: dict[str, Any] = {
        "type": f"urn:careroom:problem:{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "slug": problem.slug,
        "instance": f"urn:careroom:request:{request_id}",
        **problem.extra,
    }
    if problem.errors:
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in problem.errors]
    headers = {"cache-control": "no-store"}
    if isinstance(problem, TooMany) and "retry_after" in problem.extra:
        headers["retry-after"] = str(max(1, math.ceil(float(str(problem.extra["retry_after"])))))
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")


def from_validation(error: ValidationError) -> Invalid:
    """Payload faults with RFC 6901 pointers; the offending values are not repeated (they may be personal)."""
    faults = [Fault("/" + "/".join(_escape(part) for part in item["loc"]), item["msg"]) for item in error.errors()]
    return Invalid(_summary(faults), errors=faults)


def _summary(faults: Sequence[Fault]) -> str:
    count = len(faults)
    return "One field needs fixing." if count == 1 else f"{count} fields need fixing."


def _escape(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def request_id_of(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", "unknown"))


async def on_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return as_response(error, request_id_of(request))


async def on_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code != 405:
        return as_response(NotFound("There is nothing at this address."), request_id_of(request))
    response = as_response(MethodNotAllowed(f"{request.method} is not possible here."), request_id_of(request))
    response.headers["allow"] = ", ".join(sorted(_methods(request)))  # RFC 9110 section 15.5.6
    return response


def _methods(request: Request) -> set[str]:
    """Every method that some route takes at this address."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return found


async def on_crash(request: Request, error: Exception) -> Response:
    """An unexpected fault. The log has its stack; the outside learns the request id and nothing of the cause."""
    log.error("request.crashed", exc_info=error, path=getattr(request.scope.get("route"), "path", ""))
    problem: Problem
    if isinstance(error, _AWAY):
        problem = Unavailable("A part of the clinic's system is away. Please try again in a moment.")
    else:
        problem = Internal(
            "This did not work, and the fault is ours. Nothing was changed. Please try again in a moment."
        )
    return as_response(problem, request_id_of(request))
