"""The same over HTTP: statuses, problems, who may ask, and that a refused second claim still leaves its alarm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette

from server.access import sessions
from server.access.gate import AccessGate
from server.access.tables import Account
from server.api.context import Ports
from server.api.problems import on_problem
from server.api.routing import build
from server.conversations.routes import ROUTES
from server.core.errors import Problem
from server.core.ids import b64
from server.core.principal import Role, system

from .crp_device import Device
from .ward import Patient, Ward


@pytest.fixture
async def http(ward: Ward) -> AsyncIterator[httpx.AsyncClient]:
    gate = AccessGate(ward.desk.store, ward.desk.clock)
    ports = cast("Ports", SimpleNamespace(gate=gate, desk=ward.desk, settings=SimpleNamespace(secure=False)))
    app = Starlette(routes=[build(route, ports) for route in ROUTES], exception_handlers={Problem: on_problem})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://clinic.example") as client:
        yield client


async def _sign_in(ward: Ward, device: Device, role: Role = Role.provider) -> dict[str, str]:
    async with ward.desk.unit(system(ward.tenant)) as unit:
        account = await unit.get(Account, device.person_id)
        token = await sessions.open_staff(unit, account, role, timedelta(hours=1))
    return {"authorization": f"Bearer {token}", "x-careroom-role": role.value}


def _of(patient: Patient) -> dict[str, str]:
    return {"authorization": f"Bearer {patient.token}", "x-careroom-role": "patient"}


def _claim(ward: Ward, patient: Patient) -> dict[str, Any]:
    cert = patient.device.self_sign(ward.now)
    claim = patient.device.claim(cert, patient.conversation_id, patient.link_id, ward.now)
    return {"cert": cert.to_json(), "claim": claim.to_json()}


async def test_a_second_claim_is_a_409_and_its_alarm_is_kept(ward: Ward, http: httpx.AsyncClient) -> None:
    patient = await ward.patient()
    await ward.open(patient)
    await ward.invite(patient)
    thief = await ward.arrive(patient.person_id, patient.appointment_id)
    path = f"/v1/conversations/{patient.conversation_id}/claims"
    first = await http.post(path, json=_claim(ward, patient), headers=_of(patient))
    assert (first.status_code, first.json()["device_id"]) == (201, patient.device.device_id)
    second = await http.post(path, json=_claim(ward, thief), headers=_of(thief))
    assert (second.status_code, second.json()["slug"]) == (409, "conflict")
    assert second.headers["content-type"] == "application/problem+json"
    assert len(await ward.audit("invite.second-claim")) == 1


async def test_a_message_is_created_then_known_then_stale(ward: Ward, http: httpx.AsyncClient) -> None:
    patient = await ward.talking()
    path = f"/v1/conversations/{patient.conversation_id}/messages"
    message = (await ward.sealed(patient.conversation_id, patient.device)).to_json()
    answers = [await http.post(path, json=message, headers=_of(patient)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    late = (await ward.sealed(patient.conversation_id, patient.device)).to_json()
    epoch = await ward.rotate(patient.conversation_id)
    stale = await http.post(path, json=late, headers=_of(patient))
    assert (stale.status_code, stale.json()["slug"]) == (409, "stale-epoch")
    assert stale.json()["current"] == epoch.to_json()
    page = await http.get(path, params={"after": "0"}, headers=_of(patient))
    assert [one["msg_id"] for one in page.json()["messages"]] == [message["msg_id"]]
    assert page.json()["head"]["seq"] == 1


async def test_the_snapshot_has_heads_keys_and_messages_and_its_first_reading_is_written_down(
    ward: Ward, http: httpx.AsyncClient
) -> None:
    patient = await ward.talking()
    await ward.post(patient.principal, await ward.sealed(patient.conversation_id, patient.device))
    staff = await _sign_in(ward, ward.staff)
    for _ in range(2):
        shown = (await http.get(f"/v1/conversations/{patient.conversation_id}", headers=staff)).json()
    assert set(shown) == {"heads", "conversation", "keys_version", "keys", "messages"}
    assert set(shown["heads"]) == {f"conv:{patient.conversation_id}"}
    assert list(shown["messages"]) == ["1"]
    assert {"now", "conversation", "practice", "devices", "members", "claims", "revocations", "epoch", "epochs",
            "must_rotate", "head", "invites_wanted"} == set(shown["keys"])  # fmt: skip
    assert len(await ward.audit("conversation.read")) == 1
    again = await _sign_in(ward, ward.staff)
    await http.get(f"/v1/conversations/{patient.conversation_id}", headers=again)
    assert len(await ward.audit("conversation.read")) == 2


async def test_a_staff_device_asks_waits_and_is_certified(ward: Ward, http: httpx.AsyncClient) -> None:
    device = Device(ward.tenant, await ward.account(Role.provider, Role.admin), "clinician")
    provider, admin = await _sign_in(ward, device), await _sign_in(ward, device, Role.admin)
    request = device.self_sign(ward.now)
    asked = await http.post("/v1/devices", json=request.to_json(), headers=provider)
    assert (asked.status_code, asked.json()["state"]) == (202, "pending")
    assert (await http.get("/v1/devices", headers=provider)).status_code == 403
    waiting = (await http.get("/v1/devices", params={"state": "pending"}, headers=admin)).json()["devices"]
    assert [one["cert"] for one in waiting] == [request.to_json()]
    cert = ward.approved(request)
    done = await http.post(f"/v1/devices/{device.device_id}/certificate", json=cert.to_json(), headers=admin)
    assert (done.status_code, done.json()["state"]) == (201, "certified")
    mine = await http.get("/v1/devices/mine", params={"device_id": device.device_id}, headers=provider)
    assert (mine.json()["state"], mine.json()["cert"]) == ("certified", cert.to_json())


async def test_keys_and_export_are_for_those_who_may(ward: Ward, http: httpx.AsyncClient) -> None:
    patient = await ward.talking()
    shown = (await http.get("/v1/practice/keys", headers=_of(patient))).json()
    assert shown["root_pub"] == b64(ward.sheet.public().root_pub)
    assert (await http.get("/v1/records/export", headers=_of(patient))).status_code == 403
    assert (await http.get("/v1/practice/keys")).status_code == 401
    other = await ward.patient()
    for path in ("", "/keys", "/messages"):
        answer = await http.get(f"/v1/conversations/{patient.conversation_id}{path}", headers=_of(other))
        assert answer.status_code == 404


async def test_garbage_is_a_422_and_never_a_500(ward: Ward, http: httpx.AsyncClient) -> None:
    patient = await ward.talking()
    headers = _of(patient)
    base = f"/v1/conversations/{patient.conversation_id}"
    for path in ("/epochs", "/messages"):
        for body in ({}, {"suite": 1}, {"suite": 1, "conv_id": 7}, {"suite": 1.0}, {"suite": None, "id": ["x"]}):
            assert (await http.post(base + path, json=body, headers=headers)).status_code == 422
    wrong: list[dict[str, Any]] = [{}, {"cert": {}, "claim": {}}, {"cert": [], "claim": None}]
    for claim in wrong:
        assert (await http.post(f"{base}/claims", json=claim, headers=headers)).status_code == 422
    staff = await _sign_in(ward, ward.staff)
    for path in (f"{base}/members", "/v1/devices", "/v1/revocations"):
        assert (await http.post(path, json={"suite": 1, "op": "add"}, headers=staff)).status_code == 422
