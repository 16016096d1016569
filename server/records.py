"""The practice's own key work, offline: the root, the records key, the recovery sheet, opening and export.

The only Python here that can open an epoch. It is imported by the command line alone, never by the server process
(held by tests/laws/test_blind.py). Whoever holds the sheet can read every conversation of the practice: that is the
practice's right and duty, and the reason the sheet belongs in a safe and not on the server.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.conversations.crp_bytes import ZERO32, ZERO_ID, kid, lp, refuse, sha256, u64, verify_sig
from server.conversations.crp_certs import CROCKFORD, STAFF_LIFE, crockford, root_fingerprint, verify_self_signed
from server.conversations.crp_epochs import chain_hash, check_link, padded_size, verify_message
from server.conversations.crp_records import STAFF, Cert, Epoch, Message, RecordsKey
from server.conversations.crp_state import KeyState
from server.core.errors import RefusedEpoch
from server.core.ids import b64, new_id, unb64

HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SheetError(ValueError):
    """A recovery sheet that cannot be used; the text says which line and what to do."""


@dataclass(frozen=True)
class Public:
    """The half of a ceremony that the server may know."""

    practice_id: str
    name: str
    root_pub: bytes
    records_key: RecordsKey

    @property
    def fingerprint(self) -> str:
        return root_fingerprint(self.practice_id, self.root_pub)


def _groups(label: str, value: bytes) -> str:
    """Crockford base32 in groups of eight; the last group is the check."""
    padded = value + bytes(-len(value) % 5)
    text = crockford(padded) + crockford(sha256(lp(b"careroom/sheet/v1", label.encode(), value))[:5])
    return " ".join(text[i : i + 8] for i in range(0, len(text), 8))


def _ungroup(label: str, text: str, size: int) -> bytes:
    """Reverse of `_groups`, forgiving about case, spaces and the letters O, I and L. Raises SheetError."""
    plain = re.sub(r"[\s-]", "", text).upper().translate(str.maketrans("OIL", "011"))
    if any(letter not in CROCKFORD for letter in plain):
        raise SheetError(f"The line “{label}” has a letter that is never used. Please compare it with the paper.")
    length = -(-size // 5) * 8 + 8
    if len(plain) != length:
        raise SheetError(f"The line “{label}” has {len(plain)} letters; it needs {length}.")
    number = 0
    for letter in plain:
        number = number << 5 | CROCKFORD.index(letter)
    raw = number.to_bytes(length * 5 // 8, "big")
    value = raw[:size]
    if not hmac.compare_digest(_groups(label, value).replace(" ", ""), plain):
        raise SheetError(f"The line “{label}” has a typing mistake: its check letters do not fit.")
    return value


@dataclass(frozen=True)
class Sheet:
    """The recovery sheet: the root's seed and the records key's private half. Secret."""

    practice_id: str
    name: str
    root_seed: bytes
    records_private: bytes
    records_n: int = 1
    records_since: int = 0
    demo: bool = False

    def __repr__(self) -> str:
        return f"Sheet(practice_id={self.practice_id!r}, secret)"

    @property
    def root(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.root_seed)

    @property
    def records(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.records_private)

    def public(self) -> Public:
        """The same public half each time: Ed25519 in `cryptography` is deterministic."""
        pub = self.records.public_key().public_bytes_raw()
        key = RecordsKey(self.practice_id, self.records_n, pub, self.records_since, b"")
        key = replace(key, sig=self.root.sign(key.tbs))
        return Public(self.practice_id, self.name, self.root.public_key().public_bytes_raw(), key)

    def render(self) -> str:
        """The text to print and keep in a safe."""
        heading = "DEMO - not for real patients" if self.demo else "Keep this in a safe. Do not photograph it."
        return "\n".join(
            [
                "Careroom recovery sheet",
                heading,
                "Whoever holds this sheet can read every conversation of the practice.",
                "",
                f"Practice: {' '.join(self.name.split())}",
                f"Practice id: {_groups('Practice id', unb64(self.practice_id))}",
                f"Fingerprint: {self.public().fingerprint}",
                f"Root: {_groups('Root', self.root_seed)}",
                f"Records key: {_groups('Records key', self.records_private)}",
                f"Records key number: {self.records_n}",
                f"Records key from: {self.records_since}",
                "",
            ]
        )

    @classmethod
    def parse(cls, text: str) -> Sheet:
        """Reads a typed or saved sheet. Raises SheetError in plain words."""
        lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        found = {name.strip(): value.strip() for name, value in lines.items()}
        for needed in ("Practice", "Practice id", "Fingerprint", "Root", "Records key"):
            if not found.get(needed):
                raise SheetError(f"The line “{needed}” is missing.")
        numbers = {name: found.get(name, default) for name, default in _NUMBERS.items()}
        if not all(number.isascii() and number.isdigit() for number in numbers.values()):
            raise SheetError("The number and start of the records key must be whole numbers.")
        sheet = cls(
            b64(_ungroup("Practice id", found["Practice id"], 16)),
            found["Practice"],
            _ungroup("Root", found["Root"], 32),
            _ungroup("Records key", found["Records key"], 32),
            int(numbers["Records key number"]),
            int(numbers["Records key from"]),
            demo=any(line.startswith("DEMO") for line in text.splitlines()),
        )
        if sheet.public().fingerprint.replace(" ", "") != re.sub(r"\s", "", found["Fingerprint"]).upper():
            raise SheetError("The fingerprint does not belong to this root. The lines may be from two sheets.")
        return sheet

    def write(self, path: Path) -> None:
        """A new file that only its owner can read. Raises FileExistsError: a sheet is never overwritten."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(self.render())


_NUMBERS = {"Records key number": "1", "Records key from": "0"}


def ceremony(practice_id: str, name: str, demo: bool = False) -> tuple[Public, Sheet]:
    """New root and records key for a practice. The sheet is the only copy of the private halves."""
    sheet = Sheet(practice_id, name, secrets.token_bytes(32), secrets.token_bytes(32), demo=demo)
    return sheet.public(), sheet


def approve_device(sheet: Sheet, request: Cert, now: int) -> Cert:
    """A staff device's request becomes a certificate from the root, for 90 days. Raises RefusedEpoch."""
    if request.role not in STAFF:
        raise refuse("Only staff devices are approved with the recovery sheet.", "/role")
    verify_self_signed(request, sheet.practice_id, now)
    cert = replace(
        request, cert_id=new_id(), not_before=now, not_after=now + STAFF_LIFE, assurance="practice",
        issuer_device_id=ZERO_ID, sig=b"",
    )  # fmt: skip
    return replace(cert, sig=sheet.root.sign(cert.tbs))


def epoch_commit(kind: str, epoch_id: str, n: int, secret: bytes) -> bytes:
    """What an epoch says about its secret before anybody opens it (docs/crp-1.md 3)."""
    return sha256(lp(b"careroom/epoch-commit/v1", kind.encode(), unb64(epoch_id), u64(n), secret))


def wrap_info(epoch: Epoch, to: str, key_id: bytes) -> bytes:
    """The HPKE info that ties a wrap to its epoch and recipient."""
    return lp(
        b"careroom/wrap/v1", epoch.kind.encode(), unb64(epoch.id), u64(epoch.n), epoch.commit, to.encode(), key_id
    )


def derive(secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """32 bytes of key and 12 of nonce from an epoch secret."""
    okm = HKDF(SHA256(), 44, None, info).derive(secret)
    return okm[:32], okm[32:]


def open_epoch(sheet: Sheet, epoch: Epoch) -> bytes:
    """The epoch's secret through its records wrap. Raises RefusedEpoch when absent, shut or for another secret."""
    private = sheet.records
    key_id = kid(private.public_key().public_bytes_raw())
    wrap = epoch.wrap_to(f"rk:{sheet.records_n}")
    if wrap is None or wrap.kid != key_id:
        raise refuse(f"Epoch {epoch.n} is not sealed to this records key.")
    try:
        secret = HPKE.decrypt(wrap.enc, private, info=wrap_info(epoch, wrap.to, key_id))
    except InvalidTag as error:
        raise refuse(f"The records wrap of epoch {epoch.n} does not open.") from error
    if not hmac.compare_digest(epoch_commit(epoch.kind, epoch.id, epoch.n, secret), epoch.commit):
        raise refuse(f"The records wrap of epoch {epoch.n} holds another secret than the epoch says.")
    return secret


def message_key(message: Message, secret: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of one message."""
    return derive(
        secret,
        lp(
            b"careroom/msg-key/v1", unb64(message.conv_id), u64(message.n), unb64(message.device_id),
            unb64(message.msg_id),
        ),
    )  # fmt: skip


def open_message(message: Message, secret: bytes, author: Cert) -> dict[str, object]:
    """The body of one message: signature first, then opening, then padding. Raises RefusedEpoch."""
    verify_message(message, author)
    key, nonce = message_key(message, secret)
    try:
        padded = AESGCM(key).decrypt(nonce, message.ct, message.hdr)
    except InvalidTag as error:
        raise refuse("The message does not open with this epoch.") from error
    size = int.from_bytes(padded[:4], "big")
    if padded_size(4 + size) != len(padded) or any(padded[4 + size :]):
        raise refuse("The message's padding is wrong.")
    try:
        body = json.loads(padded[4 : 4 + size])
    except ValueError as error:
        raise refuse("The message's body is not JSON.") from error
    if not isinstance(body, dict) or not isinstance(body.get("t"), str):
        raise refuse("The message's body has no kind.")
    return body


@dataclass(frozen=True)
class Received:
    """A stored message with the place and time the server gave it."""

    seq: int
    received_at: int
    message: Message


@dataclass(frozen=True)
class Opened:
    """One message of an export."""

    seq: int
    received_at: int
    person_id: str
    device_id: str
    body: dict[str, object]


@dataclass(frozen=True)
class Export:
    """A conversation opened with the sheet. `faults` is empty when everything verified."""

    conv_id: str
    messages: tuple[Opened, ...]
    head: bytes
    faults: tuple[str, ...]


def export(
    sheet: Sheet, state: KeyState, received: Sequence[Received], head: tuple[int, bytes] | None = None
) -> Export:
    """Open a whole conversation offline and verify all of it: root, member log, epochs, signatures, order, chain hash.

    A fault never hides the rest: what opens is exported, and every fault is named. `head` is the (seq, hash) that the
    server or a device had shown.
    """
    faults: list[str] = []
    public = sheet.public()
    if state.root_pub != public.root_pub or state.records_key != public.records_key:
        faults.append("The practice's root or records key in the backup is not the one of this sheet.")
    state = replace(state, root_pub=public.root_pub, records_key=public.records_key)
    try:
        opened = state.log.opened
        if opened is None or opened.person_id != state.person_id:
            faults.append("The member log does not name this patient.")
    except RefusedEpoch as error:
        faults.append(f"Member log: {error.detail}")
    faults.extend(f"Certificate or revocation: {why}" for _, why in state.directory.refused)
    secrets_by_n = _open_epochs(sheet, state, faults)
    messages, last = _open_messages(state, received, secrets_by_n, faults)
    if head is not None and head != (len(received), last):
        faults.append("The messages do not end where the conversation's head says.")
    return Export(state.conv_id, tuple(messages), last, tuple(faults))


def _open_epochs(sheet: Sheet, state: KeyState, faults: list[str]) -> dict[int, tuple[Epoch, bytes]]:
    found: dict[int, tuple[Epoch, bytes]] = {}
    previous: Epoch | None = None
    for epoch in sorted(state.epochs, key=lambda known: known.n):
        try:
            check_link(epoch, previous)
            author = state.directory.known(epoch.by)
            if author is None or epoch.wrap_to(author.to) is None:
                raise refuse(f"The author of epoch {epoch.n} is not a member.")
            verify_sig(author.ds_pub, epoch.sig, epoch.tbs, f"epoch {epoch.n}")
            found[epoch.n] = (epoch, open_epoch(sheet, epoch))
        except RefusedEpoch as error:
            faults.append(f"Epoch {epoch.n}: {error.detail}")
        previous = epoch
    return found


def _open_messages(
    state: KeyState,
    received: Sequence[Received],
    secrets_by_n: dict[int, tuple[Epoch, bytes]],
    faults: list[str],
) -> tuple[list[Opened], bytes]:
    opened: list[Opened] = []
    chain = [ZERO32]
    seen: set[str] = set()
    for place, item in enumerate(sorted(received, key=lambda one: one.seq), start=1):
        message = item.message
        chain.append(chain_hash(chain[-1], message))
        if item.seq != place:
            faults.append(f"Message {place} is missing or stands twice (found {item.seq}).")
        if message.msg_id in seen:
            faults.append(f"Message {item.seq} repeats the id of an earlier one.")
        seen.add(message.msg_id)
        if message.seen_seq >= len(chain) - 1 or chain[message.seen_seq] != message.seen_hash:
            faults.append(f"Message {item.seq}: its author had seen another order of messages.")
        try:
            opened.append(_open_one(state, item, secrets_by_n))
        except RefusedEpoch as error:
            faults.append(f"Message {item.seq}: {error.detail}")
    return opened, chain[-1]


def _open_one(state: KeyState, item: Received, secrets_by_n: dict[int, tuple[Epoch, bytes]]) -> Opened:
    message = item.message
    author = state.directory.known(message.device_id)
    if author is None:
        raise refuse("The author's device is not known.")
    if message.n not in secrets_by_n:
        raise refuse(f"Epoch {message.n} did not open.")
    epoch, secret = secrets_by_n[message.n]
    if (message.conv_id, message.commit) != (state.conv_id, epoch.commit) or epoch.wrap_to(author.to) is None:
        raise refuse("It does not belong to its epoch.")
    body = open_message(message, secret, author)
    stamp = body.get("ts")
    if not isinstance(stamp, int) or state.directory.valid(message.device_id, stamp // 1000) is None:
        raise refuse("The author had no valid certificate at that time.")
    return Opened(item.seq, item.received_at, author.person_id, author.device_id, body)
