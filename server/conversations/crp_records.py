"""The CRP-1 records: what each holds, its wire JSON and its to-be-signed bytes (docs/crp-1.md).

Ids are kept as their 22-character text, everything else binary as bytes. `tbs` is what the signature covers, `hash` is
SHA-256 of it. Reading a record checks its shape only; the rules are in `crp_certs`, `crp_members` and `crp_epochs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from server.conversations.crp_bytes import SUITE, ZERO_ID, Reader, kid, lp, refuse, sha256, u8, u64
from server.core.ids import b64, unb64

STAFF: Final = frozenset({"clinician", "scheduler", "admin", "assistant"})
WRITERS: Final = frozenset({"clinician", "scheduler", "admin"})
"""Staff roles that read conversations, sign member entries and certify patients."""
PATIENTS: Final = frozenset({"patient", "proxy"})
ASSURANCES: Final = frozenset({"claimed", "dob", "video", "video_sas", "in_person", "existing_device", "practice"})
REASONS: Final = frozenset({"lost", "stolen", "replaced", "left", "rejected"})
POLICY: Final = "recipients=care-team,patient,records;history=certified"
POLICY_HASH: Final = sha256(lp(b"careroom/policy/v1", POLICY.encode()))

Json = dict[str, object]


@dataclass(frozen=True)
class Cert:
    """A device certificate: which keys a device of a person has, and who says so."""

    cert_id: str
    practice_id: str
    person_id: str
    device_id: str
    role: str
    ds_pub: bytes
    dk_pub: bytes
    not_before: int
    not_after: int
    assurance: str
    issuer_device_id: str
    sig: bytes

    @classmethod
    def from_json(cls, data: object) -> Cert:
        r = Reader(data)
        r.suite()
        return cls(
            r.id("cert_id"), r.id("practice_id"), r.id("person_id"), r.id("device_id"),
            r.one_of("role", STAFF | PATIENTS), r.raw("ds_pub", 32), r.raw("dk_pub", 32), r.number("not_before"),
            r.number("not_after"), r.one_of("assurance", ASSURANCES), r.id("issuer_device_id"), r.raw("sig", 64),
        )  # fmt: skip

    def to_json(self) -> Json:
        return {
            "suite": SUITE, "cert_id": self.cert_id, "practice_id": self.practice_id, "person_id": self.person_id,
            "device_id": self.device_id, "role": self.role, "ds_pub": b64(self.ds_pub), "dk_pub": b64(self.dk_pub),
            "not_before": self.not_before, "not_after": self.not_after, "assurance": self.assurance,
            "issuer_device_id": self.issuer_device_id, "sig": b64(self.sig),
        }  # fmt: skip

    @cached_property
    def tbs(self) -> bytes:
        return lp(
            b"careroom/cert/v1", u8(SUITE), unb64(self.cert_id), unb64(self.practice_id), unb64(self.person_id),
            unb64(self.device_id), self.role.encode(), self.ds_pub, self.dk_pub, u64(self.not_before),
            u64(self.not_after), self.assurance.encode(), unb64(self.issuer_device_id),
        )  # fmt: skip

    @property
    def hash(self) -> bytes:
        return sha256(self.tbs)

    @property
    def self_signed(self) -> bool:
        return self.issuer_device_id == self.device_id

    @property
    def from_root(self) -> bool:
        return self.issuer_device_id == ZERO_ID

    @property
    def is_request(self) -> bool:
        """A staff device asking for a certificate: proof of possession, no rights."""
        return self.self_signed and self.role in STAFF

    @property
    def kid(self) -> bytes:
        return kid(self.dk_pub)

    @property
    def to(self) -> str:
        return f"dev:{self.device_id}"


@dataclass(frozen=True)
class RecordsKey:
    """The practice's records key: the mandatory recipient of every epoch from the time `since` on."""

    practice_id: str
    n: int
    pub: bytes
    since: int
    sig: bytes

    @classmethod
    def from_json(cls, data: object, practice_id: str) -> RecordsKey:
        r = Reader(data)
        r.suite()
        return cls(practice_id, r.number("n"), r.raw("pub", 32), r.number("from"), r.raw("sig", 64))

    def to_json(self) -> Json:
        return {"suite": SUITE, "n": self.n, "pub": b64(self.pub), "from": self.since, "sig": b64(self.sig)}

    @cached_property
    def tbs(self) -> bytes:
        return lp(
            b"careroom/records-key/v1", u8(SUITE), unb64(self.practice_id), u64(self.n), self.pub, u64(self.since)
        )

    @property
    def kid(self) -> bytes:
        return kid(self.pub)

    @property
    def to(self) -> str:
        return f"rk:{self.n}"


@dataclass(frozen=True)
class Revocation:
    """The end of a device: every certificate of it stops counting from `at` on."""

    practice_id: str
    cert_id: str
    device_id: str
    reason: str
    at: int
    by: str
    sig: bytes

    @classmethod
    def from_json(cls, data: object) -> Revocation:
        r = Reader(data)
        r.suite()
        return cls(
            r.id("practice_id"), r.id("cert_id"), r.id("device_id"), r.one_of("reason", REASONS), r.number("at"),
            r.id("by"), r.raw("sig", 64),
        )  # fmt: skip

    def to_json(self) -> Json:
        return {
            "suite": SUITE, "practice_id": self.practice_id, "cert_id": self.cert_id, "device_id": self.device_id,
            "reason": self.reason, "at": self.at, "by": self.by, "sig": b64(self.sig),
        }  # fmt: skip

    @cached_property
    def tbs(self) -> bytes:
        return lp(
            b"careroom/revoke/v1", u8(SUITE), unb64(self.practice_id), unb64(self.cert_id), unb64(self.device_id),
            self.reason.encode(), u64(self.at), unb64(self.by),
        )  # fmt: skip


@dataclass(frozen=True)
class Wrap:
    """An epoch secret sealed to one recipient: `to` is `dev:<id>` or `rk:<n>`, `enc` is 80 bytes."""

    to: str
    kid: bytes
    enc: bytes


@dataclass(frozen=True)
class Epoch:
    """A conversation secret's public half: who it is sealed to, what it is, which one came before."""

    kind: str
    id: str
    n: int
    prev: bytes
    commit: bytes
    policy_hash: bytes
    log_head: bytes
    by: str
    wraps: tuple[Wrap, ...]
    hist: bytes
    sig: bytes

    @classmethod
    def from_json(cls, data: object) -> Epoch:
        r = Reader(data)
        r.suite()
        wraps = [Wrap(w.text("to"), w.raw("kid", 8), w.raw("enc", 80)) for w in r.each("wraps")]
        if len({wrap.to for wrap in wraps}) != len(wraps):
            raise refuse("A recipient stands in this epoch twice.", "/wraps")
        return cls(
            r.one_of("kind", frozenset({"conv"})), r.id("id"), r.number("n"), r.raw("prev", 32), r.raw("commit", 32),
            r.raw("policy_hash", 32), r.raw("log_head", 32), r.id("by"),
            tuple(sorted(wraps, key=lambda w: w.to.encode())), r.optional_raw("hist", 48), r.raw("sig", 64),
        )  # fmt: skip

    def to_json(self) -> Json:
        found: Json = {
            "suite": SUITE, "kind": self.kind, "id": self.id, "n": self.n, "prev": b64(self.prev),
            "commit": b64(self.commit), "policy_hash": b64(self.policy_hash), "log_head": b64(self.log_head),
            "by": self.by, "wraps": [{"to": w.to, "kid": b64(w.kid), "enc": b64(w.enc)} for w in self.wraps],
            "sig": b64(self.sig),
        }  # fmt: skip
        if self.hist:
            found["hist"] = b64(self.hist)
        return found

    @cached_property
    def tbs(self) -> bytes:
        wraps = sorted(self.wraps, key=lambda w: w.to.encode())
        return lp(
            b"careroom/epoch/v1", u8(SUITE), self.kind.encode(), unb64(self.id), u64(self.n), self.prev, self.commit,
            self.policy_hash, self.log_head, unb64(self.by), lp(*(lp(w.to.encode(), w.kid, w.enc) for w in wraps)),
            self.hist,
        )  # fmt: skip

    @property
    def hash(self) -> bytes:
        return sha256(self.tbs)

    def wrap_to(self, to: str) -> Wrap | None:
        return next((wrap for wrap in self.wraps if wrap.to == to), None)


@dataclass(frozen=True)
class Message:
    """One sealed message. The server can order it and check who signed it, never read it."""

    conv_id: str
    n: int
    commit: bytes
    device_id: str
    msg_id: str
    kind: str
    seen_seq: int
    seen_hash: bytes
    ct: bytes
    sig: bytes

    @classmethod
    def from_json(cls, data: object) -> Message:
        r = Reader(data)
        r.suite()
        return cls(
            r.id("conv_id"), r.number("n"), r.raw("commit", 32), r.id("device_id"), r.id("msg_id"),
            r.one_of("kind", frozenset({"conv"})), r.number("seen_seq"), r.raw("seen_hash", 32), r.raw("ct"),
            r.raw("sig", 64),
        )  # fmt: skip

    def to_json(self) -> Json:
        return {
            "suite": SUITE, "conv_id": self.conv_id, "n": self.n, "commit": b64(self.commit),
            "device_id": self.device_id, "msg_id": self.msg_id, "kind": self.kind, "seen_seq": self.seen_seq,
            "seen_hash": b64(self.seen_hash), "ct": b64(self.ct), "sig": b64(self.sig),
        }  # fmt: skip

    @cached_property
    def hdr(self) -> bytes:
        return lp(
            b"careroom/msg/v1", u8(SUITE), unb64(self.conv_id), u64(self.n), self.commit, unb64(self.device_id),
            unb64(self.msg_id), self.kind.encode(), u64(self.seen_seq), self.seen_hash,
        )  # fmt: skip

    @property
    def tbs(self) -> bytes:
        return self.hdr + sha256(self.ct)

    @property
    def hash(self) -> bytes:
        return sha256(lp(b"careroom/msg-record/v1", self.hdr, self.ct, self.sig))
