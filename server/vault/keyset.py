"""A set of keys in memory: one root secret and one or more KEKs. Both key stores are built on it.

Wrapped key: `0x01 || kek_id (8) || nonce (12) || AES-256-GCM(kek, nonce, dek) || tag (16)`, 69 bytes.
A random 96-bit nonce is enough here: a KEK wraps a key per person, far below 2^32 (NIST SP 800-38D, 8.3).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.core.ids import b64, unb64
from server.core.lp import lp
from server.vault.port import KeyTrouble, SealBroken, UnknownKek

_VERSION = b"\x01"
_ID, _NONCE, _KEY, _TAG = 8, 12, 32, 16
_WRAPPED = 1 + _ID + _NONCE + _KEY + _TAG


def kek_of(wrapped: bytes) -> str:
    """The id of the KEK that a wrapped key names. Raises SealBroken when it is not a wrapped key."""
    if len(wrapped) != _WRAPPED or wrapped[:1] != _VERSION:
        raise SealBroken("not a wrapped key of version 1")
    return b64(wrapped[1 : 1 + _ID])


@dataclass(frozen=True, slots=True)
class KeySet:
    """Immutable: a rotation makes a new one. `keks` is in order of age, oldest first; ids are 8 bytes in base64url."""

    root: bytes = field(repr=False)
    current: str
    keks: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        sound = len(self.root) == _KEY and self.current in self.keks
        if not sound or any(len(unb64(kid)) != _ID or len(key) != _KEY for kid, key in self.keks.items()):
            raise ValueError("a key or a key id has the wrong length, or the current key is missing")

    @classmethod
    def fresh(cls) -> KeySet:
        """New random keys."""
        kek_id = b64(secrets.token_bytes(_ID))
        return cls(secrets.token_bytes(_KEY), kek_id, {kek_id: secrets.token_bytes(_KEY)})

    @classmethod
    def from_secret(cls, secret: bytes) -> KeySet:
        """Root, KEK and KEK id all derived from one 32-byte secret, the same each time."""
        kek_id = b64(_hkdf(secret, lp("careroom/kek-id/v1"))[:_ID])
        return cls(_hkdf(secret, lp("careroom/root/v1")), kek_id, {kek_id: _hkdf(secret, lp("careroom/kek/v1"))})

    @classmethod
    def from_json(cls, text: str | bytes) -> KeySet:
        """Reverse of `to_json`. Raises KeyTrouble; never shows what it read."""
        try:
            data = json.loads(text)
            if data["version"] != 1:
                raise ValueError("unknown version")
            return cls(unb64(data["root"]), str(data["current"]), {k: unb64(v) for k, v in data["keks"].items()})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise KeyTrouble("The keys cannot be understood: restore them from your backup.") from None

    def to_json(self) -> str:
        """`{"version": 1, "root": …, "current": id, "keks": {id: …}}`, keys in base64url. Secret."""
        keks = {kek_id: b64(key) for kek_id, key in self.keks.items()}
        return json.dumps({"version": 1, "root": b64(self.root), "current": self.current, "keks": keks}, indent=1)

    def rotated(self) -> KeySet:
        """The same root and KEKs with one new KEK, which is current."""
        kek_id = b64(secrets.token_bytes(_ID))
        return KeySet(self.root, kek_id, {**self.keks, kek_id: secrets.token_bytes(_KEY)})

    def without(self, kek_id: str) -> KeySet:
        """The set without one old KEK. Raises KeyTrouble for the current one, UnknownKek for a stranger."""
        if kek_id == self.current:
            raise KeyTrouble("The current key-encryption key cannot be retired: rotate first.")
        if kek_id not in self.keks:
            raise UnknownKek(f"The key store holds no key-encryption key {kek_id}.")
        return KeySet(self.root, self.current, {k: v for k, v in self.keks.items() if k != kek_id})

    def wrap(self, dek: bytes, context: bytes) -> bytes:
        """See KeyPort.wrap."""
        if len(dek) != _KEY:
            raise ValueError("a DEK is 32 bytes")
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self.keks[self.current]).encrypt(nonce, dek, context + lp(self.current))
        return _VERSION + unb64(self.current) + nonce + sealed

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See KeyPort.unwrap."""
        kek_id = kek_of(wrapped)
        if kek_id not in self.keks:
            raise UnknownKek(
                f"The key store holds no key-encryption key {kek_id}: are these the keys of this database?"
            )
        nonce, sealed = wrapped[1 + _ID : 1 + _ID + _NONCE], wrapped[1 + _ID + _NONCE :]
        try:
            return AESGCM(self.keks[kek_id]).decrypt(nonce, sealed, context + lp(kek_id))
        except InvalidTag:
            raise SealBroken("a wrapped key does not authenticate") from None

    def derive(self, purpose: str) -> bytes:
        """See KeyPort.derive: HKDF-SHA256 (RFC 5869), info = LP("careroom/derive/v1", purpose)."""
        return _hkdf(self.root, lp("careroom/derive/v1", purpose))

    def self_test(self) -> None:
        """Wrap and unwrap a random key. Raises KeyTrouble when that does not give it back."""
        probe, context = secrets.token_bytes(_KEY), lp("careroom/check/v1")
        if self.unwrap(self.wrap(probe, context), context) != probe:
            raise KeyTrouble("The key store does not give back what it sealed.")


def _hkdf(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=info).derive(secret)
