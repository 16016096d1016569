"""LP is injective and reversible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.lp import lp, unlp

PARTS = st.lists(st.binary(max_size=20), max_size=6)


def test_the_bytes_are_pinned() -> None:
    assert lp("careroom/field/v1", b"\x00\xff", "") == (
        b"\x00\x00\x00\x11careroom/field/v1" + b"\x00\x00\x00\x02\x00\xff" + b"\x00\x00\x00\x00"
    )


@given(PARTS)
def test_the_parts_come_back(parts: list[bytes]) -> None:
    assert unlp(lp(*parts)) == parts


@given(PARTS, PARTS)
def test_different_parts_never_encode_alike(one: list[bytes], other: list[bytes]) -> None:
    assert (lp(*one) == lp(*other)) == (one == other)


@given(PARTS, PARTS)
def test_appending_parts_is_appending_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert lp(*one) + lp(*other) == lp(*one, *other)


@pytest.mark.parametrize("cut", [b"\x00", b"\x00\x00\x00", b"\x00\x00\x00\x02a", b"\x00\x00\x00\x01ab"])
def test_a_cut_encoding_is_refused(cut: bytes) -> None:
    with pytest.raises(ValueError, match="cut short"):
        unlp(cut)
