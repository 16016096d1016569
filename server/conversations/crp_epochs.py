"""CRP-1 rules about epochs, messages and hellos that a reader without keys can check (docs/crp-1.md 3, 5, 6)."""

from __future__ import annotations

from collections.abc import Mapping

from server.conversations.crp_bytes import ZERO32, lp, refuse, sha256, verify_sig
from server.conversations.crp_certs import Directory
from server.conversations.crp_entries import Hello
from server.conversations.crp_records import POLICY_HASH, Cert, Epoch, Message, RecordsKey
from server.core.errors import TooLarge

MAX_PADDED = 65536
TAG = 16


def check_epoch(
    epoch: Epoch, previous: Epoch | None, allowed: Mapping[str, bytes], records_key: RecordsKey, author: Cert | None
) -> None:
    """Everything a blind reader can check of a new epoch. Raises RefusedEpoch.

    `allowed` comes from `allowed_recipients`; `author` is the certificate that counts for `epoch.by` now, or None.
    The caller has checked `records_key` against the root and compares `epoch.n` under its own lock.
    """
    if epoch.policy_hash != POLICY_HASH:
        raise refuse("This recipient policy is not known here.", "/policy_hash")
    if epoch.log_head != ZERO32:
        raise refuse("There is no transparency log yet.", "/log_head")
    check_link(epoch, previous)
    wrap = epoch.wrap_to(records_key.to)
    if wrap is None or wrap.kid != records_key.kid:
        raise refuse("The practice's records key is not among the recipients.", "/wraps")
    if {wrap.to: wrap.kid for wrap in epoch.wraps} != dict(allowed):
        raise refuse("The recipients are not those that the signed membership allows.", "/wraps")
    if author is None or author.device_id != epoch.by or author.to not in allowed:
        raise refuse("The author is not a member of this conversation.", "/by")
    verify_sig(author.ds_pub, epoch.sig, epoch.tbs, "epoch")


def check_link(epoch: Epoch, previous: Epoch | None) -> None:
    """The chain of epochs: same conversation, next number, hash of the one before. Raises RefusedEpoch."""
    if previous is None:
        good = epoch.n == 1 and epoch.prev == ZERO32 and not epoch.hist
    else:
        same = (epoch.kind, epoch.id) == (previous.kind, previous.id)
        good = same and epoch.n == previous.n + 1 and epoch.prev == previous.hash
    if not good:
        raise refuse("This epoch does not follow the one before.", "/prev")


def wants_history(epoch: Epoch, previous: Epoch | None, directory: Directory, now: int) -> bool:
    """Whether the rule asks for `hist`: its author had the older secret and no unverified device is new."""
    before = {wrap.to for wrap in previous.wraps} if previous else set()
    devices = [wrap.to for wrap in epoch.wraps if wrap.to.startswith("dev:")]
    fits = all(to in before or directory.certified(to[4:], now) is not None for to in devices)
    return f"dev:{epoch.by}" in before and fits


def check_history(epoch: Epoch, previous: Epoch | None, directory: Directory, now: int) -> None:
    """Raises RefusedEpoch when `hist` is there against the rule, or missing against it."""
    if bool(epoch.hist) != wants_history(epoch, previous, directory, now):
        raise refuse("The link to older messages is present or absent against the rule.", "/hist")


def padded_size(size: int) -> int:
    """The bucket for `size` bytes: powers of two from 256 to 4096, then Padmé."""
    bucket = 256
    while bucket < size and bucket < 4096:
        bucket *= 2
    if size <= bucket:
        return bucket
    exponent = size.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-size // step) * step


def check_size(message: Message) -> None:
    """The ciphertext must fall on a bucket. Raises RefusedEpoch, or TooLarge above the largest one."""
    size = len(message.ct) - TAG
    if size > MAX_PADDED:
        raise TooLarge("This message is too long. Please send it in parts.")
    if size < 256 or padded_size(size) != size:
        raise refuse("This message is not padded.", "/ct")


def check_message(message: Message, epoch: Epoch, device_id: str) -> None:
    """The hot path's checks: signed-in device, conversation, epoch, size. Raises RefusedEpoch or TooLarge.

    Membership of the device is one look at the epoch's wraps. The signature is for `verify_message`.
    """
    if message.device_id != device_id:
        raise refuse("This message is from another device.", "/device_id")
    if (message.kind, message.conv_id, message.n, message.commit) != (epoch.kind, epoch.id, epoch.n, epoch.commit):
        raise refuse("This message is for another epoch.", "/n")
    if epoch.wrap_to(f"dev:{device_id}") is None:
        raise refuse("This device is not a member of the conversation.", "/device_id")
    check_size(message)


def verify_message(message: Message, author: Cert) -> None:
    """The author's signature. Raises RefusedEpoch."""
    if author.device_id != message.device_id:
        raise refuse("This message is from another device.", "/device_id")
    verify_sig(author.ds_pub, message.sig, message.tbs, "message")


def chain_hash(previous: bytes, message: Message) -> bytes:
    """h_k from h_(k-1): the server's running hash over every message of a conversation."""
    return sha256(lp(previous, message.hash))


def verify_hello(hello: Hello, cert: Cert, call_id: str) -> None:
    """A call hello under the sender's certificate. Raises RefusedEpoch."""
    if (hello.call_id, hello.device_id, hello.cert_id) != (call_id, cert.device_id, cert.cert_id):
        raise refuse("This hello is for another call or device.", "/call_id")
    verify_sig(cert.ds_pub, hello.sig, hello.tbs, "hello")
