"""DKIM signatures (RFC 6376) with RSA (RFC 8301: SHA-256, from 2048 bits) or Ed25519 (RFC 8463), relaxed/relaxed.

Usually the relay that takes our mail signs it. Where none does, `MAIL_DKIM` names a selector and a key, and each mail
leaves signed by the domain of its sender.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

Header = tuple[str, str]
# What a reader sees or a mailbox acts on; RFC 8058 section 4 asks for the two List- fields.
SIGNED = (
    "from", "to", "subject", "date", "message-id", "auto-submitted", "list-unsubscribe", "list-unsubscribe-post",
    "mime-version", "content-type", "content-transfer-encoding",
)  # fmt: skip
SEALED = ("from", "to", "subject", "date")  # named once more than they stand: adding one breaks the signature (5.4.2)
_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")
_LEAST_BITS = 2048
_SPACES = re.compile(rb"[ \t]+")


class DkimSigner:
    """Signs whole messages for one domain."""

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        self.domain, self.selector, self._key = domain, selector, key
        self.algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"

    @classmethod
    def from_setting(cls, setting: str, domain: str) -> DkimSigner:
        """`SELECTOR:FILE`, the file a private key in PEM. Raises ValueError with one sentence and never the key."""
        selector, _, path = setting.partition(":")
        if not path or not _SELECTOR.fullmatch(selector):
            raise ValueError(
                "MAIL_DKIM is a selector and the file of a private key: clinic2026:/etc/careroom/dkim.pem."
            )
        try:
            key = load_pem_private_key(Path(path).read_bytes(), None)
        except OSError:
            raise ValueError("The key file that MAIL_DKIM names cannot be read.") from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ValueError("The file that MAIL_DKIM names holds no private key in PEM without a password.") from None
        if isinstance(key, RSAPrivateKey) and key.key_size < _LEAST_BITS:
            raise ValueError(
                f"The RSA key that MAIL_DKIM names has fewer than {_LEAST_BITS} bits; mailboxes refuse it."
            )
        if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            raise ValueError("MAIL_DKIM takes an RSA or an Ed25519 key.")
        return cls(domain, selector, key)

    def sign(self, message: bytes, at: datetime) -> bytes:
        """The message (CRLF, as it goes over the wire) with its signature on top."""
        headers, body = parts_of(message)
        there = [name.lower() for name, _ in headers]
        names = [name for one in SIGNED for name in [one] * there.count(one)] + list(SEALED)
        listed = " :\r\n ".join(" : ".join(names[first : first + 4]) for first in range(0, len(names), 4))
        value = (
            f"v=1; a={self.algorithm}; c=relaxed/relaxed;\r\n d={self.domain}; s={self.selector};"
            f" t={int(at.timestamp())};\r\n h={listed};\r\n"
            f" bh={base64.b64encode(body_hash(body)).decode()};\r\n b="
        )
        signed = base64.b64encode(self.signature(signing_input(headers, names, value))).decode()
        folded = "\r\n ".join(signed[start : start + 72] for start in range(0, len(signed), 72))
        return f"DKIM-Signature: {value}{folded}\r\n".encode() + message

    def signature(self, signed: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(signed, PKCS1v15(), SHA256())
        return self._key.sign(hashlib.sha256(signed).digest())  # RFC 8463 section 3: over the hash


def parts_of(message: bytes) -> tuple[list[Header], bytes]:
    """The header fields in their order, still folded, and the body."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = re.split(r"\r\n(?![ \t])", head.decode("utf-8"))
    named = (line.partition(":") for line in lines if line)
    return [(name, value) for name, _, value in named], body


def body_hash(body: bytes) -> bytes:
    """SHA-256 of the body in relaxed form (section 3.4.4)."""
    lines = [_SPACES.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return hashlib.sha256(b"".join(line + b"\r\n" for line in lines)).digest()


def signing_input(headers: Sequence[Header], names: Sequence[str], signature: str) -> bytes:
    """What is signed: the named fields from the bottom up, then the signature's own field with an empty `b=`
    (section 3.7). A name without a field left counts for nothing."""
    left: dict[str, list[str]] = {}
    for name, value in headers:
        left.setdefault(name.strip().lower(), []).append(value)
    chosen = [(name, left[name].pop()) for name in names if left.get(name)]
    lines = [_relaxed(name, value) for name, value in [*chosen, ("dkim-signature", signature)]]
    return b"\r\n".join(lines)


def _relaxed(name: str, value: str) -> bytes:
    """A header field in relaxed form (section 3.4.2)."""
    unfolded = value.replace("\r\n", "").encode()
    return name.encode() + b":" + _SPACES.sub(b" ", unfolded).strip(b" ")
