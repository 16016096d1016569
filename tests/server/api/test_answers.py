"""What every answer carries, good or bad."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from server.core.errors import Problem
from tests.house.tree import ROOT
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only

SLUGS = set(re.findall(r"^## (\S+)$", (ROOT / "docs/problems.md").read_text(), re.MULTILINE))
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; manifest-src 'self'; style-src 'self'; "
    "connect-src 'self' ws://clinic.test; media-src 'self' blob:; img-src 'self' data: blob:; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types careroom"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
}
PATHS = ("/", "/sign-in", "/board", "/healthz", "/openapi.json", "/v1/me", "/v1/board", "/nothing", "/assets/none.js")


@sqlite_only
async def test_every_answer_carries_the_security_headers(clinic: Clinic) -> None:
    booked = await clinic.book()
    for browser in (clinic.browser(), clinic.staff("provider")):
        for path in (*PATHS, f"/j/{booked.link_id}", "/j/none"):
            for method in ("GET", "HEAD", "POST", "DELETE"):
                answer = await browser.send(method, path)
                assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, (method, path)
                assert re.fullmatch(r"[A-Za-z0-9_-]{22}", answer.headers["x-request-id"])
                assert "access-control-allow-origin" not in answer.headers
                assert answer.status_code < 500 or answer.status_code == 503


@sqlite_only
async def test_a_strange_host_gets_no_say_in_the_policy(clinic: Clinic) -> None:
    for host in ("evil.example; script-src *", "a b", "x'y", "clinic.test/../"):
        answer = await clinic.browser().send("GET", "/healthz", host=host)
        assert "connect-src 'self';" in answer.headers["content-security-policy"]
        assert "script-src *" not in answer.headers["content-security-policy"]


async def test_head_is_get_without_a_body(clinic: Clinic) -> None:
    provider = clinic.staff("provider")
    for path in ("/v1/me", "/v1/providers", "/v1/visit-types", "/v1/practice/keys", "/healthz", "/openapi.json"):
        got, asked = await provider.send("GET", path), await provider.send("HEAD", path)
        assert asked.content == b""
        differing = {"x-request-id"}
        assert {k: v for k, v in asked.headers.items() if k not in differing} == {
            k: v for k, v in got.headers.items() if k not in differing
        }
        assert asked.status_code == got.status_code


JSON = "application/json"
REFUSED: dict[str, tuple[str, str, Callable[[Clinic], Any], dict[str, str], int, str]] = {
    "nobody": ("GET", "/v1/me", lambda _: None, {}, 401, "unauthenticated"),
    "no address": ("GET", "/v1/nothing", lambda _: None, {}, 404, "not-found"),
    "no method": ("PUT", "/v1/people", lambda _: {}, {}, 405, "method-not-allowed"),
    "no json": ("POST", "/v1/sessions", lambda _: b"<x/>", {"content_type": "text/xml"}, 415, "unsupported-media-type"),
    "broken json": ("POST", "/v1/sessions", lambda _: b"{", {"content_type": "application/json"}, 422, "invalid"),
    "wrong json": ("POST", "/v1/sessions", lambda _: [1], {}, 422, "invalid"),
    "too much": ("POST", "/v1/sessions", lambda _: b" " * 300_000, {"content_type": JSON}, 413, "too-large"),
}


@sqlite_only
@pytest.mark.parametrize("name", REFUSED)
async def test_every_refusal_is_a_problem_document(clinic: Clinic, name: str) -> None:
    method, path, body, headers, status, slug = REFUSED[name]
    answer = await clinic.browser().send(method, path, body(clinic), **headers)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["slug"]) == (status, status, slug)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert slug in SLUGS
    assert problem["type"] == f"urn:careroom:problem:{slug}"
    assert problem["instance"] == f"urn:careroom:request:{answer.headers['x-request-id']}"
    assert problem["title"]
    assert problem["detail"].endswith((".", "?"))
    if slug == "method-not-allowed":
        assert answer.headers["allow"] == "GET, HEAD, POST"


@sqlite_only
@pytest.mark.parametrize(
    ("fault", "status", "slug"),
    [
        (RuntimeError("the secret is 12345"), 500, "internal"),
        (OperationalError("SELECT 12345", {}, Exception("gone")), 503, "unavailable"),
        (ConnectionRefusedError(111, "12345"), 503, "unavailable"),
    ],
    ids=["a bug", "the database is gone", "nobody answers"],
)
async def test_a_crash_says_nothing_of_its_cause_and_keeps_the_headers(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int, slug: str
) -> None:
    async def broken(*_: object) -> None:
        raise fault

    monkeypatch.setattr("server.access.gate.principal_of", broken)
    before = await clinic.everything()
    answer = await clinic.staff("provider").send("GET", "/v1/board")
    assert (answer.status_code, answer.json()["slug"]) == (status, slug)
    assert "12345" not in answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.json()["instance"].endswith(answer.headers["x-request-id"])
    assert slug in SLUGS
    assert not issubclass(type(fault), Problem)
    assert await clinic.everything() == before


@sqlite_only
async def test_answers_about_people_are_kept_by_nobody(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone, provider = await clinic.arrive(booked), clinic.staff("provider")
    for browser, path in (
        (provider, "/v1/board"), (provider, "/v1/people?q=mar"), (phone, f"/v1/links/{booked.link_id}/visit"),
    ):  # fmt: skip
        assert (await browser.send("GET", path)).headers["cache-control"] == "no-store"
