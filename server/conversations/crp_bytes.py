"""CRP-1 encoding: LP, integers, the reader of wire JSON, and Ed25519 verification.

Source: docs/crp-1.md section 1. Nothing here opens or seals anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server.core.errors import Fault, RefusedEpoch
from server.core.ids import b64, unb64
from server.core.lp import lp as lp  # the one LP of the house, under this roof too

SUITE = 1
ZERO32 = bytes(32)
ZERO_ID = b64(bytes(16))
MAX_WIRE_INT = 2**53 - 1
SKEW = 300
"""Seconds a clock may be ahead of ours before a record counts as from the future."""


def u8(number: int) -> bytes:
    return number.to_bytes(1, "big")


def u64(number: int) -> bytes:
    return number.to_bytes(8, "big")


def sha256(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def kid(pub: bytes) -> bytes:
    """Eight bytes that name a receiving key (docs/crp-1.md section 2)."""
    return sha256(lp(b"careroom/kid/v1", pub))[:8]


def refuse(detail: str, pointer: str = "") -> RefusedEpoch:
    """The one way a protocol rule says no."""
    return RefusedEpoch(detail, errors=[Fault(pointer, detail)] if pointer else [])


def verify_sig(pub: bytes, sig: bytes, signed: bytes, what: str) -> None:
    """Ed25519 (RFC 8032). Raises RefusedEpoch when `sig` is not `pub`'s signature over `signed`."""
    try:
        Ed25519PublicKey.from_public_bytes(pub).verify(sig, signed)
    except (InvalidSignature, ValueError) as error:
        raise refuse(f"The signature of the {what} does not verify.", "/sig") from error


class Reader:
    """Strict reading of one wire record: every field is asked for by kind and length; a fault names its pointer."""

    def __init__(self, data: object, at: str = "") -> None:
        if not isinstance(data, Mapping):
            raise refuse("This must be a JSON object.", at or "/")
        self._data = data
        self._at = at

    def _get(self, name: str) -> object:
        if name not in self._data:
            raise refuse("This field is missing.", f"{self._at}/{name}")
        return self._data[name]

    def _bad(self, name: str, detail: str) -> RefusedEpoch:
        return refuse(detail, f"{self._at}/{name}")

    def suite(self) -> int:
        """Always 1: an unknown suite is refused, never read as another."""
        value = self._get("suite")
        if type(value) is not int or value != SUITE:
            raise self._bad("suite", "This suite is not known here.")
        return SUITE

    def text(self, name: str, longest: int = 200) -> str:
        value = self._get(name)
        if not isinstance(value, str) or len(value.encode("utf-8", "surrogatepass")) > longest:
            raise self._bad(name, f"This must be text of at most {longest} bytes.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self._bad(name, "This is not Unicode text.") from error
        return value

    def one_of(self, name: str, allowed: frozenset[str]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise self._bad(name, "This word is not known here.")
        return value

    def number(self, name: str) -> int:
        value = self._get(name)
        if type(value) is not int or not 0 <= value <= MAX_WIRE_INT:
            raise self._bad(name, "This must be a whole number from 0 to 2^53 - 1.")
        return value

    def raw(self, name: str, size: int | None = None, longest: int = 65536 + 16) -> bytes:
        value = self._get(name)
        try:
            found = unb64(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or len(found) > longest or (size is not None and len(found) != size):
            raise self._bad(name, f"This must be {size if size is not None else 'some'} bytes in base64url.")
        return found

    def optional_raw(self, name: str, size: int) -> bytes:
        """Empty when the field is absent or null."""
        return self.raw(name, size) if self._data.get(name) is not None else b""

    def id(self, name: str) -> str:
        return b64(self.raw(name, 16))

    def each(self, name: str, most: int = 500) -> Iterator[Reader]:
        value = self._get(name)
        if not isinstance(value, list) or len(value) > most:
            raise self._bad(name, f"This must be a list of at most {most}.")
        for index, item in enumerate(value):
            yield Reader(item, f"{self._at}/{name}/{index}")

    def texts(self, name: str, most: int = 500) -> tuple[str, ...]:
        value = self._get(name)
        if not isinstance(value, list) or len(value) > most or not all(isinstance(item, str) for item in value):
            raise self._bad(name, f"This must be a list of at most {most} texts.")
        return tuple(value)

    def ids(self, name: str, most: int = 500) -> tuple[str, ...]:
        """A list of different ids."""
        found = self.texts(name, most)
        for index, text in enumerate(found):
            Reader({"id": text}, f"{self._at}/{name}/{index}").id("id")
        if len(set(found)) != len(found):
            raise self._bad(name, "An id stands here twice.")
        return found

    def child(self, name: str) -> Reader:
        return Reader(self._get(name), f"{self._at}/{name}")
