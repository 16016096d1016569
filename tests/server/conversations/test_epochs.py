"""Claims 9, 10, 12 and 19 at the server: what an epoch must hold, and who wins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.conversations import service
from server.conversations.crp import Epoch, RecordsKey, Wrap
from server.core.errors import RefusedEpoch, StaleEpoch
from server.core.ids import b64, new_id
from server.records import ceremony

from .crp_device import Device, wrap_for
from .ward import Patient, Ward


def without_records(ward: Ward, epoch: Epoch, secret: bytes) -> Epoch:
    return replace(epoch, wraps=tuple(wrap for wrap in epoch.wraps if not wrap.to.startswith("rk:")))


def with_foreign_records(ward: Ward, epoch: Epoch, secret: bytes) -> Epoch:
    public, _ = ceremony(new_id(), "Elsewhere")
    return _swap_records(epoch, public.records_key, secret)


def with_unsigned_records(ward: Ward, epoch: Epoch, secret: bytes) -> Epoch:
    """A newer records key that the root never signed."""
    public, _ = ceremony(ward.tenant, "Impostor")
    return _swap_records(epoch, replace(public.records_key, n=2, sig=bytes(64)), secret)


def with_a_stranger(ward: Ward, epoch: Epoch, secret: bytes) -> Epoch:
    stranger = Device(ward.tenant, new_id(), "patient").self_sign(ward.now)
    return replace(epoch, wraps=(*epoch.wraps, wrap_for(epoch, stranger.to, stranger.kid, stranger.dk_pub, secret)))


def without_the_patient(ward: Ward, epoch: Epoch, secret: bytes) -> Epoch:
    return replace(epoch, wraps=tuple(wrap for wrap in epoch.wraps if wrap.to in {ward.staff.to, "rk:1"}))


def _swap_records(epoch: Epoch, key: RecordsKey, secret: bytes) -> Epoch:
    others: tuple[Wrap, ...] = tuple(wrap for wrap in epoch.wraps if not wrap.to.startswith("rk:"))
    return replace(epoch, wraps=(*others, wrap_for(epoch, key.to, key.kid, key.pub, secret)))


@pytest.mark.parametrize(
    "spoil", [without_records, with_foreign_records, with_unsigned_records, with_a_stranger, without_the_patient]
)
async def test_recipients_are_exactly_the_allowed_ones_with_the_records_key(
    ward: Ward, spoil: Callable[[Ward, Epoch, bytes], Epoch]
) -> None:
    patient = await ward.joined()
    epoch, secret = await ward.new_epoch(patient.conversation_id)
    bad = ward.staff.signed(spoil(ward, epoch, secret))
    with pytest.raises(RefusedEpoch):
        await _post(ward, patient, bad)
    await _post(ward, patient, epoch)  # the honest one goes through: nothing else was wrong with it


async def test_an_unknown_suite_is_refused_everywhere(ward: Ward) -> None:
    patient = await ward.joined()
    epoch, _ = await ward.new_epoch(patient.conversation_id)
    staff = ward.as_(ward.staff)
    with pytest.raises(RefusedEpoch):
        await ward.act(staff, service.post_epoch, patient.conversation_id, {**epoch.to_json(), "suite": 2})
    await ward.rotate(patient.conversation_id)
    message = await ward.sealed(patient.conversation_id, ward.staff)
    with pytest.raises(RefusedEpoch):
        await ward.act(staff, service.post, patient.conversation_id, {**message.to_json(), "suite": 0})
    with pytest.raises(RefusedEpoch):
        await ward.act(staff, service.register, {**ward.staff.self_sign(ward.now).to_json(), "suite": "1"})


async def test_a_broken_signature_or_chain_is_refused(ward: Ward) -> None:
    patient = await ward.joined()
    epoch, _ = await ward.new_epoch(patient.conversation_id)
    for bad in (
        replace(epoch, sig=bytes(64)),
        ward.staff.signed(replace(epoch, prev=bytes([1]) * 32)),
        ward.staff.signed(replace(epoch, hist=bytes(48))),
        ward.staff.signed(replace(epoch, policy_hash=bytes(32))),
        Device(ward.tenant, ward.staff.person_id, "clinician", ward.staff.device_id).signed(epoch),
    ):
        with pytest.raises(RefusedEpoch):
            await _post(ward, patient, bad)


async def test_of_twenty_epochs_at_once_exactly_one_wins(ward: Ward) -> None:
    patient = await ward.joined()
    made = [(await ward.new_epoch(patient.conversation_id))[0] for _ in range(20)]
    results = await asyncio.gather(*(_post(ward, patient, epoch) for epoch in made), return_exceptions=True)
    won = [epoch for epoch, result in zip(made, results, strict=True) if not isinstance(result, BaseException)]
    lost = [result for result in results if isinstance(result, StaleEpoch)]
    assert (len(won), len(lost)) == (1, 19)
    assert {problem.extra["current"]["sig"] for problem in lost} == {b64(won[0].sig)}  # type: ignore[index]
    assert [epoch.hash for epoch in (await ward.state(patient.conversation_id)).epochs] == [won[0].hash]


async def test_the_same_epoch_again_is_answered_as_at_first(ward: Ward) -> None:
    patient = await ward.joined()
    epoch, _ = await ward.new_epoch(patient.conversation_id)
    first = await _post(ward, patient, epoch)
    assert await _post(ward, patient, epoch) == first
    with pytest.raises(StaleEpoch):
        await _post(ward, patient, ward.staff.signed(replace(epoch, n=3)))


async def test_nobody_posts_an_epoch_that_another_persons_device_signed(ward: Ward) -> None:
    patient = await ward.joined()
    epoch, _ = await ward.new_epoch(patient.conversation_id)
    with pytest.raises(RefusedEpoch):
        await ward.act(patient.principal, service.post_epoch, patient.conversation_id, epoch.to_json())


async def test_a_patient_may_open_an_epoch_too(ward: Ward) -> None:
    patient = await ward.joined()
    epoch, _ = await ward.new_epoch(patient.conversation_id, patient.device)
    made, _ = await ward.act(patient.principal, service.post_epoch, patient.conversation_id, epoch.to_json())
    assert made.by == patient.device.device_id


async def _post(ward: Ward, patient: Patient, epoch: Epoch) -> tuple[Epoch, int]:
    return await ward.act(ward.as_(ward.staff), service.post_epoch, patient.conversation_id, epoch.to_json())
