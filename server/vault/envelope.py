"""The cell: one sealed value, bound to the place it stands in.

    cell        = 0x01 || dek_id (8) || salt (32) || ct || tag (16)
    key || nonce = HKDF-SHA256(dek, salt, info "careroom/field/v1")      32 + 12 bytes
    aad         = LP("careroom/field/v1", dek_id, tenant, table, column, row_id)
    ct || tag   = AES-256-GCM(key, nonce, plaintext, aad)

A fresh 256-bit salt gives every cell its own key and nonce, so there is no nonce to keep count of. The bytes
are pinned by vectors in the tests: a cell of today must open in ten years.
"""

from __future__ import annotations

import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.core.lp import lp
from server.vault.port import SealBroken

DEK_ID_BYTES = 8
DEK_BYTES = 32
_VERSION = b"\x01"
_LABEL = "careroom/field/v1"
_LABEL_PART = lp(_LABEL)
_SALT, _NONCE, _TAG = 32, 12, 16
_HEAD = 1 + DEK_ID_BYTES + _SALT
OVERHEAD = _HEAD + _TAG
"""Bytes that a cell is longer than its plaintext: 57."""


def seal_cell(dek_id: bytes, dek: bytes, tenant: str, table: str, column: str, row_id: str, plaintext: bytes) -> bytes:
    """The cell of `plaintext` for exactly this place. `row_id` must be final: assign ids before sealing."""
    return _seal(secrets.token_bytes(_SALT), dek_id, dek, (tenant, table, column, row_id), plaintext)


def open_cell(dek_id: bytes, dek: bytes, tenant: str, table: str, column: str, row_id: str, cell: bytes) -> bytes:
    """The plaintext. Raises SealBroken when the cell was altered, cut, or made for any other place or key."""
    if dek_id_of(cell) != dek_id:
        raise SealBroken("the cell belongs to another data key")
    key, nonce = _keys(dek, cell[1 + DEK_ID_BYTES : _HEAD])
    try:
        return AESGCM(key).decrypt(nonce, cell[_HEAD:], _aad(dek_id, (tenant, table, column, row_id)))
    except InvalidTag:
        raise SealBroken(f"a cell of {table}.{column} does not authenticate") from None


def dek_id_of(cell: bytes) -> bytes:
    """The id (8 bytes) of the data key a cell is under. Raises SealBroken when it is not a cell of version 1."""
    if len(cell) < OVERHEAD or cell[:1] != _VERSION:
        raise SealBroken("not a cell of version 1")
    return cell[1 : 1 + DEK_ID_BYTES]


def wrap_context(tenant: str, dek_id: bytes) -> bytes:
    """What a wrapped DEK is bound to; the port appends the KEK's id: LP("careroom/dek/v1", tenant, dek_id, kek_id)."""
    return lp("careroom/dek/v1", tenant, dek_id)


def _seal(salt: bytes, dek_id: bytes, dek: bytes, place: tuple[str, str, str, str], plaintext: bytes) -> bytes:
    if len(dek_id) != DEK_ID_BYTES or len(dek) != DEK_BYTES:
        raise ValueError("a DEK is 32 bytes and its id 8")
    key, nonce = _keys(dek, salt)
    return _VERSION + dek_id + salt + AESGCM(key).encrypt(nonce, plaintext, _aad(dek_id, place))


def _keys(dek: bytes, salt: bytes) -> tuple[bytes, bytes]:
    both = HKDF(algorithm=SHA256(), length=DEK_BYTES + _NONCE, salt=salt, info=_LABEL.encode()).derive(dek)
    return both[:DEK_BYTES], both[DEK_BYTES:]


def _aad(dek_id: bytes, place: tuple[str, str, str, str]) -> bytes:
    tenant, table, column, row_id = place
    return _LABEL_PART + lp(dek_id) + _column_part(tenant, table, column) + lp(row_id)


@lru_cache(maxsize=1024)
def _column_part(tenant: str, table: str, column: str) -> bytes:
    """LP of a list is its parts' LP in a row: what hundreds of cells of one column share is put together once."""
    return lp(tenant, table, column)
