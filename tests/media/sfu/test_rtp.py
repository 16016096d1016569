"""RTP headers: what is read, what is rewritten, and that no bytes from a stranger can break either."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sfu import rtp
from tests.media.sfu.wire import rtp_packet

exts = st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=4)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing but Malformed ever comes out, and no element lies outside the packet."""
    for _kind, at, size in rtp.elements(data):
        assert at > 0
        assert at + size <= len(data)
    if len(data) >= rtp.HEADER:
        assert len(rtp.renumber(data, {1: 2})) == len(data)
    with suppress(rtp.Malformed):
        assert rtp.header_length(data) <= len(data)
        assert 0 <= rtp.payload_size(data) <= len(data)
        rtp.unwrap_rtx(data, pt=1, ssrc=b"1234")


@given(exts, st.binary(max_size=60), st.dictionaries(st.integers(1, 14), st.integers(1, 14), max_size=6))
def test_extensions_are_renumbered_and_the_rest_stays(
    extensions: dict[int, bytes], payload: bytes, ids: dict[int, int]
) -> None:
    packet = rtp_packet(7, extensions=extensions, payload=payload)
    changed = rtp.renumber(packet, ids)
    assert len(changed) == len(packet)
    assert changed[rtp.header_length(changed) :] == payload
    found = [(kind, changed[at : at + size]) for kind, at, size in rtp.elements(changed)]
    assert found == [(ids[kind], data) for kind, data in extensions.items() if kind in ids]


@given(st.integers(0, 65535), exts, st.binary(min_size=1, max_size=60), st.booleans())
def test_rtx_there_and_back(seq: int, extensions: dict[int, bytes], payload: bytes, marker: bool) -> None:
    packet = rtp_packet(seq, pt=96, ssrc=5, extensions=extensions, payload=payload, marker=marker)
    sent = rtp.wrap_rtx(packet, pt=97, ssrc=(6).to_bytes(4, "big"), seq=3)
    assert (sent[1] & 0x7F, sent[2:4], sent[8:12]) == (97, b"\x00\x03", b"\x00\x00\x00\x06")
    assert rtp.unwrap_rtx(sent, pt=96, ssrc=packet[8:12]) == packet


def test_a_retransmission_of_nothing_is_padding() -> None:
    assert rtp.unwrap_rtx(rtp_packet(1, payload=b""), pt=96, ssrc=b"abcd") is None


def test_a_cut_header_is_refused() -> None:
    with pytest.raises(rtp.Malformed):
        rtp.header_length(rtp_packet(1, extensions={1: b"abc"}, payload=b"")[:14])
