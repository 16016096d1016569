"""The cell: pinned bytes, bound to its place, noise to everybody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.lp import lp
from server.vault import envelope
from server.vault.envelope import OVERHEAD, dek_id_of, open_cell, seal_cell, wrap_context
from server.vault.port import SealBroken

DEK_ID = bytes(range(8))
DEK = bytes(range(32))
SALT = bytes(range(100, 132))
PLACE = ("clinic", "person", "name", "row-1")

PINNED = {
    "": (
        "0100010203040506076465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283ce193b0e"
        "80e81b9e73bf52cafefc9e5c"
    ),
    "Zoë": (
        "0100010203040506076465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283229f9791"
        "95ded0ec21e09b4908de9e608f252b87"
    ),
    "山田太郎": (
        "0100010203040506076465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182839d41e5dd"
        "457693709699dc717872ce6c804792978642d9d8d3a9a92b"
    ),
}


@pytest.mark.parametrize(("text", "expected"), PINNED.items())
def test_the_format_cannot_drift(text: str, expected: str) -> None:
    cell = envelope._seal(SALT, DEK_ID, DEK, PLACE, text.encode())
    assert cell.hex() == expected
    assert open_cell(DEK_ID, DEK, *PLACE, bytes.fromhex(expected)).decode() == text


def test_the_pinned_cell_is_what_the_page_says_byte_by_byte() -> None:
    """Built again from RFC 5869 and AES-GCM by hand, without the module's own helpers."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    label = b"careroom/field/v1"
    prk = hmac.digest(SALT, DEK, hashlib.sha256)
    first = hmac.digest(prk, label + b"\x01", hashlib.sha256)
    both = first + hmac.digest(prk, first + label + b"\x02", hashlib.sha256)
    aad = lp(label, DEK_ID, *PLACE)
    sealed = AESGCM(both[:32]).encrypt(both[32:44], "Zoë".encode(), aad)
    assert (b"\x01" + DEK_ID + SALT + sealed).hex() == PINNED["Zoë"]


@given(st.binary(max_size=300))
def test_it_opens_to_what_was_sealed_and_is_57_bytes_longer(plaintext: bytes) -> None:
    cell = seal_cell(DEK_ID, DEK, *PLACE, plaintext)
    assert open_cell(DEK_ID, DEK, *PLACE, cell) == plaintext
    assert len(cell) == len(plaintext) + OVERHEAD == len(plaintext) + 57
    assert dek_id_of(cell) == DEK_ID


def test_the_same_text_never_gives_the_same_cell() -> None:
    assert len({seal_cell(DEK_ID, DEK, *PLACE, b"same") for _ in range(200)}) == 200


@pytest.mark.parametrize("part", range(4))
def test_a_cell_moved_to_another_tenant_table_column_or_row_fails(part: int) -> None:
    """Claim 43."""
    cell = seal_cell(DEK_ID, DEK, *PLACE, b"text")
    tenant, table, column, row_id = (name + "x" * (at == part) for at, name in enumerate(PLACE))
    with pytest.raises(SealBroken):
        open_cell(DEK_ID, DEK, tenant, table, column, row_id, cell)


def test_letters_cannot_slide_from_one_part_to_the_next() -> None:
    cell = seal_cell(DEK_ID, DEK, "clinic", "person", "name", "1", b"text")
    with pytest.raises(SealBroken):
        open_cell(DEK_ID, DEK, "clinicp", "erson", "name", "1", cell)


def test_flipping_any_bit_or_cutting_anywhere_fails() -> None:
    cell = seal_cell(DEK_ID, DEK, *PLACE, b"text")
    for bit in range(len(cell) * 8):
        bent = bytearray(cell)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            open_cell(DEK_ID, DEK, *PLACE, bytes(bent))
    for end in range(len(cell)):
        with pytest.raises(SealBroken):
            open_cell(DEK_ID, DEK, *PLACE, cell[:end])


def test_another_key_or_key_id_fails() -> None:
    cell = seal_cell(DEK_ID, DEK, *PLACE, b"text")
    with pytest.raises(SealBroken):
        open_cell(DEK_ID, bytes(32), *PLACE, cell)
    with pytest.raises(SealBroken):
        open_cell(bytes(8), DEK, *PLACE, cell)


def test_keys_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal_cell(DEK_ID, DEK[:16], *PLACE, b"text")
    with pytest.raises(ValueError, match="its id 8"):
        seal_cell(DEK_ID[:7], DEK, *PLACE, b"text")


def test_the_wrap_context_is_pinned() -> None:
    assert wrap_context("clinic", DEK_ID) + lp("kek") == lp("careroom/dek/v1", "clinic", DEK_ID, "kek")
