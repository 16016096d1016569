"""The OpenAPI document is valid and true: whatever is sent, the answer is one that it names, and never a 500."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.access.roles import POLICY
from server.api.openapi import document
from server.app import ROUTES
from server.core.principal import Role
from server.people.tables import ContactPoint, PersonContact
from server.reminders.unsubscribe import token_of
from tests.house.tree import ROOT
from tests.parts.clinic import Booked, Browser, Clinic, Seeded, open_clinic

schemathesis.serializer.alias("application/hl7-v2+er7", "text/plain")
DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(ROUTES, "test")))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12
INTERPRETER = {"name": "Ana", "phone": "+14155550101", "languages": ["pt"]}


def test_the_document_is_valid_openapi_3_1_and_names_every_route() -> None:
    SCHEMA.validate()
    assert DOCUMENT["openapi"].startswith("3.1")
    named = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert named == {(route.method, route.path) for route in ROUTES}
    ids = [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))


class Caller:
    """A clinic on a loop of its own: Hypothesis is synchronous, the application is not."""

    def __init__(self, url: str, folder: Path, seeded: Seeded) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.runner.run(self._open(url, folder, seeded))

    async def _open(self, url: str, folder: Path, seeded: Seeded) -> None:
        self.clinic: Clinic = await self.stack.enter_async_context(open_clinic(url, folder, seeded))
        self.booked: Booked = await self.clinic.book()
        self.browsers: dict[str, Browser] = {
            "anonymous": self.clinic.browser(), "patient": await self.clinic.arrive(self.booked),
            "unconfirmed": self.clinic.browser("patient"),
            **{name: self.clinic.staff(name) for name in ("provider", "second", "scheduler", "admin")},
        }  # fmt: skip
        await self.browsers["unconfirmed"].post(f"/v1/links/{self.booked.link_id}/ready", self.booked.ready)
        guest = await self.clinic.guest(self.booked, "family")
        row = await self.clinic.row(self.booked)
        entry = row["entry"]["id"]
        one = self.booked
        self.ids = {
            "appointment_id": one.id, "link_id": one.link_id, "entry_id": entry, "visit_id": one.visit_id,
            "conversation_id": one.conversation_id, "device_id": "A" * 22,
            **dict.fromkeys(("offer_id", "waitlist_id", "item_id"), "A" * 22), "task_id": "A" * 22, "pool_id": "A" * 22,
            "token": token_of(self.clinic.house.keys, (await self.clinic.all(ContactPoint))[0].id),
            "session_id": row["devices"][1]["id"], "guest_id": guest.link,
            **dict.fromkeys(("account_id", "lane"), self.clinic.north.accounts["provider"]),
            "contact_id": (await self.clinic.all(PersonContact))[0].id, "person_id": one.person_id,
            "interpreter_id": (await self.browsers["admin"].post("/v1/interpreters", INTERPRETER))["id"],
            "questionnaire_id": (await self.browsers["admin"].post("/v1/questionnaires", {"library": "phq-9"}))["id"],
            **await self._scheduling(),
        }  # fmt: skip

    async def _scheduling(self) -> dict[str, str]:
        """A hold of the scheduler's, a day that differs, a family at one time."""
        desk, provider = self.browsers["scheduler"], self.clinic.north.accounts["provider"]
        wanted = {"provider_id": provider, "visit_type_id": self.clinic.north.visit_type}
        hold = await desk.post("/v1/holds", {**wanted, "start": "2031-05-05T10:00:00Z"})
        away = await desk.post(f"/v1/providers/{provider}/exceptions", {"day": "2031-05-05", "kind": "closed"})
        people = [{"person_id": await self.clinic.person(given=name, phone=None)} for name in ("Ann", "Ben")]
        group = await desk.post("/v1/groups", {**wanted, "start": "2031-05-06T10:00:00Z", "people": people})
        absence = await desk.post("/v1/absences", {"provider_id": provider})
        return {
            **wanted, "absence_id": absence["id"], "group_id": group["group_id"], "hold_id": hold["id"],
            "exception_id": away["id"],
        }  # fmt: skip

    def browser(self, action: str) -> Browser:
        """Somebody who may do this. Signing out is somebody's whom nobody else here needs."""
        if action == "session.end":
            return self.browsers["second"]
        allowed = POLICY[action]
        for role in (Role.anonymous, Role.provider, Role.scheduler, Role.admin, Role.patient, Role.unconfirmed):
            if role in allowed:
                return self.browsers[role.value]
        raise LookupError(action)

    def send(self, browser: Browser, kwargs: dict[str, Any]) -> httpx.Response:
        request = browser.http.build_request(
            kwargs["method"], kwargs["url"], params=kwargs.get("params"), headers=kwargs.get("headers"),
            json=kwargs.get("json"), content=kwargs.get("data"),
        )  # fmt: skip
        return self.runner.run(browser.http.send(request))

    def close(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()


@pytest.fixture
def caller(place: tuple[str, Seeded], tmp_path: Path) -> Iterator[Caller]:
    made = Caller(place[0], tmp_path, place[1])
    yield made
    made.close()


@pytest.mark.timeout(400)
def test_whatever_is_sent_the_answer_is_one_that_the_document_names(caller: Caller) -> None:
    statuses: dict[str, set[int]] = {}

    def tell(operation: Any, real_ids: bool) -> None:
        action = operation.definition.raw["x-action"]
        browser = caller.browser(action)

        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            if real_ids and case.path_parameters:
                case.path_parameters = {name: caller.ids[name] for name in case.path_parameters}
            kwargs = case.as_transport_kwargs(base_url="http://clinic.test")
            headers = {name: value for name, value in dict(kwargs.get("headers") or {}).items() if value is not None}
            headers = {name: value for name, value in headers.items() if name.lower() != "x-careroom-role"}
            kwargs["headers"] = headers | ({"X-Careroom-Role": browser.role} if browser.role else {})
            answer = caller.send(browser, kwargs)
            statuses.setdefault(operation.label, set()).add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        send()

    for operation in OPERATIONS:
        tell(operation, real_ids=False)
        if "{" in operation.path:
            tell(operation, real_ids=True)
    good = {label for label, seen in statuses.items() if any(status < 300 for status in seen)}
    assert len(statuses) == len(OPERATIONS)
    assert len(good) > len(OPERATIONS) / 3, "most of it was refused: this would prove nothing"


def test_the_command_line_prints_the_same_document() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "openapi"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    printed = json.loads(done.stdout)
    assert printed["paths"] == DOCUMENT["paths"]
