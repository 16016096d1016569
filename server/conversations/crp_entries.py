"""CRP-1 member log entries and their subjects, claims and call hellos (docs/crp-1.md 4 and 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from server.conversations.crp_bytes import SUITE, Reader, lp, refuse, sha256, u8, u64
from server.conversations.crp_records import ASSURANCES, Json
from server.core.ids import b64, unb64

OPS: Final = frozenset({"add", "remove", "grant", "policy"})
FINGERPRINT: Final = re.compile(r"sha-(256|384|512) [0-9A-F]{2}(:[0-9A-F]{2})+")


@dataclass(frozen=True)
class Open:
    """First entry: who the patient is and who the care team is (empty: all certified staff of the practice)."""

    practice_id: str
    person_id: str
    team: tuple[str, ...]
    policy: str

    @property
    def bytes(self) -> bytes:
        team = lp(*sorted(unb64(person) for person in self.team))
        return lp(
            b"careroom/subject-open/v1", unb64(self.practice_id), unb64(self.person_id), team, self.policy.encode()
        )

    def to_json(self) -> Json:
        return {
            "type": "open", "practice_id": self.practice_id, "person_id": self.person_id, "team": list(self.team),
            "policy": self.policy,
        }  # fmt: skip


@dataclass(frozen=True)
class Invite:
    """Permission for one self-signed device of one person; `token_hash` is SHA-256 of the raw token."""

    invite_id: str
    person_id: str
    token_hash: bytes
    exp: int

    @property
    def bytes(self) -> bytes:
        return lp(
            b"careroom/subject-invite/v1", unb64(self.invite_id), unb64(self.person_id), self.token_hash, u64(self.exp)
        )

    def to_json(self) -> Json:
        return {
            "type": "invite", "invite_id": self.invite_id, "person_id": self.person_id,
            "token_hash": b64(self.token_hash), "exp": self.exp,
        }  # fmt: skip


@dataclass(frozen=True)
class InviteEnd:
    invite_id: str

    @property
    def bytes(self) -> bytes:
        return lp(b"careroom/subject-invite-end/v1", unb64(self.invite_id))

    def to_json(self) -> Json:
        return {"type": "invite-end", "invite_id": self.invite_id}


@dataclass(frozen=True)
class StaffMember:
    person_id: str

    @property
    def bytes(self) -> bytes:
        return lp(b"careroom/subject-staff/v1", unb64(self.person_id))

    def to_json(self) -> Json:
        return {"type": "staff", "person_id": self.person_id}


@dataclass(frozen=True)
class DeviceMember:
    device_id: str

    @property
    def bytes(self) -> bytes:
        return lp(b"careroom/subject-device/v1", unb64(self.device_id))

    def to_json(self) -> Json:
        return {"type": "device", "device_id": self.device_id}


@dataclass(frozen=True)
class Grant:
    """The secret of epoch `n`, sealed to one device: opens that epoch and the history chained below it."""

    device_id: str
    n: int
    kid: bytes
    enc: bytes

    @property
    def bytes(self) -> bytes:
        return lp(b"careroom/subject-grant/v1", unb64(self.device_id), u64(self.n), self.kid, self.enc)

    def to_json(self) -> Json:
        return {"type": "grant", "device_id": self.device_id, "n": self.n, "kid": b64(self.kid), "enc": b64(self.enc)}


Subject = Open | Invite | InviteEnd | StaffMember | DeviceMember | Grant
FITS: Final[dict[str, frozenset[str]]] = {
    "open": frozenset({"policy"}),
    "invite": frozenset({"add"}),
    "invite-end": frozenset({"remove"}),
    "staff": frozenset({"add", "remove"}),
    "device": frozenset({"remove"}),
    "grant": frozenset({"grant"}),
}


def _subject(r: Reader, op: str) -> Subject:
    kind = r.one_of("type", frozenset(FITS))
    if op not in FITS[kind]:
        raise refuse("This operation does not take that subject.", "/op")
    if kind == "open":
        return Open(r.id("practice_id"), r.id("person_id"), r.ids("team"), r.text("policy"))
    if kind == "invite":
        return Invite(r.id("invite_id"), r.id("person_id"), r.raw("token_hash", 32), r.number("exp"))
    if kind == "invite-end":
        return InviteEnd(r.id("invite_id"))
    if kind == "staff":
        return StaffMember(r.id("person_id"))
    if kind == "device":
        return DeviceMember(r.id("device_id"))
    return Grant(r.id("device_id"), r.number("n"), r.raw("kid", 8), r.raw("enc", 80))


@dataclass(frozen=True)
class MemberEntry:
    """One line of a conversation's membership log, signed by a staff device and chained to the line before."""

    conv_id: str
    i: int
    prev: bytes
    op: str
    subject: Subject
    by: str
    assurance: str
    reason: str
    at: int
    sig: bytes

    @classmethod
    def from_json(cls, data: object) -> MemberEntry:
        r = Reader(data)
        r.suite()
        op = r.one_of("op", OPS)
        return cls(
            r.id("conv_id"), r.number("i"), r.raw("prev", 32), op, _subject(r.child("subject"), op), r.id("by"),
            r.one_of("assurance", ASSURANCES), r.text("reason"), r.number("at"), r.raw("sig", 64),
        )  # fmt: skip

    def to_json(self) -> Json:
        return {
            "suite": SUITE, "conv_id": self.conv_id, "i": self.i, "prev": b64(self.prev), "op": self.op,
            "subject": self.subject.to_json(), "by": self.by, "assurance": self.assurance, "reason": self.reason,
            "at": self.at, "sig": b64(self.sig),
        }  # fmt: skip

    @cached_property
    def tbs(self) -> bytes:
        return lp(
            b"careroom/member/v1", u8(SUITE), unb64(self.conv_id), u64(self.i), self.prev, self.op.encode(),
            self.subject.bytes, unb64(self.by), self.assurance.encode(), self.reason.encode(), u64(self.at),
        )  # fmt: skip

    @property
    def hash(self) -> bytes:
        return sha256(self.tbs)


@dataclass(frozen=True)
class Claim:
    """A device answers an invite: its self-signed certificate and this record belong together."""

    practice_id: str
    conv_id: str
    invite_id: str
    device_id: str
    cert_hash: bytes
    at: int
    sig: bytes

    @classmethod
    def from_json(cls, data: object) -> Claim:
        r = Reader(data)
        r.suite()
        return cls(
            r.id("practice_id"), r.id("conv_id"), r.id("invite_id"), r.id("device_id"), r.raw("cert_hash", 32),
            r.number("at"), r.raw("sig", 64),
        )  # fmt: skip

    def to_json(self) -> Json:
        return {
            "suite": SUITE, "practice_id": self.practice_id, "conv_id": self.conv_id, "invite_id": self.invite_id,
            "device_id": self.device_id, "cert_hash": b64(self.cert_hash), "at": self.at, "sig": b64(self.sig),
        }  # fmt: skip

    @cached_property
    def tbs(self) -> bytes:
        return lp(
            b"careroom/claim/v1", u8(SUITE), unb64(self.practice_id), unb64(self.conv_id), unb64(self.invite_id),
            unb64(self.device_id), self.cert_hash, u64(self.at),
        )  # fmt: skip


@dataclass(frozen=True)
class Hello:
    """What a device says at the start of a call: its DTLS fingerprints, signed."""

    call_id: str
    device_id: str
    cert_id: str
    eph_kem_pub: bytes
    dtls_fps: tuple[str, ...]
    nonce: bytes
    caps: str
    at: int
    sig: bytes

    @classmethod
    def from_json(cls, data: object) -> Hello:
        r = Reader(data)
        r.suite()
        fps = r.texts("dtls_fps", most=8)
        if not fps or not all(FINGERPRINT.fullmatch(fp) for fp in fps):
            raise refuse("These are not DTLS fingerprints as in SDP.", "/dtls_fps")
        return cls(
            r.id("call_id"), r.id("device_id"), r.id("cert_id"), r.raw("eph_kem_pub", 32), tuple(sorted(fps)),
            r.raw("nonce", 32), r.text("caps"), r.number("at"), r.raw("sig", 64),
        )  # fmt: skip

    def to_json(self) -> Json:
        return {
            "suite": SUITE, "call_id": self.call_id, "device_id": self.device_id, "cert_id": self.cert_id,
            "eph_kem_pub": b64(self.eph_kem_pub), "dtls_fps": list(self.dtls_fps), "nonce": b64(self.nonce),
            "caps": self.caps, "at": self.at, "sig": b64(self.sig),
        }  # fmt: skip

    @cached_property
    def tbs(self) -> bytes:
        return lp(
            b"careroom/hello/v1", u8(SUITE), unb64(self.call_id), unb64(self.device_id), unb64(self.cert_id),
            self.eph_kem_pub, lp(*sorted(fp.encode() for fp in self.dtls_fps)), self.nonce, self.caps.encode(),
            u64(self.at),
        )  # fmt: skip
