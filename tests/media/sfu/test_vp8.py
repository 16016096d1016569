"""The descriptor before a VP8 frame, read as aiortc writes it."""

from __future__ import annotations

from contextlib import suppress

from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from media.sfu import rtp, vp8

maybe = st.none()


@given(
    begins=st.booleans(), part=st.integers(0, 7), picture=maybe | st.integers(0, 0x7FFF),
    base=maybe | st.integers(0, 255), layer=maybe | st.integers(0, 3), inter=st.booleans(),
)  # fmt: skip
def test_a_descriptor_is_read_as_it_was_written(
    begins: bool, part: int, picture: int | None, base: int | None, layer: int | None, inter: bool
) -> None:
    tid = None if layer is None else (layer, 0)
    head = bytes(VpxPayloadDescriptor(int(begins), part, picture_id=picture, tl0picidx=base, tid=tid))
    packet = b"h" * 12 + head + bytes([0x50 | inter])
    found = vp8.descriptor(packet, 12)
    assert found.opens_key_frame == (begins and part == 0 and not inter)
    assert (vp8.picture_of(packet, found) if found.picture else None) == picture
    assert (packet[found.base] if found.base else None) == base


@given(st.binary(max_size=10))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(rtp.Malformed):
        vp8.descriptor(data, 0)
