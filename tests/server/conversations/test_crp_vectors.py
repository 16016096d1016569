"""Claim 3: what one side seals the other opens, and every deterministic byte is equal (tests/data/crp/README.md)."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from server.conversations.crp import (
    ZERO32,
    Cert,
    Claim,
    Epoch,
    Hello,
    KeyState,
    MemberEntry,
    Message,
    RecordsKey,
    Revocation,
    chain_hash,
    device_fingerprint,
)
from server.core.ids import b64, new_id, unb64
from server.records import Received, Sheet, epoch_commit, export, message_key, open_epoch

from .clinic import NOW, open_clinic
from .crp_device import Device, seal_grant

DATA = Path(__file__).parents[2] / "data" / "crp"
Data = dict[str, Any]


def state_of(wire: Data) -> KeyState:
    conversation, practice = wire["conversation"], wire["practice"]
    return KeyState(
        conversation["practice_id"],
        conversation["id"],
        conversation["person_id"],
        unb64(practice["root_pub"]),
        RecordsKey.from_json(practice["records_key"], conversation["practice_id"]),
        [Cert.from_json(one) for one in wire["devices"]],
        [MemberEntry.from_json(one) for one in wire["members"]],
        [Claim.from_json(one) for one in wire["claims"]],
        [Revocation.from_json(one) for one in wire["revocations"]],
        [Epoch.from_json(one) for one in wire["epochs"]],
    )


def received_of(rows: list[Data]) -> list[Received]:
    return [Received(row["seq"], row["received_at"], Message.from_json(row)) for row in rows]


def signed_bytes(data: Data) -> Data:
    """Every deterministic byte string of a vector file, computed from its records."""
    state = state_of(data["state"])
    received = received_of(data["messages"])
    secrets = {int(n): unb64(secret) for n, secret in data["secrets"].items()}
    keys = [message_key(item.message, secrets[item.message.n]) for item in received]
    return {
        "records_key": b64(state.records_key.tbs),
        "certs": [b64(cert.tbs) for cert in state.certs],
        "device_fingerprints": [device_fingerprint(cert.ds_pub) for cert in state.certs],
        "members": [b64(entry.tbs) for entry in state.members],
        "claims": [b64(claim.tbs) for claim in state.claims],
        "revocations": [b64(end.tbs) for end in state.revocations],
        "epochs": [b64(epoch.tbs) for epoch in state.epochs],
        "commits": [b64(epoch_commit(epoch.kind, epoch.id, epoch.n, secrets[epoch.n])) for epoch in state.epochs],
        "messages": [b64(item.message.tbs) for item in received],
        "message_hashes": [b64(item.message.hash) for item in received],
        "message_keys": [b64(key + nonce) for key, nonce in keys],
        "hello": b64(Hello.from_json(data["hello"]).tbs),
    }


def device_of(data: Data, state: KeyState, name: str) -> Device:
    one = data["keys"][name]
    cert = next(cert for cert in state.certs if cert.device_id == one["device_id"])
    ds = Ed25519PrivateKey.from_private_bytes(unb64(one["ds"]))
    dk = X25519PrivateKey.from_private_bytes(unb64(one["dk"]))
    return Device(cert.practice_id, cert.person_id, cert.role, cert.device_id, ds, dk)


def make_vectors() -> Data:
    """A conversation with everything in it: two epochs, history, a grant, an ended device, a hello."""
    clinic = open_clinic()
    first = clinic.secret
    one, two = clinic.talk((clinic.patient, "Grüezi, how are you?"), (clinic.staff, "你好 " * 400))
    head = chain_hash(chain_hash(ZERO32, one.message), two.message)
    phone = Device(clinic.state.practice_id, clinic.state.person_id, "patient")
    clinic.join(phone, clinic.invite(clinic.staff, phone.person_id))
    clinic.know(clinic.staff.certify(clinic.cert_of(phone), NOW + 5))
    grant = seal_grant(clinic.state.epochs[0], first, clinic.cert_of(phone, NOW + 5))
    clinic.say(clinic.staff, "grant", grant, NOW + 5)
    clinic.rotate(clinic.staff, NOW + 6, older=first)
    lost = clinic.new_staff("scheduler", NOW)
    end = clinic.staff.revoke(clinic.cert_of(clinic.patient), NOW + 100)
    clinic.state = replace(clinic.state, revocations=[end])
    people = {"staff": clinic.staff, "patient": clinic.patient, "phone": phone, "lost": lost}
    data: Data = {
        "sheet": clinic.sheet.render(),
        "keys": {
            name: {"device_id": d.device_id, "ds": b64(d.ds.private_bytes_raw()), "dk": b64(d.dk.private_bytes_raw())}
            for name, d in people.items()
        },
        "state": clinic.state.to_json(NOW + 10, seq=2, head=head),
        "messages": [m.message.to_json() | {"seq": m.seq, "received_at": m.received_at} for m in (one, two)],
        "secrets": {1: b64(first), 2: b64(clinic.secret)},
        "texts": ["Grüezi, how are you?", "你好 " * 400],
        "hello": clinic.staff.hello(clinic.cert_of(clinic.staff), new_id(), ("sha-256 AB:CD", "sha-256 01:02"), NOW)
        .to_json(),
    }  # fmt: skip
    plain: Data = json.loads(json.dumps(data))
    return plain | {"signed": signed_bytes(plain)}


def test_claim_3_our_own_vectors_are_what_the_code_says() -> None:
    path = DATA / "python.json"
    if os.environ.get("CAREROOM_WRITE_VECTORS"):
        path.write_text(json.dumps(make_vectors(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert signed_bytes(data) == data["signed"]
    state, sheet = state_of(data["state"]), Sheet.parse(data["sheet"])
    staff = device_of(data, state, "staff")
    assert [staff.signed(entry) for entry in state.members] == list(state.members)
    assert sheet.public().records_key == state.records_key
    assert all(sheet.root.sign(cert.tbs) == cert.sig for cert in state.certs if cert.from_root)
    assert staff.open_wrap(state.epochs[0]) == unb64(data["secrets"]["1"])


@pytest.mark.parametrize("name", ["python.json", "browser.json"])
def test_claim_3_the_sheet_opens_what_either_side_sealed(name: str) -> None:
    data = json.loads((DATA / name).read_text(encoding="utf-8"))
    state, sheet = state_of(data["state"]), Sheet.parse(data["sheet"])
    done = export(sheet, state, received_of(data["messages"]))
    assert done.faults == ()
    assert [opened.body["text"] for opened in done.messages] == data["texts"]
    assert {str(e.n): b64(open_epoch(sheet, e)) for e in state.epochs} == data["secrets"]
    assert signed_bytes(data) == data["signed"]


def test_claim_3_the_blind_rules_accept_the_browsers_epochs() -> None:
    data = json.loads((DATA / "browser.json").read_text(encoding="utf-8"))
    state = state_of(data["state"])
    now = data["state"]["now"]
    before = replace(state, epochs=state.epochs[:-1])
    before.check_epoch(state.epochs[-1], now)
    assert not state.must_rotate(now)
