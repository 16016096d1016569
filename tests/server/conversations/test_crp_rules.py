"""CRP-1 claims 9, 13, 15, 16, 19, 20 (the server's half): who may be certified, write, join and receive."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.conversations.crp import (
    POLICY,
    ZERO_ID,
    Cert,
    DeviceMember,
    Epoch,
    Invite,
    InviteEnd,
    KeyState,
    Open,
    RecordsKey,
    Revocation,
    StaffMember,
    current_records_key,
    sha256,
    verify_cert,
)
from server.conversations.crp_entries import MemberEntry
from server.core.errors import RefusedEpoch
from server.core.ids import new_id
from server.records import approve_device, ceremony

from .clinic import NOW, Clinic, open_clinic
from .crp_device import DAY, Device, hist_box, make_epoch, seal_grant, seal_message, text


@pytest.fixture
def clinic() -> Clinic:
    return open_clinic()


def current(clinic: Clinic) -> Epoch:
    epoch = clinic.state.epoch
    assert epoch is not None
    return epoch


def without(epoch: Epoch, to: str) -> Epoch:
    return replace(epoch, wraps=tuple(wrap for wrap in epoch.wraps if wrap.to != to))


def test_claim_9_no_epoch_without_the_records_key(clinic: Clinic) -> None:
    epoch, _ = make_epoch(clinic.staff, clinic.state, NOW, clinic.secret)
    bare = clinic.staff.signed(without(epoch, "rk:1"))
    with pytest.raises(RefusedEpoch, match="records key"):
        clinic.state.check_epoch(bare, NOW)


def test_claim_9_no_unsigned_or_foreign_records_key(clinic: Clinic) -> None:
    key = clinic.state.records_key
    other_practice, _ = ceremony(new_id(), "Elsewhere")
    same_root = replace(key, practice_id=new_id())
    for bad in (replace(key, sig=bytes(64)), replace(other_practice.records_key, practice_id=key.practice_id)):
        with pytest.raises(RefusedEpoch, match="signature"):
            replace(clinic.state, records_key=bad).allowed(NOW)
    with pytest.raises(RefusedEpoch, match="signature"):
        current_records_key([same_root], clinic.state.root_pub, NOW)
    with pytest.raises(RefusedEpoch, match="no records key"):
        current_records_key([replace(key, since=NOW + 1)], clinic.state.root_pub, NOW)


def test_claim_9_an_older_records_key_is_not_enough(clinic: Clinic) -> None:
    _, other = ceremony(clinic.state.practice_id, "x")
    pub = other.public().records_key.pub
    second = RecordsKey(clinic.state.practice_id, 2, pub, NOW, b"")
    second = replace(second, sig=clinic.sheet.root.sign(second.tbs))
    assert current_records_key([second, clinic.state.records_key], clinic.state.root_pub, NOW) == second
    epoch, _ = make_epoch(clinic.staff, clinic.state, NOW, clinic.secret)
    with pytest.raises(RefusedEpoch, match="records key"):
        replace(clinic.state, records_key=second).check_epoch(epoch, NOW)


def test_recipients_are_exactly_the_allowed(clinic: Clinic) -> None:
    epoch, _ = make_epoch(clinic.staff, clinic.state, NOW, clinic.secret)
    clinic.state.check_epoch(epoch, NOW)
    with pytest.raises(RefusedEpoch, match="recipients"):
        clinic.state.check_epoch(clinic.staff.signed(without(epoch, clinic.patient.to)), NOW)
    ghost = replace(epoch.wraps[0], to=f"dev:{new_id()}")
    with pytest.raises(RefusedEpoch, match="recipients"):
        clinic.state.check_epoch(clinic.staff.signed(replace(epoch, wraps=(*epoch.wraps, ghost))), NOW)
    outsider = Device(clinic.state.practice_id, new_id(), "clinician")
    with pytest.raises(RefusedEpoch, match="author"):
        clinic.state.check_epoch(outsider.signed(replace(epoch, by=outsider.device_id)), NOW)


def test_epochs_follow_each_other(clinic: Clinic) -> None:
    epoch, _ = make_epoch(clinic.staff, clinic.state, NOW, clinic.secret)
    for bad in (replace(epoch, n=3), replace(epoch, n=1), replace(epoch, prev=bytes(32)), replace(epoch, id=new_id())):
        with pytest.raises(RefusedEpoch):
            clinic.state.check_epoch(clinic.staff.signed(bad), NOW)


def test_claim_13_the_same_message_has_one_hash_and_another_has_not(clinic: Clinic) -> None:
    message = seal_message(clinic.patient, current(clinic), clinic.secret, text("hello", NOW))
    assert type(message).from_json(message.to_json()).hash == message.hash
    forged = clinic.patient.signed(replace(message, ct=message.ct[::-1]))
    assert (forged.msg_id, forged.hash != message.hash) == (message.msg_id, True)


def test_claim_15_and_16_history_waits_for_a_person(clinic: Clinic) -> None:
    first_secret = clinic.secret
    phone = Device(clinic.state.practice_id, clinic.state.person_id, "patient")
    clinic.join(phone, clinic.invite(clinic.staff, clinic.state.person_id))
    assert clinic.state.must_rotate(NOW)
    chained, _ = make_epoch(clinic.staff, clinic.state, NOW, first_secret)
    with pytest.raises(RefusedEpoch, match="older messages"):
        clinic.state.check_epoch(chained, NOW)
    second = clinic.rotate(clinic.staff)
    assert not second.hist
    assert phone.open_wrap(second) == clinic.secret != first_secret
    assert clinic.state.epochs[0].wrap_to(phone.to) is None
    for wrap in clinic.state.epochs[0].wraps:
        stolen = replace(clinic.state.epochs[0], wraps=(replace(wrap, to=phone.to),))
        with pytest.raises(InvalidTag):
            phone.open_wrap(stolen)
    # Staff vouch for it: a certificate, one grant, and from the next epoch on the chain again.
    clinic.know(clinic.staff.certify(clinic.cert_of(phone), NOW + 1))
    cert = clinic.cert_of(phone, NOW + 1)
    assert not cert.self_signed
    clinic.say(clinic.staff, "grant", seal_grant(clinic.state.epochs[0], first_secret, cert), NOW + 1)
    second_secret = clinic.secret
    with pytest.raises(RefusedEpoch, match="older messages"):
        clinic.state.check_epoch(make_epoch(clinic.staff, clinic.state, NOW + 1)[0], NOW + 1)
    third = clinic.rotate(clinic.staff, NOW + 1, older=second_secret)
    key, nonce, aad = hist_box(third, phone.open_wrap(third))
    assert AESGCM(key).decrypt(nonce, third.hist, aad) == second_secret


def test_claim_19_expired_and_revoked_devices_are_out(clinic: Clinic) -> None:
    colleague = clinic.new_staff()
    clinic.rotate(clinic.staff, NOW, clinic.secret)
    assert colleague.to in clinic.state.allowed(NOW)
    assert colleague.to not in clinic.state.allowed(NOW + 91 * DAY)
    admin = clinic.new_staff("admin")
    end = admin.revoke(clinic.cert_of(colleague), NOW + 10, "left")
    state = replace(clinic.state, revocations=[end])
    assert colleague.to in state.allowed(NOW + 9)
    assert colleague.to not in state.allowed(NOW + 10)
    assert state.must_rotate(NOW + 10)
    epoch, _ = make_epoch(admin, state, NOW + 10)
    with pytest.raises(RefusedEpoch, match="author"):
        state.check_epoch(colleague.signed(replace(epoch, by=colleague.device_id)), NOW + 10)
    with pytest.raises(RefusedEpoch):
        state.check_entry(colleague.entry(state, "remove", DeviceMember(clinic.patient.device_id), NOW + 11))
    assert state.check_entry(colleague.entry(state, "remove", DeviceMember(clinic.patient.device_id), NOW + 9))


def test_who_may_revoke_whom(clinic: Clinic) -> None:
    colleague, admin = clinic.new_staff("scheduler"), clinic.new_staff("admin")
    patient, staff = clinic.cert_of(clinic.patient), clinic.cert_of(clinic.staff)
    root = replace(admin.revoke(staff, NOW), by=ZERO_ID, sig=b"")
    root = replace(root, sig=clinic.sheet.root.sign(root.tbs))
    good = [colleague.revoke(patient, NOW), clinic.patient.revoke(patient, NOW), admin.revoke(staff, NOW), root]
    for end in good:
        clinic.state.directory.verify_revocation(Revocation.from_json(end.to_json()))
    bad = [
        colleague.revoke(staff, NOW), clinic.patient.revoke(staff, NOW), replace(root, reason="lost", at=NOW + 1),
        replace(good[0], sig=bytes(64)), Device(clinic.state.practice_id, new_id(), "admin").revoke(patient, NOW),
    ]  # fmt: skip
    for end in bad:
        with pytest.raises(RefusedEpoch):
            clinic.state.directory.verify_revocation(end)


def test_claim_20_one_device_per_invite(clinic: Clinic) -> None:
    invite_id = clinic.invite(clinic.staff, clinic.state.person_id)
    first, thief = (Device(clinic.state.practice_id, clinic.state.person_id, "patient") for _ in range(2))
    claim = clinic.join(first, invite_id)
    cert = thief.self_sign(NOW)
    second = thief.claim(cert, clinic.state.conv_id, invite_id, NOW)
    with pytest.raises(RefusedEpoch, match="another device"):
        clinic.state.check_claim(cert, second, NOW)
    slipped = replace(clinic.state, certs=[*clinic.state.certs, cert], claims=[*clinic.state.claims, second])
    assert thief.to not in slipped.allowed(NOW)
    again = next(c for c in clinic.state.certs if c.device_id == first.device_id)
    clinic.state.check_claim(again, claim, NOW)


def test_an_operator_cannot_invent_an_invite_or_a_device(clinic: Clinic) -> None:
    ghost = Device(clinic.state.practice_id, clinic.state.person_id, "patient")
    cert = ghost.self_sign(NOW)
    with pytest.raises(RefusedEpoch, match="no such invite"):
        clinic.state.check_claim(cert, ghost.claim(cert, clinic.state.conv_id, new_id(), NOW), NOW)
    invite = Invite(new_id(), clinic.state.person_id, sha256(b"x"), NOW + 60)
    fake = Device(clinic.state.practice_id, new_id(), "admin")
    for entry in (
        fake.entry(clinic.state, "add", invite, NOW),
        replace(clinic.staff.entry(clinic.state, "add", invite, NOW), at=NOW + 1),
        clinic.patient.entry(clinic.state, "add", invite, NOW),
    ):
        with pytest.raises(RefusedEpoch):
            clinic.state.check_entry(entry)
    unclaimed = replace(clinic.state, certs=[*clinic.state.certs, cert])
    assert ghost.to not in unclaimed.allowed(NOW)


@pytest.mark.parametrize("change", [{"at": NOW + 3601}, {"cert_hash": bytes(32)}, {"device_id": new_id()}])
def test_a_claim_must_fit(clinic: Clinic, change: dict[str, object]) -> None:
    invite_id = clinic.invite(clinic.staff, clinic.state.person_id)
    phone = Device(clinic.state.practice_id, clinic.state.person_id, "patient")
    cert = phone.self_sign(NOW)
    good = phone.claim(cert, clinic.state.conv_id, invite_id, NOW)
    clinic.state.check_claim(cert, good, NOW)
    with pytest.raises(RefusedEpoch):
        clinic.state.check_claim(cert, phone.signed(replace(good, **change)), NOW)  # type: ignore[arg-type]
    with pytest.raises(RefusedEpoch, match="ended"):
        clinic.state.check_claim(cert, good, NOW + 3601)
    stranger = Device(clinic.state.practice_id, new_id(), "patient")
    theirs = stranger.self_sign(NOW)
    with pytest.raises(RefusedEpoch, match="invited person"):
        clinic.state.check_claim(theirs, stranger.claim(theirs, clinic.state.conv_id, invite_id, NOW), NOW)
    clinic.say(clinic.staff, "remove", InviteEnd(invite_id), NOW + 5)
    with pytest.raises(RefusedEpoch, match="ended"):
        clinic.state.check_claim(cert, phone.signed(replace(good, at=NOW + 6)), NOW + 6)


def test_a_proxy_joins_as_a_proxy(clinic: Clinic) -> None:
    parent = Device(clinic.state.practice_id, new_id(), "proxy")
    clinic.join(parent, clinic.invite(clinic.staff, parent.person_id))
    assert parent.to in clinic.state.allowed(NOW)
    clinic.say(clinic.staff, "remove", DeviceMember(parent.device_id))
    assert parent.to not in clinic.state.allowed(NOW)


def test_a_listed_care_team_and_break_glass() -> None:
    clinic = open_clinic()
    other = clinic.new_staff()
    state = replace(clinic.state, conv_id=new_id(), members=[], claims=[], epochs=[])
    opening = Open(state.practice_id, state.person_id, (clinic.staff.person_id,), POLICY)
    state = replace(state, members=[clinic.staff.entry(state, "policy", opening, NOW)])
    assert (clinic.staff.to in state.allowed(NOW), other.to in state.allowed(NOW)) == (True, False)
    own = StaffMember(other.person_id)
    with pytest.raises(RefusedEpoch, match="care team"):
        state.check_entry(other.entry(state, "add", own, NOW))
    state = replace(state, members=[*state.members, other.entry(state, "add", own, NOW, "cover tonight")])
    assert other.to in state.allowed(NOW)
    state = replace(state, members=[*state.members, clinic.staff.entry(state, "remove", own, NOW)])
    assert other.to not in state.allowed(NOW)


def test_the_log_is_a_chain(clinic: Clinic) -> None:
    entry = clinic.staff.entry(clinic.state, "add", StaffMember(new_id()), NOW)
    assert MemberEntry.from_json(entry.to_json()) == entry
    for bad in (
        replace(entry, i=entry.i + 1), replace(entry, prev=bytes(32)), replace(entry, conv_id=new_id()),
        replace(entry, subject=Open(clinic.state.practice_id, clinic.state.person_id, (), POLICY), op="policy"),
    ):  # fmt: skip
        with pytest.raises(RefusedEpoch):
            clinic.state.check_entry(clinic.staff.signed(bad))
    empty = replace(clinic.state, members=[], claims=[], epochs=[])
    with pytest.raises(RefusedEpoch, match="first entry"):
        empty.check_entry(clinic.staff.entry(empty, "add", StaffMember(new_id()), NOW))
    wrong = Open(clinic.state.practice_id, new_id(), (), POLICY)
    with pytest.raises(RefusedEpoch, match="another patient"):
        empty.check_entry(clinic.staff.entry(empty, "policy", wrong, NOW))
    with pytest.raises(RefusedEpoch, match="No staff device"):
        empty.allowed(NOW)


def test_certificates_say_only_what_their_issuer_may(clinic: Clinic) -> None:
    staff, patient = clinic.cert_of(clinic.staff), clinic.cert_of(clinic.patient)
    root: Ed25519PrivateKey = clinic.sheet.root
    bad: list[tuple[Cert, Ed25519PrivateKey]] = [
        (replace(staff, not_after=staff.not_before + 91 * DAY), root),
        (replace(staff, role="patient"), root),
        (replace(staff, assurance="in_person"), root),
        (replace(patient, assurance="in_person"), clinic.patient.ds),
        (replace(patient, not_after=patient.not_before + 401 * DAY), clinic.patient.ds),
        (replace(patient, issuer_device_id=clinic.staff.device_id), clinic.staff.ds),
        (replace(staff, issuer_device_id=clinic.staff.device_id, device_id=new_id()), clinic.staff.ds),
    ]
    for cert, key in bad:
        with pytest.raises(RefusedEpoch):
            verify_cert(replace(cert, sig=key.sign(cert.tbs)), key.public_key().public_bytes_raw(), NOW)
    with pytest.raises(RefusedEpoch, match="expired"):
        verify_cert(staff, clinic.state.root_pub, NOW + 91 * DAY)
    with pytest.raises(RefusedEpoch, match="not valid yet"):
        verify_cert(staff, clinic.state.root_pub, NOW - 301)


def test_a_request_is_no_certificate(clinic: Clinic) -> None:
    ghost = Device(clinic.state.practice_id, new_id(), "admin")
    state: KeyState = replace(clinic.state, certs=[*clinic.state.certs, ghost.self_sign(NOW)])
    assert [why for _, why in state.directory.refused] == ["This is only a request for a certificate."]
    assert state.allowed(NOW) == clinic.state.allowed(NOW)
    with pytest.raises(RefusedEpoch):
        approve_device(clinic.sheet, replace(ghost.self_sign(NOW), person_id=new_id()), NOW)
    with pytest.raises(RefusedEpoch):
        approve_device(clinic.sheet, clinic.cert_of(clinic.patient), NOW)


def test_a_device_keeps_one_signing_key(clinic: Clinic) -> None:
    double = Device(clinic.state.practice_id, clinic.state.person_id, "patient", clinic.patient.device_id)
    state = replace(clinic.state, certs=[double.self_sign(NOW), *clinic.state.certs])
    assert len(state.directory.refused) == 1
    cert = double.self_sign(NOW)
    invite = clinic.invite(clinic.staff, clinic.state.person_id)
    with pytest.raises(RefusedEpoch, match="already known"):
        clinic.state.check_claim(cert, double.claim(cert, clinic.state.conv_id, invite, NOW), NOW)
