"""RTCP: built packets read back, and bytes of strangers refused in one way only."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sfu import rtcp
from media.sfu.rtp import Malformed

A, B = b"aaaa", b"bbbb"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(Malformed):
        for kind, _form, packet in rtcp.packets(data):
            rtcp.remb(packet)
            rtcp.fir_targets(packet)
            if kind in (rtcp.SR, rtcp.RR):
                rtcp.sender_report(packet, A)
            rtcp.nacked(packet)


@given(st.sets(st.integers(0, 65535), min_size=1, max_size=64))
def test_nack_there_and_back(lost: set[int]) -> None:
    packet = rtcp.build_nack(A, B, sorted(lost))
    assert rtcp.nacked(packet) == (B, sorted(lost))
    assert list(rtcp.packets(packet)) == [(rtcp.RTPFB, rtcp.NACK, packet)]


def test_a_nack_over_the_wrap_of_the_numbers() -> None:
    assert rtcp.nacked(rtcp.build_nack(A, B, [65534, 65535, 0, 3]))[1] == [65534, 65535, 0, 3]


@given(st.integers(1, (1 << 40) - 1))
def test_remb_keeps_the_first_eighteen_bits(bits: int) -> None:
    read = rtcp.remb(rtcp.build_remb(A, bits, [B]))
    assert read is not None
    assert bits * (1 - 1 / (1 << 17)) <= read <= bits


def test_a_sender_report_keeps_the_clock_of_its_source() -> None:
    clock = bytes(range(20))
    report = rtcp.sender_report(b"\x81\xc8\x00\x0c" + A + clock + bytes(24), B)
    assert (report[4:8], report[8:28], len(report)) == (B, clock, 28)


@pytest.mark.parametrize("lost", [-5, 0, 1 << 24])
def test_lost_fits_its_field(lost: int) -> None:
    block = rtcp.report_block(A, fraction=0, lost=lost, highest=1, jitter=0, lsr=0, dlsr=0)
    packet = rtcp.build_rr(B, [block])
    assert len(block) == 24
    assert [one[0] for one in rtcp.packets(packet)] == [rtcp.RR]
