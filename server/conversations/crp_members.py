"""CRP-1 rules about membership: the signed log, invites, claims and who may receive an epoch (docs/crp-1.md 3 and 4).

The log is folded, entry by entry, into a `Membership`; the allowed recipients of an epoch follow from it, the
`Directory` and the records key alone, so that server and clients compute the same set from the same signatures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from server.conversations.crp_bytes import ZERO32, refuse, verify_sig
from server.conversations.crp_certs import Directory
from server.conversations.crp_entries import (
    Claim,
    DeviceMember,
    Grant,
    Invite,
    InviteEnd,
    MemberEntry,
    Open,
    StaffMember,
)
from server.conversations.crp_records import POLICY, Cert, RecordsKey
from server.core.errors import RefusedEpoch


@dataclass(frozen=True)
class Membership:
    """A conversation's member log, read up to entry `i`."""

    conv_id: str
    i: int = 0
    hash: bytes = ZERO32
    opened: Open | None = None
    team: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    invites: Mapping[str, Invite] = field(default_factory=dict)
    ended: Mapping[str, int] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    grants: tuple[Grant, ...] = ()

    def in_team(self, person_id: str) -> bool:
        """Whether this staff person belongs to the care team."""
        if self.opened is None or person_id in self.excluded:
            return False
        return not self.opened.team or person_id in self.team

    def people(self) -> frozenset[str]:
        """The patient and every proxy that was ever invited."""
        if self.opened is None:
            return frozenset()
        return frozenset({self.opened.person_id, *(invite.person_id for invite in self.invites.values())})

    def after(self, entry: MemberEntry) -> Membership:
        """The log with one more entry, whose signature has been verified. Raises RefusedEpoch on an impossible one."""
        subject = entry.subject
        base = replace(self, i=entry.i, hash=entry.hash)
        if isinstance(subject, Open):
            return replace(base, opened=subject, team=frozenset(subject.team))
        if isinstance(subject, Invite):
            if subject.invite_id in self.invites:
                raise refuse("This invite stands in the log already.", "/subject/invite_id")
            return replace(base, invites={**self.invites, subject.invite_id: subject})
        if isinstance(subject, InviteEnd):
            if subject.invite_id not in self.invites:
                raise refuse("There is no such invite.", "/subject/invite_id")
            return replace(base, ended={subject.invite_id: entry.at, **self.ended})
        if isinstance(subject, StaffMember):
            one = {subject.person_id}
            if entry.op == "add":
                return replace(base, team=self.team | one, excluded=self.excluded - one)
            return replace(base, team=self.team - one, excluded=self.excluded | one)
        if isinstance(subject, DeviceMember):
            return replace(base, removed=self.removed | {subject.device_id})
        return replace(base, grants=(*self.grants, subject))


def verify_member_entry(entry: MemberEntry, log: Membership, directory: Directory) -> Membership:
    """Place, author, signature and meaning of the next entry. Returns the log after it; raises RefusedEpoch."""
    if entry.conv_id != log.conv_id:
        raise refuse("This entry is for another conversation.", "/conv_id")
    if entry.i != log.i + 1:
        raise refuse("This entry is not the next one.", "/i")
    if entry.prev != log.hash:
        raise refuse("This entry does not follow the last one.", "/prev")
    subject = entry.subject
    if isinstance(subject, Open) != (entry.i == 1):
        raise refuse("The first entry, and only that, opens the conversation.", "/subject/type")
    if isinstance(subject, Open) and (subject.practice_id != directory.practice_id or subject.policy != POLICY):
        raise refuse("This practice or policy is not known here.", "/subject")
    author = directory.staff(entry.by, entry.at)
    if author is None or (entry.i > 1 and not log.in_team(author.person_id)):
        # Adding oneself with a reason stays possible: it is the visible break-glass of docs/crp-1.md.
        own = author is not None and entry.op == "add" and subject == StaffMember(author.person_id) and entry.reason
        if author is None or not own:
            raise refuse("The author is not a certified member of the care team.", "/by")
    verify_sig(author.ds_pub, entry.sig, entry.tbs, "member entry")
    return log.after(entry)


def read_log(conv_id: str, entries: Iterable[MemberEntry], directory: Directory) -> Membership:
    """Fold a whole log. Raises RefusedEpoch at the first entry that breaks a rule."""
    log = Membership(conv_id)
    for entry in entries:
        log = verify_member_entry(entry, log, directory)
    return log


def verify_claim(claim: Claim, cert: Cert, log: Membership, burnt: Mapping[str, str]) -> None:
    """A device's answer to an invite. `burnt` maps invite ids to the device that already claimed them.

    Raises RefusedEpoch. The caller checks the token against `token_hash` and its own clock against `exp`.
    """
    invite = log.invites.get(claim.invite_id)
    if claim.conv_id != log.conv_id or invite is None or log.opened is None:
        raise refuse("There is no such invite in this conversation.", "/invite_id")
    if burnt.get(claim.invite_id, claim.device_id) != claim.device_id:
        raise refuse("This invite has been used by another device.", "/invite_id")
    if claim.at > invite.exp or log.ended.get(claim.invite_id, claim.at) < claim.at:
        raise refuse("This invite has ended.", "/at")
    role = "patient" if invite.person_id == log.opened.person_id else "proxy"
    if (cert.person_id, cert.role, cert.self_signed) != (invite.person_id, role, True):
        raise refuse("This certificate is not the invited person's own.", "/cert")
    same = (cert.device_id, cert.hash, cert.practice_id)
    if (claim.device_id, claim.cert_hash, claim.practice_id) != same:
        raise refuse("This claim is for another certificate.", "/cert_hash")
    verify_sig(cert.ds_pub, claim.sig, claim.tbs, "claim")


def claimed_devices(claims: Iterable[Claim], certs: Iterable[Cert], log: Membership) -> dict[str, str]:
    """invite_id -> device_id of the first sound claim of each invite, in order of receipt."""
    by_hash = {cert.hash: cert for cert in certs}
    burnt: dict[str, str] = {}
    for claim in claims:
        cert = by_hash.get(claim.cert_hash)
        if cert is None:
            continue
        try:
            verify_claim(claim, cert, log, burnt)
        except RefusedEpoch:
            continue  # an unsound or second claim admits nobody; the server refused it when it came
        burnt[claim.invite_id] = claim.device_id
    return burnt


def admitted_devices(log: Membership, claimed: Mapping[str, str], directory: Directory, now: int) -> dict[str, Cert]:
    """device_id -> the certificate that counts, for every device of the patient's side (docs/crp-1.md 4)."""
    people, found = log.people(), {}
    for device_id in directory.devices():
        best = directory.valid(device_id, now)
        if best is None or best.from_root or device_id in log.removed or best.person_id not in people:
            continue
        if device_id in claimed.values() or directory.certified(device_id, now) is not None:
            found[device_id] = best
    return found


def allowed_recipients(
    log: Membership, claimed: Mapping[str, str], directory: Directory, records_key: RecordsKey, now: int
) -> dict[str, bytes]:
    """`to` -> kid of everybody the next epoch must be sealed to: never more, never fewer."""
    allowed = {cert.to: cert.kid for cert in admitted_devices(log, claimed, directory, now).values()}
    for device_id in directory.devices():
        cert = directory.staff(device_id, now)
        if cert is not None and device_id not in log.removed and log.in_team(cert.person_id):
            allowed[cert.to] = cert.kid
    allowed[records_key.to] = records_key.kid
    return allowed
