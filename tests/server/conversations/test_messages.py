"""Claims 13 and 19, order and gaps: what happens to sealed messages at the server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from server.conversations import service
from server.conversations.crp import ZERO32, DeviceMember, Message, chain_hash
from server.conversations.keys import EPOCH_LIFE, EPOCH_MESSAGES
from server.conversations.machine import Act
from server.conversations.rooms import lock
from server.core.errors import (
    Conflict,
    IdempotencyConflict,
    ImpossibleMove,
    NotFound,
    RefusedEpoch,
    StaleEpoch,
    TooLarge,
)
from server.core.principal import system
from server.events import KeysChanged, MessagePosted
from tests.parts.desk import clock_of

from .crp_device import Device
from .ward import Patient, Ward


async def test_the_same_message_a_hundred_times_is_one_row(ward: Ward) -> None:
    patient = await ward.talking()
    await ward.post(ward.as_(ward.staff), await ward.sealed(patient.conversation_id, ward.staff, "first"))
    message = await ward.sealed(patient.conversation_id, patient.device)
    answers = await asyncio.gather(*(ward.post(patient.principal, message) for _ in range(100)))
    assert sorted(answer.again for answer in answers) == [False] + [True] * 99
    assert {(answer.seq, answer.chain, answer.received_at) for answer in answers} == {
        (2, answers[0].chain, answers[0].received_at)
    }
    assert len(await ward.messages(patient.conversation_id)) == 2
    with pytest.raises(IdempotencyConflict):
        await ward.post(patient.principal, patient.device.signed(replace(message, ct=message.ct + bytes(256))))
    assert len(await ward.messages(patient.conversation_id)) == 2


async def test_concurrent_messages_get_gapless_numbers_and_one_chain(ward: Ward) -> None:
    patient = await ward.talking()
    cid = patient.conversation_id
    made: list[tuple[Device, Message]] = []
    for index in range(30):
        author = patient.device if index % 2 else ward.staff
        made.append((author, await ward.sealed(cid, author, f"line {index}")))
    answers = await asyncio.gather(
        *(ward.post(patient.principal if by is patient.device else ward.as_(by), message) for by, message in made)
    )
    assert sorted(answer.seq for answer in answers) == list(range(1, 31))
    chain = ZERO32
    by_id = {message.msg_id: message for _, message in made}
    for place, row in enumerate(await ward.messages(cid), 1):
        chain = chain_hash(chain, by_id[row.msg_id])
        assert (row.seq, bytes(row.chain)) == (place, chain)
    async with ward.desk.unit(patient.principal, write=False) as unit:
        shown = await service.page(unit, cid, 28)
    assert [message["seq"] for message in shown["messages"]] == [29, 30]
    assert shown["head"]["seq"] == 30


async def test_what_is_stored_is_what_was_sent(ward: Ward) -> None:
    patient = await ward.talking()
    message = await ward.sealed(patient.conversation_id, patient.device, "a very private word")
    async with ward.desk.unit(patient.principal) as unit:
        posted = await service.post(unit, patient.conversation_id, message.to_json())
        await unit.settle()
        assert unit.emitted == [MessagePosted(conversation_id=patient.conversation_id, seq=1)]
    async with ward.desk.unit(ward.as_(ward.staff), write=False) as unit:
        shown = await service.message_json(unit, patient.conversation_id, posted.seq)
        with pytest.raises(NotFound):
            await service.message_json(unit, patient.conversation_id, 2)
    assert shown == message.to_json() | {"seq": 1, "received_at": posted.received_at}
    assert [line.agent_role for line in await ward.audit("message.post")] == ["patient"]


async def test_a_message_that_breaks_a_rule_is_refused_and_takes_no_number(ward: Ward) -> None:
    patient = await ward.talking()
    good = await ward.sealed(patient.conversation_id, patient.device)
    impostor = Device(ward.tenant, patient.person_id, "patient", patient.device.device_id)
    for bad, error in (
        (replace(good, sig=bytes(64)), RefusedEpoch),
        (impostor.signed(good), RefusedEpoch),
        (patient.device.signed(replace(good, ct=good.ct + b"x")), RefusedEpoch),
        (patient.device.signed(replace(good, commit=bytes(32))), RefusedEpoch),
        (patient.device.signed(replace(good, ct=bytes(65537 + 16))), (RefusedEpoch, TooLarge)),
        (ward.staff.signed(replace(good, device_id=ward.staff.device_id)), RefusedEpoch),  # posted by the patient
    ):
        with pytest.raises(error):
            await ward.post(patient.principal, bad)
    assert (await ward.post(patient.principal, good)).seq == 1


async def test_a_message_under_an_older_epoch_is_stale_and_told_the_current_one(ward: Ward) -> None:
    patient = await ward.talking()
    late = await ward.sealed(patient.conversation_id, patient.device)
    current = await ward.rotate(patient.conversation_id)
    with pytest.raises(StaleEpoch) as caught:
        await ward.post(patient.principal, late)
    assert caught.value.extra["current"] == current.to_json()


async def test_before_the_first_epoch_there_is_nothing_to_write_in(ward: Ward) -> None:
    patient = await ward.talking()
    other = await ward.joined()
    message = await ward.sealed(patient.conversation_id, patient.device)
    moved = other.device.signed(replace(message, conv_id=other.conversation_id, device_id=other.device.device_id))
    with pytest.raises(StaleEpoch) as caught:
        await ward.post(other.principal, moved)
    assert caught.value.extra["current"] is None


async def test_when_somebody_joins_the_next_message_needs_a_new_epoch(ward: Ward) -> None:
    patient = await ward.talking()
    message = await ward.sealed(patient.conversation_id, patient.device)
    await ward.new_staff()
    with pytest.raises(StaleEpoch):
        await ward.post(patient.principal, message)
    await ward.rotate(patient.conversation_id)
    again = await ward.sealed(patient.conversation_id, patient.device)
    assert (await ward.post(patient.principal, again)).seq == 1


async def test_an_epoch_ends_by_age_and_by_count(ward: Ward) -> None:
    patient = await ward.talking()
    async with ward.desk.unit(system(ward.tenant)) as unit:
        head = await lock(unit, patient.conversation_id)
        head.epoch_messages = EPOCH_MESSAGES
        unit.add(head)
    with pytest.raises(StaleEpoch):
        await ward.post(patient.principal, await ward.sealed(patient.conversation_id, patient.device))
    await ward.rotate(patient.conversation_id)
    await ward.post(patient.principal, await ward.sealed(patient.conversation_id, patient.device))
    clock_of(ward.desk).forward(EPOCH_LIFE)
    with pytest.raises(StaleEpoch):
        await ward.post(patient.principal, await ward.sealed(patient.conversation_id, patient.device))
    async with ward.desk.unit(patient.principal, write=False) as unit:
        assert (await service.snapshot(unit, patient.conversation_id))["keys"]["must_rotate"] is True


async def test_an_expired_staff_certificate_writes_nothing(ward: Ward) -> None:
    patient = await ward.talking()
    message = await ward.sealed(patient.conversation_id, ward.staff)
    clock_of(ward.desk).forward(timedelta(days=91))
    with pytest.raises(RefusedEpoch):
        await ward.post(ward.as_(ward.staff), message)
    assert await ward.messages(patient.conversation_id) == []


async def test_a_revoked_device_writes_nothing(ward: Ward) -> None:
    patient = await ward.talking()
    message = await ward.sealed(patient.conversation_id, patient.device)
    cert = (await ward.state(patient.conversation_id)).directory.valid(patient.device.device_id, ward.now)
    assert cert is not None
    end = ward.staff.revoke(cert, ward.now)
    async with ward.desk.unit(ward.as_(ward.staff)) as unit:
        await service.revoke(unit, end.to_json())
        await unit.settle()
        assert unit.emitted == [KeysChanged(conversation_id=patient.conversation_id)]
    with pytest.raises(RefusedEpoch):
        await ward.post(patient.principal, message)
    with pytest.raises(StaleEpoch):  # the others go on in an epoch without it
        await ward.post(ward.as_(ward.staff), await ward.sealed(patient.conversation_id, ward.staff))
    epoch = await ward.rotate(patient.conversation_id)
    assert epoch.wrap_to(patient.device.to) is None
    await ward.post(ward.as_(ward.staff), await ward.sealed(patient.conversation_id, ward.staff))


async def test_a_removed_device_writes_nothing(ward: Ward) -> None:
    patient = await ward.talking()
    message = await ward.sealed(patient.conversation_id, patient.device)
    await ward.say(patient.conversation_id, "remove", DeviceMember(patient.device.device_id))
    with pytest.raises(RefusedEpoch):
        await ward.post(patient.principal, message)


async def test_a_closed_conversation_is_read_only_until_it_is_reopened(ward: Ward) -> None:
    patient = await ward.talking()
    staff = ward.as_(ward.staff)
    message = await ward.sealed(patient.conversation_id, patient.device)
    assert (await ward.act(staff, service.change, patient.conversation_id, Act.close)).status == "closed"
    with pytest.raises(Conflict):
        await ward.post(patient.principal, message)
    await ward.act(staff, service.change, patient.conversation_id, Act.reopen)
    assert (await ward.post(patient.principal, message)).seq == 1
    with pytest.raises(ImpossibleMove):
        await ward.act(staff, service.change, patient.conversation_id, Act.archive)


async def test_a_conversation_belongs_to_its_patient_and_its_practice(ward: Ward) -> None:
    patient, stranger = await ward.talking(), await ward.patient()
    elsewhere = replace(ward.as_(ward.staff), tenant="another-practice")
    message = await ward.sealed(patient.conversation_id, patient.device)
    for principal in (stranger.principal, elsewhere):
        with pytest.raises(NotFound):
            await ward.post(principal, message)
        with pytest.raises(NotFound):
            await ward.act(principal, service.snapshot, patient.conversation_id)


async def _keys(ward: Ward, patient: Patient) -> int:
    async with ward.desk.unit(patient.principal, write=False) as unit:
        return await service.keys_version(unit, patient.conversation_id)


async def test_posting_changes_no_key(ward: Ward) -> None:
    patient = await ward.talking()
    before = await _keys(ward, patient)
    await ward.post(patient.principal, await ward.sealed(patient.conversation_id, patient.device))
    assert await _keys(ward, patient) == before
    await ward.rotate(patient.conversation_id)
    assert await _keys(ward, patient) == before + 1
