"""CRP-1 as the rest of the server sees it: one import for records, rules and `KeyState` (docs/crp-1.md).

This side checks signatures and rules. It cannot open an epoch: nothing under `server/` except `server/records.py`,
which only the command line imports, knows how (held by tests/laws/test_blind.py).
"""

from server.conversations.crp_bytes import SUITE, ZERO32, ZERO_ID, kid, lp, sha256, u64
from server.conversations.crp_certs import (
    Directory,
    current_records_key,
    device_fingerprint,
    root_fingerprint,
    verify_cert,
    verify_records_key,
    verify_self_signed,
)
from server.conversations.crp_entries import (
    Claim,
    DeviceMember,
    Grant,
    Hello,
    Invite,
    InviteEnd,
    MemberEntry,
    Open,
    StaffMember,
)
from server.conversations.crp_epochs import (
    chain_hash,
    check_epoch,
    check_history,
    check_message,
    padded_size,
    verify_hello,
    verify_message,
)
from server.conversations.crp_members import (
    Membership,
    allowed_recipients,
    claimed_devices,
    read_log,
    verify_claim,
    verify_member_entry,
)
from server.conversations.crp_records import POLICY, POLICY_HASH, Cert, Epoch, Message, RecordsKey, Revocation, Wrap
from server.conversations.crp_state import KeyState

__all__ = [
    "POLICY",
    "POLICY_HASH",
    "SUITE",
    "ZERO32",
    "ZERO_ID",
    "Cert",
    "Claim",
    "DeviceMember",
    "Directory",
    "Epoch",
    "Grant",
    "Hello",
    "Invite",
    "InviteEnd",
    "KeyState",
    "MemberEntry",
    "Membership",
    "Message",
    "Open",
    "RecordsKey",
    "Revocation",
    "StaffMember",
    "Wrap",
    "allowed_recipients",
    "chain_hash",
    "check_epoch",
    "check_history",
    "check_message",
    "claimed_devices",
    "current_records_key",
    "device_fingerprint",
    "kid",
    "lp",
    "padded_size",
    "read_log",
    "root_fingerprint",
    "sha256",
    "u64",
    "verify_cert",
    "verify_claim",
    "verify_hello",
    "verify_member_entry",
    "verify_message",
    "verify_records_key",
    "verify_self_signed",
]
