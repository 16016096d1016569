"""A device in Python: makes keys, signs, seals and opens CRP-1 records. Only tests have one; the server must not."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.conversations.crp import (
    POLICY_HASH,
    ZERO32,
    Cert,
    Claim,
    Epoch,
    Grant,
    Hello,
    KeyState,
    MemberEntry,
    Message,
    Revocation,
    Wrap,
    lp,
    padded_size,
    u64,
)
from server.conversations.crp_entries import Subject
from server.core.ids import b64, new_id, unb64
from server.records import HPKE, derive, epoch_commit, message_key, wrap_info

DAY = 86400
Signed = TypeVar("Signed", Cert, Claim, Epoch, Hello, MemberEntry, Message, Revocation)


@dataclass
class Device:
    """One device of one person."""

    practice_id: str
    person_id: str
    role: str
    device_id: str = field(default_factory=new_id)
    ds: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    dk: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)

    @property
    def to(self) -> str:
        return f"dev:{self.device_id}"

    def signed(self, record: Signed) -> Signed:
        return replace(record, sig=self.ds.sign(record.tbs))

    def self_sign(self, now: int) -> Cert:
        """A patient's own certificate, or a staff device's request."""
        life = 400 if self.role in {"patient", "proxy"} else 90
        ds, dk = self.ds.public_key().public_bytes_raw(), self.dk.public_key().public_bytes_raw()
        cert = Cert(
            new_id(), self.practice_id, self.person_id, self.device_id, self.role, ds, dk, now, now + life * DAY,
            "claimed", self.device_id, b"",
        )  # fmt: skip
        return self.signed(cert)

    def certify(self, other: Cert, now: int, assurance: str = "video_sas") -> Cert:
        return self.signed(
            replace(
                other, cert_id=new_id(), not_before=now, not_after=now + 400 * DAY, assurance=assurance,
                issuer_device_id=self.device_id, sig=b"",
            )
        )  # fmt: skip

    def entry(self, state: KeyState, op: str, subject: Subject, now: int, reason: str = "") -> MemberEntry:
        log = state.log
        return self.signed(
            MemberEntry(state.conv_id, log.i + 1, log.hash, op, subject, self.device_id, "practice", reason, now, b"")
        )

    def claim(self, cert: Cert, conv_id: str, invite_id: str, now: int) -> Claim:
        return self.signed(Claim(self.practice_id, conv_id, invite_id, self.device_id, cert.hash, now, b""))

    def revoke(self, cert: Cert, now: int, reason: str = "lost") -> Revocation:
        return self.signed(Revocation(self.practice_id, cert.cert_id, cert.device_id, reason, now, self.device_id, b""))

    def hello(self, cert: Cert, call_id: str, fps: tuple[str, ...], now: int) -> Hello:
        eph = X25519PrivateKey.generate().public_key().public_bytes_raw()
        return self.signed(
            Hello(call_id, self.device_id, cert.cert_id, eph, fps, secrets.token_bytes(32), "p2p", now, b"")
        )

    def open_wrap(self, epoch: Epoch) -> bytes:
        wrap = epoch.wrap_to(self.to)
        assert wrap is not None
        return HPKE.decrypt(wrap.enc, self.dk, info=wrap_info(epoch, wrap.to, wrap.kid))


def wrap_for(epoch: Epoch, to: str, kid: bytes, pub: bytes, secret: bytes) -> Wrap:
    return Wrap(to, kid, HPKE.encrypt(secret, X25519PublicKey.from_public_bytes(pub), info=wrap_info(epoch, to, kid)))


def hist_box(epoch: Epoch, secret: bytes) -> tuple[bytes, bytes, bytes]:
    """Key, nonce and AAD of the link to the older secret."""
    parts = (epoch.kind.encode(), unb64(epoch.id), u64(epoch.n), epoch.commit)
    key, nonce = derive(secret, lp(b"careroom/hist/v1", *parts))
    return key, nonce, lp(b"careroom/hist-aad/v1", *parts, epoch.prev)


def make_epoch(
    by: Device, state: KeyState, now: int, older: bytes | None = None, lie_to: dict[str, bytes] | None = None
) -> tuple[Epoch, bytes]:
    """A new epoch for everybody allowed. `lie_to` seals another secret to some recipients (a salamander)."""
    previous, secret = state.epoch, secrets.token_bytes(32)
    n = previous.n + 1 if previous else 1
    commit = epoch_commit("conv", state.conv_id, n, secret)
    prev = previous.hash if previous else ZERO32
    epoch = Epoch("conv", state.conv_id, n, prev, commit, POLICY_HASH, ZERO32, by.device_id, (), b"", b"")
    pubs = {state.records_key.to: state.records_key.pub}
    for device_id in state.directory.devices():
        cert = state.directory.valid(device_id, now)
        if cert:
            pubs[cert.to] = cert.dk_pub
    wraps = tuple(
        wrap_for(epoch, to, kid, pubs[to], (lie_to or {}).get(to, secret))
        for to, kid in sorted(state.allowed(now).items())
    )
    hist = b""
    if older is not None:
        key, nonce, aad = hist_box(epoch, secret)
        hist = AESGCM(key).encrypt(nonce, older, aad)
    return by.signed(replace(epoch, wraps=wraps, hist=hist)), secret


def seal_message(
    by: Device, epoch: Epoch, secret: bytes, body: dict[str, object], seen: tuple[int, bytes] = (0, ZERO32)
) -> Message:
    message = Message(epoch.id, epoch.n, epoch.commit, by.device_id, new_id(), epoch.kind, *seen, b"", b"")
    raw = json.dumps(body).encode()
    plain = len(raw).to_bytes(4, "big") + raw
    key, nonce = message_key(message, secret)
    sealed = AESGCM(key).encrypt(nonce, plain.ljust(padded_size(len(plain)), b"\0"), message.hdr)
    return by.signed(replace(message, ct=sealed))


def seal_grant(epoch: Epoch, secret: bytes, cert: Cert) -> Grant:
    info = lp(b"careroom/grant/v1", unb64(epoch.id), u64(epoch.n), epoch.commit, cert.to.encode(), cert.kid)
    enc = HPKE.encrypt(secret, X25519PublicKey.from_public_bytes(cert.dk_pub), info=info)
    return Grant(cert.device_id, epoch.n, cert.kid, enc)


def text(words: str, now: int) -> dict[str, object]:
    return {"t": "text", "ts": now * 1000, "text": words, "refs": [], "files": []}


__all__ = ["DAY", "Device", "b64", "hist_box", "make_epoch", "seal_grant", "seal_message", "text", "wrap_for"]
