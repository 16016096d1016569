"""Everything signed about one conversation, read together: what the server asks before it stores a key record.

Pure: load the records, ask, store the result. `to_json` is the key state of docs/crp-1.md section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from server.conversations.crp_bytes import ZERO32, refuse
from server.conversations.crp_certs import Directory, verify_records_key, verify_self_signed
from server.conversations.crp_entries import Claim, MemberEntry
from server.conversations.crp_epochs import check_epoch, check_history
from server.conversations.crp_members import (
    Membership,
    allowed_recipients,
    claimed_devices,
    read_log,
    verify_claim,
    verify_member_entry,
)
from server.conversations.crp_records import Cert, Epoch, Json, RecordsKey, Revocation
from server.core.ids import b64


@dataclass(frozen=True)
class KeyState:
    """The signed records of one conversation. `certs` without requests; `claims` in order of receipt."""

    practice_id: str
    conv_id: str
    person_id: str
    root_pub: bytes
    records_key: RecordsKey
    certs: Sequence[Cert] = ()
    members: Sequence[MemberEntry] = ()
    claims: Sequence[Claim] = ()
    revocations: Sequence[Revocation] = ()
    epochs: Sequence[Epoch] = ()

    @cached_property
    def directory(self) -> Directory:
        return Directory(self.practice_id, self.root_pub, self.certs, self.revocations)

    @cached_property
    def log(self) -> Membership:
        return read_log(self.conv_id, self.members, self.directory)

    @cached_property
    def claimed(self) -> dict[str, str]:
        return claimed_devices(self.claims, self.certs, self.log)

    @property
    def epoch(self) -> Epoch | None:
        return max(self.epochs, key=lambda epoch: epoch.n, default=None)

    def allowed(self, now: int) -> dict[str, bytes]:
        """`to` -> kid of everybody the next epoch must be sealed to. Raises RefusedEpoch before the log is opened."""
        if self.log.opened is None:
            raise refuse("No staff device has opened this conversation yet.")
        verify_records_key(self.records_key, self.root_pub)
        return allowed_recipients(self.log, self.claimed, self.directory, self.records_key, now)

    def must_rotate(self, now: int) -> bool:
        """Whether the current epoch's recipients are no longer the allowed ones (or there is no epoch)."""
        epoch = self.epoch
        return epoch is None or {wrap.to: wrap.kid for wrap in epoch.wraps} != self.allowed(now)

    def check_epoch(self, epoch: Epoch, now: int) -> None:
        """Raises RefusedEpoch unless this may be stored as the next epoch."""
        if epoch.id != self.conv_id:
            raise refuse("This epoch is for another conversation.", "/id")
        author = self.directory.valid(epoch.by, now)
        check_epoch(epoch, self.epoch, self.allowed(now), self.records_key, author)
        check_history(epoch, self.epoch, self.directory, now)

    def check_entry(self, entry: MemberEntry) -> Membership:
        """The log after this entry. Raises RefusedEpoch."""
        after = verify_member_entry(entry, self.log, self.directory)
        if after.opened is not None and after.opened.person_id != self.person_id:
            raise refuse("This conversation is another patient's.", "/subject/person_id")
        return after

    def check_claim(self, cert: Cert, claim: Claim, now: int) -> None:
        """Raises RefusedEpoch unless this device may join by this invite, as seen from the server's clock."""
        verify_self_signed(cert, self.practice_id, now)
        if self.directory.known(cert.device_id) is not None and cert.hash not in {known.hash for known in self.certs}:
            raise refuse("This device is already known under another certificate.", "/device_id")
        verify_claim(claim, cert, self.log, self.claimed)
        if now > self.log.invites[claim.invite_id].exp:
            raise refuse("This invite has ended.", "/at")

    def to_json(self, now: int, *, must_rotate: bool = False, seq: int = 0, head: bytes = ZERO32) -> Json:
        """The wire shape. `must_rotate` is the server's own reason (age, count, a device reported lost)."""
        epoch = self.epoch
        return {
            "now": now,
            "conversation": {"id": self.conv_id, "person_id": self.person_id, "practice_id": self.practice_id},
            "practice": {"root_pub": b64(self.root_pub), "records_key": self.records_key.to_json()},
            "devices": [cert.to_json() for cert in self.certs if not cert.is_request],
            "members": [entry.to_json() for entry in self.members],
            "claims": [claim.to_json() for claim in self.claims],
            "revocations": [end.to_json() for end in self.revocations],
            "epoch": epoch.to_json() if epoch else None,
            "epochs": [known.to_json() for known in sorted(self.epochs, key=lambda known: known.n)],
            "must_rotate": must_rotate,
            "head": {"seq": seq, "hash": b64(head)},
        }
