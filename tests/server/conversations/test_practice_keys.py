"""The practice's public keys, and what a change of staff or keys means while people are writing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from server.conversations import service
from server.core.errors import Conflict, NotFound, RefusedEpoch, StaleEpoch
from server.core.ids import new_id
from server.core.principal import system
from server.events import KeysChanged
from server.records import ceremony

from .crp_device import Device
from .ward import Ward


async def test_keys_are_installed_once_and_the_root_is_never_replaced(ward: Ward) -> None:
    admin = system(ward.tenant)
    public = ward.sheet.public()
    await ward.act(admin, service.install_practice_keys, public)  # the same again
    assert len(await ward.audit("practice.keys")) == 1
    other, _ = ceremony(ward.tenant, "Impostor")
    with pytest.raises(Conflict):
        await ward.act(admin, service.install_practice_keys, other)
    with pytest.raises(RefusedEpoch):
        await ward.act(admin, service.install_practice_keys, replace(public, records_key=other.records_key))
    foreign, _ = ceremony(new_id(), "Elsewhere")
    with pytest.raises(RefusedEpoch):
        await ward.act(admin, service.install_practice_keys, foreign)
    with pytest.raises(NotFound):
        await ward.act(system(new_id()), service.practice_keys)


async def test_a_new_records_key_asks_every_conversation_for_a_new_epoch(ward: Ward) -> None:
    patient = await ward.talking()
    ward.sheet = replace(ward.sheet, records_n=2, records_private=bytes(range(32)))
    async with ward.desk.unit(system(ward.tenant)) as unit:
        await service.install_practice_keys(unit, ward.sheet.public())
        await unit.settle()
        assert unit.emitted == [KeysChanged(conversation_id=patient.conversation_id)]
    with pytest.raises(StaleEpoch):
        await ward.post(patient.principal, await ward.sealed(patient.conversation_id, patient.device))
    epoch = await ward.rotate(patient.conversation_id)
    assert epoch.wrap_to("rk:2") is not None
    await ward.post(patient.principal, await ward.sealed(patient.conversation_id, patient.device))


async def test_the_same_certificate_many_times_at_once_is_one(ward: Ward) -> None:
    device = Device(ward.tenant, await ward.account(ward.as_(ward.staff).role), "clinician")
    request = device.self_sign(ward.now)
    asked = await asyncio.gather(*(ward.act(ward.as_(device), service.register, request.to_json()) for _ in range(8)))
    assert {one.state for one in asked} == {"pending"}
    cert = ward.approved(request).to_json()
    done = await asyncio.gather(*(ward.act(ward.admin, service.certify, device.device_id, cert) for _ in range(8)))
    assert {one.state for one in done} == {"certified"}
    assert len([line for line in await ward.audit("device.certify") if line.entity_id == device.device_id]) == 1


async def test_staff_come_while_people_write_and_nothing_waits_for_ever(ward: Ward) -> None:
    """Certifying touches every conversation, a post one: whoever comes first, each message is numbered or stale."""
    patients = [await ward.talking() for _ in range(3)]
    newcomers = []
    for _ in range(3):
        device = Device(ward.tenant, await ward.account(ward.as_(ward.staff).role), "clinician")
        request = device.self_sign(ward.now)
        await ward.act(ward.as_(device), service.register, request.to_json())
        newcomers.append((device, ward.approved(request).to_json()))
    messages = [(one, await ward.sealed(one.conversation_id, one.device)) for one in patients for _ in range(6)]
    results = await asyncio.wait_for(
        asyncio.gather(
            *(ward.post(one.principal, message) for one, message in messages[:9]),
            *(ward.act(ward.admin, service.certify, device.device_id, cert) for device, cert in newcomers),
            *(ward.post(one.principal, message) for one, message in messages[9:]),
            return_exceptions=True,
        ),
        timeout=60,
    )
    assert [one for one in results if isinstance(one, BaseException) and not isinstance(one, StaleEpoch)] == []
    for one in patients:
        rows = await ward.messages(one.conversation_id)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        epoch = await ward.rotate(one.conversation_id)
        assert {device.to for device, _ in newcomers} <= {wrap.to for wrap in epoch.wraps}
