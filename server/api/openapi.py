"""OpenAPI 3.1, generated from the `Route` records; it cannot differ from what runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from server.api.routing import Route

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail", "slug", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what happened and what to do next, fit to show to a person"},
        "slug": {"type": "string"},
        "instance": {"type": "string", "description": "the request's id"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "next_free": {
            "type": "array",
            "description": "with slot-taken: the provider's next free times, shaped as those of GET /v1/slots",
            "items": {"type": "object"},
        },
    },
}
ROLE_HEADER = {
    "name": "X-Careroom-Role",
    "in": "header",
    "required": False,
    "description": "which of this browser's sign-ins speaks; without it the request is anonymous",
    "schema": {"enum": ["patient", "provider", "scheduler", "admin"]},
}
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "the same key with the same body returns the first answer",
    "schema": {"type": "string", "minLength": 8, "maxLength": 64},
}


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """The whole API as one OpenAPI 3.1 document."""
    bodies = {route.body for route in routes if route.body}
    answers = {route.returns for route in routes if route.returns}
    wanted = [(model, "validation") for model in bodies] + [(model, "serialization") for model in answers]
    refs, schemas = models_json_schema(
        sorted(wanted, key=lambda pair: (pair[0].__name__, pair[1])),  # type: ignore[arg-type]
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Careroom", "version": version},
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM, **schemas.get("$defs", {})},
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"session": []}, {}],
    }


def _operation(route: Route, refs: Any) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", route.path)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 64}} for name in names
    ]
    parameters += _query(route)
    parameters.append(ROLE_HEADER)
    if route.method == "POST":
        parameters.append(KEY_HEADER)
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[{}]', '', route.path).replace('/', '.')}",
        "summary": route.summary or (route.handler.__doc__ or "").strip().split("\n")[0],
        "x-action": route.action,
        "parameters": parameters,
        "responses": _responses(route, refs),
    }
    if route.body is not None:
        schema = refs[(route.body, "validation")]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif route.raw:
        content = {kind: {"schema": {"type": "string"}} for kind in route.raw.split(", ")}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _query(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(by_alias=True)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _no_null(found)}
        for name, found in schema["properties"].items()
    ]


def _no_null(schema: dict[str, Any]) -> dict[str, Any]:
    """An address has no null: a parameter that may be left out is simply not there."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else {name: value for name, value in schema.items() if name != "title"}


def _responses(route: Route, refs: Any) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "done"}
    status = route.status
    if route.returns is not None:
        good["content"] = {"application/json": {"schema": refs[(route.returns, "serialization")]}}
    responses = {str(status): good}
    if route.may_be_empty:
        responses["204"] = {"description": "there is nothing for this caller"}
    by_status: dict[int, list[str]] = {}
    for problem in route.every_problem:
        by_status.setdefault(problem.status, []).append(problem.slug)
    for code, slugs in sorted(by_status.items()):
        responses[str(code)] = {
            "description": ", ".join(slugs),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return responses
