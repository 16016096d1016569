"""Claim 20 and the membership log at the server: invites, claims, vouching, and who may sign what."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from server.conversations import service
from server.conversations.crp import POLICY, Invite, Open, sha256
from server.core.errors import Conflict, Forbidden, NotFound, RefusedEpoch, StaleVersion
from server.core.ids import unb64
from server.core.principal import system
from server.events import AppointmentBooked, KeysChanged
from tests.parts.desk import clock_of

from .crp_device import DAY, Device
from .ward import Patient, Ward


async def test_the_first_booking_makes_the_conversation_and_later_ones_find_it(ward: Ward) -> None:
    person_id = await ward.person()
    appointment = await ward.book(person_id)
    first = await ward.arrive(person_id, appointment)
    second = await ward.arrive(person_id, await ward.book(person_id))
    assert first.conversation_id == second.conversation_id
    async with ward.desk.unit(system(ward.tenant)) as unit:
        assert await service.ids_of_people(unit, [person_id]) == {person_id: first.conversation_id}
        await service.when_booked(unit, AppointmentBooked(appointment_id=appointment))
        await unit.settle()
        assert unit.emitted == [KeysChanged(conversation_id=first.conversation_id)]


async def test_two_bookings_at_once_make_one_conversation(ward: Ward) -> None:
    person_id = await ward.person()
    await asyncio.gather(*(ward.book(person_id) for _ in range(5)))
    assert len(await ward.audit("conversation.create")) == 1


async def test_the_server_says_which_invites_are_wanted_and_the_patient_which_is_theirs(ward: Ward) -> None:
    patient = await ward.patient()
    await ward.open(patient)
    assert await _shown(ward, patient) == {"wanted": [patient.link_id], "own": None}
    await ward.invite(patient)
    assert await _shown(ward, patient) == {"wanted": [], "own": {"id": patient.link_id}}
    await ward.claim(patient)
    assert await _shown(ward, patient) == {"wanted": [], "own": None}


async def test_an_invite_must_be_for_one_of_this_patients_links(ward: Ward) -> None:
    patient, other = await ward.patient(), await ward.patient()
    await ward.open(patient)
    async with ward.desk.unit(ward.as_(ward.staff), write=False) as unit:
        conversation = await service.reachable(unit, patient.conversation_id)
        wish = (await service.key_state(unit, conversation))["invites_wanted"][0]
    good = Invite(wish["invite_id"], wish["person_id"], unb64(wish["token_hash"]), wish["exp"])
    for bad in (
        replace(good, token_hash=sha256(b"another token")),
        replace(good, invite_id=other.link_id),
        replace(good, person_id=other.person_id),
    ):
        with pytest.raises(RefusedEpoch):
            await ward.say(patient.conversation_id, "add", bad)
    await ward.say(patient.conversation_id, "add", good)


async def test_a_second_claim_is_refused_and_written_down(ward: Ward) -> None:
    patient = await ward.joined()
    thief = await ward.arrive(patient.person_id, patient.appointment_id)
    assert (await ward.claim(thief)).second
    alarms = await ward.audit("invite.second-claim")
    assert [(line.outcome, line.entity_id, line.agent_id) for line in alarms] == [
        ("4", patient.conversation_id, thief.principal.session_id)
    ]
    state = await ward.state(patient.conversation_id)
    assert thief.device.to not in state.allowed(ward.now)
    assert patient.device.to in state.allowed(ward.now)
    assert state.directory.known(thief.device.device_id) is None


async def test_of_many_claims_at_once_one_is_admitted(ward: Ward) -> None:
    first = await ward.patient()
    await ward.open(first)
    await ward.invite(first)
    phones = [await ward.arrive(first.person_id, first.appointment_id) for _ in range(8)]
    done = await asyncio.gather(*(ward.claim(phone) for phone in phones))
    assert sorted(one.second for one in done) == [False] + [True] * 7
    assert len((await ward.state(first.conversation_id)).claims) == 1
    assert len(await ward.audit("invite.second-claim")) == 7


async def test_the_same_claim_again_is_answered_as_at_first(ward: Ward) -> None:
    patient = await ward.patient()
    await ward.open(patient)
    await ward.invite(patient)
    cert = patient.device.self_sign(ward.now)
    claim = patient.device.claim(cert, patient.conversation_id, patient.link_id, ward.now)
    for _ in range(3):
        done = await ward.act(
            patient.principal, service.claim, patient.conversation_id, cert.to_json(), claim.to_json()
        )
        assert not done.second
    assert len((await ward.state(patient.conversation_id)).claims) == 1


async def test_a_claim_needs_a_signed_invite_the_right_link_and_the_right_time(ward: Ward) -> None:
    patient, other = await ward.patient(), await ward.patient()
    await ward.open(patient)
    with pytest.raises(RefusedEpoch):
        await ward.claim(patient)  # nobody signed the invite yet
    await ward.invite(patient)
    with pytest.raises(NotFound):
        await ward.claim(replace(patient, principal=other.principal))
    later = await ward.arrive(patient.person_id, await ward.book(patient.person_id))
    with pytest.raises(Forbidden):  # the same person, by another link
        await ward.claim(replace(later, link_id=patient.link_id))
    clock_of(ward.desk).forward(timedelta(days=8))
    with pytest.raises(RefusedEpoch):
        await ward.claim(patient)


async def test_an_entry_that_does_not_follow_is_stale(ward: Ward) -> None:
    patient = await ward.patient()
    await ward.open(patient)
    state = replace(await ward.state(patient.conversation_id), members=())
    entry = ward.staff.entry(state, "policy", Open(ward.tenant, patient.person_id, (), POLICY), ward.now + 1)
    with pytest.raises(StaleVersion):
        await ward.act(ward.as_(ward.staff), service.add_entry, patient.conversation_id, entry.to_json())
    stored = (await ward.state(patient.conversation_id)).members[0]
    again, _ = await ward.act(ward.as_(ward.staff), service.add_entry, patient.conversation_id, stored.to_json())
    assert again == stored


async def test_of_entries_at_once_one_takes_the_place(ward: Ward) -> None:
    patient = await ward.patient()
    state = await ward.state(patient.conversation_id)
    subject = Open(ward.tenant, patient.person_id, (), POLICY)
    made = [ward.staff.entry(state, "policy", subject, ward.now, reason=str(place)) for place in range(10)]
    staff = ward.as_(ward.staff)
    results = await asyncio.gather(
        *(ward.act(staff, service.add_entry, patient.conversation_id, entry.to_json()) for entry in made),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["StaleVersion"] * 9 + ["tuple"]


async def test_the_first_entry_names_this_patient_and_all_certified_staff(ward: Ward) -> None:
    patient, other = await ward.patient(), await ward.patient()
    for bad in (
        Open(ward.tenant, other.person_id, (), POLICY),
        Open(ward.tenant, patient.person_id, (ward.staff.person_id,), POLICY),
        Open(ward.tenant, patient.person_id, (), "recipients=everybody"),
    ):
        with pytest.raises(RefusedEpoch):
            await ward.say(patient.conversation_id, "policy", bad)
    await ward.open(patient)


async def test_only_a_certified_staff_device_of_the_signed_in_person_signs_entries(ward: Ward) -> None:
    patient = await ward.patient()
    pending = Device(ward.tenant, ward.staff.person_id, "clinician")
    await ward.act(ward.as_(pending), service.register, pending.self_sign(ward.now).to_json())
    with pytest.raises(RefusedEpoch):
        await ward.say(patient.conversation_id, "policy", Open(ward.tenant, patient.person_id, (), POLICY), by=pending)
    colleague = await ward.new_staff()
    entry = ward.staff.entry(
        await ward.state(patient.conversation_id), "policy", Open(ward.tenant, patient.person_id, (), POLICY), ward.now
    )
    with pytest.raises(RefusedEpoch):
        await ward.act(ward.as_(colleague), service.add_entry, patient.conversation_id, entry.to_json())


async def test_an_expired_device_cannot_sign_into_the_past(ward: Ward) -> None:
    patient = await ward.patient()
    then = ward.now
    state = await ward.state(patient.conversation_id)
    entry = ward.staff.entry(state, "policy", Open(ward.tenant, patient.person_id, (), POLICY), then)
    clock_of(ward.desk).forward(timedelta(days=91))
    with pytest.raises(RefusedEpoch):
        await ward.act(ward.as_(ward.staff), service.add_entry, patient.conversation_id, entry.to_json())


async def test_vouching_makes_a_phone_certified(ward: Ward) -> None:
    patient = await ward.talking()
    own = (await ward.state(patient.conversation_id)).directory.valid(patient.device.device_id, ward.now)
    assert own is not None
    better = ward.staff.certify(own, ward.now)
    with pytest.raises(RefusedEpoch):  # a colleague may not post what this device signed
        await ward.act(ward.as_(await ward.new_staff()), service.register, better.to_json())
    shown = await ward.act(ward.as_(ward.staff), service.register, better.to_json())
    assert (shown.state, shown.person_id) == ("certified", patient.person_id)
    state = await ward.state(patient.conversation_id)
    certified = state.directory.certified(patient.device.device_id, ward.now)
    assert certified is not None
    assert certified.assurance == "video_sas"


async def test_the_end_of_a_device_cannot_lie_before_what_it_signed(ward: Ward) -> None:
    """Otherwise a late revocation would break the log it had signed, for everybody."""
    patient = await ward.talking()
    cert = (await ward.state(patient.conversation_id)).directory.valid(ward.staff.device_id, ward.now)
    assert cert is not None
    admin = await ward.new_staff("admin")
    with pytest.raises(Conflict):
        await ward.act(ward.as_(admin), service.revoke, admin.revoke(cert, ward.now - 60).to_json())
    clock_of(ward.desk).forward(timedelta(minutes=1))
    await ward.act(ward.as_(admin), service.revoke, admin.revoke(cert, ward.now).to_json())
    state = await ward.state(patient.conversation_id)
    assert ward.staff.to not in state.allowed(ward.now)
    assert state.log.opened is not None


async def test_who_may_end_a_device(ward: Ward) -> None:
    patient, colleague = await ward.talking(), await ward.new_staff()
    cert = (await ward.state(patient.conversation_id)).directory.valid(ward.staff.device_id, ward.now)
    assert cert is not None
    for by, principal in ((colleague, ward.as_(colleague)), (patient.device, patient.principal)):
        with pytest.raises(RefusedEpoch):
            await ward.act(principal, service.revoke, by.revoke(cert, ward.now).to_json())
    own = (await ward.state(patient.conversation_id)).directory.valid(patient.device.device_id, ward.now)
    assert own is not None
    await ward.act(patient.principal, service.revoke, patient.device.revoke(own, ward.now, "replaced").to_json())
    assert (await ward.state(patient.conversation_id)).directory.ended_at(patient.device.device_id) is not None


async def test_a_certificate_of_the_wrong_root_or_for_other_keys_is_refused(ward: Ward) -> None:
    device = Device(ward.tenant, await ward.account(*[ward.as_(ward.staff).role]), "clinician")
    request = device.self_sign(ward.now)
    shown = await ward.act(ward.as_(device), service.register, request.to_json())
    assert (shown.state, shown.cert) == ("pending", None)
    good = ward.backdated(
        replace(request, assurance="practice", issuer_device_id="A" * 22), not_before=ward.now,
        not_after=ward.now + 90 * DAY,
    )  # fmt: skip
    other = Device(ward.tenant, device.person_id, "clinician").self_sign(ward.now)
    for bad in (
        replace(good, sig=bytes(64)),
        ward.backdated(replace(good, dk_pub=other.dk_pub)),
        ward.backdated(replace(good, ds_pub=other.ds_pub)),
        ward.backdated(replace(good, role="admin")),
        ward.backdated(good, not_after=ward.now + 91 * DAY),
        ward.backdated(good, not_before=ward.now - 20 * DAY, not_after=ward.now - 1),
        request,
    ):
        with pytest.raises(RefusedEpoch):
            await ward.act(ward.admin, service.certify, device.device_id, bad.to_json())
    waiting = await ward.act(ward.admin, service.listing, pending=True)
    assert [(one.device_id, one.name) for one in waiting] == [(device.device_id, "Dr Ada Stone")]
    assert (await ward.act(ward.admin, service.certify, device.device_id, good.to_json())).state == "certified"
    assert (await ward.act(ward.as_(device), service.mine, device.device_id)).state == "certified"
    assert await ward.act(ward.admin, service.listing, pending=True) == []
    with pytest.raises(NotFound):
        await ward.act(ward.as_(ward.staff), service.mine, device.device_id)


async def test_a_device_asks_only_for_its_user_in_a_role_they_have(ward: Ward) -> None:
    for device in (
        Device(ward.tenant, ward.staff.person_id, "admin"),
        Device(ward.tenant, "B" * 21 + "A", "clinician"),
    ):
        with pytest.raises(Forbidden):
            await ward.act(ward.as_(ward.staff), service.register, device.self_sign(ward.now).to_json())
    thief = Device(ward.tenant, ward.staff.person_id, "clinician", ward.staff.device_id)
    with pytest.raises(RefusedEpoch):  # a known device id with another key
        await ward.act(ward.as_(ward.staff), service.register, thief.self_sign(ward.now).to_json())


async def _shown(ward: Ward, patient: Patient) -> dict[str, object]:
    async with ward.desk.unit(ward.as_(ward.staff), write=False) as unit:
        staff = await service.snapshot(unit, patient.conversation_id)
    async with ward.desk.unit(patient.principal, write=False) as unit:
        own = await service.snapshot(unit, patient.conversation_id)
    assert "invites_wanted" not in own["keys"]
    return {"wanted": [wish["invite_id"] for wish in staff["keys"]["invites_wanted"]], "own": own["keys"]["invite"]}
