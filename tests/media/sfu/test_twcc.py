"""Transport-wide feedback, read back by a decoder of the draft's section 3.1 that shares nothing with the writer."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sfu import rtcp, rtp
from media.sfu.consumer import Codec, Consumer
from media.sfu.producer import Producer
from media.sfu.twcc import URI, Arrivals, Departures
from tests.media.sfu.client import RelayClient, Room
from tests.media.sfu.test_sdp import answer
from tests.media.sfu.wire import offer, rtp_packet, video

WIDE = 5
AT = 20
"""Where the number's element begins in `numbered`."""


def decode(message: bytes) -> dict[int, float | None]:
    """number -> seconds of arrival (modulo the reference time's field), None for what was not received."""
    assert (message[0] & 0x1F, message[1], len(message)) == (15, 205, 4 + 4 * int.from_bytes(message[2:4], "big"))
    first, count, reference = struct.unpack("!HHI", message[12:20])
    at, symbols = 20, []
    while len(symbols) < count:
        chunk = int.from_bytes(message[at : at + 2], "big")
        at += 2
        if chunk >> 15 == 0:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk >> 14 & 1:
            symbols += [chunk >> 2 * (6 - place) & 3 for place in range(7)]
        else:
            symbols += [chunk >> (13 - place) & 1 for place in range(14)]
    clock, found = (reference >> 8) * 256, {}
    for number, symbol in enumerate(symbols[:count], first):
        if symbol:
            size = 1 if symbol == 1 else 2
            clock += int.from_bytes(message[at : at + size], "big", signed=symbol == 2)
            at += size
        found[number & 0xFFFF] = clock * 0.00025 if symbol else None
    assert len(message) - at < 4
    return found


def numbered(number: int, seq: int = 1) -> bytes:
    return rtp_packet(seq, extensions={2: b"abc", WIDE: number.to_bytes(2, "big")})


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(0, 60), st.floats(0, 0.5)), min_size=1, max_size=60, unique_by=lambda one: one[0]),
)
def test_what_came_when_is_told_and_what_did_not_too(start: int, came: list[tuple[int, float]]) -> None:
    arrivals, now, when = Arrivals(), 1000.0, {}
    for number, pause in came:
        now += pause
        arrivals.note(numbered((start + number) & 0xFFFF), WIDE, now)
        when[(start + number) & 0xFFFF] = now
    message = arrivals.message(b"from", b"medi")
    assert message is not None
    told = decode(message)
    least = (start + min(number for number, _ in came)) & 0xFFFF
    if least <= (start + came[0][0]) & 0xFFFF:  # before the very first number there is none
        assert {number for number, at in told.items() if at is not None} == set(when)
        for number, at in when.items():
            heard = told[number]
            assert heard is not None
            assert heard == pytest.approx(at, abs=0.001)
    assert arrivals.message(b"from", b"medi") is None


def test_what_is_missing_between_two_messages_is_told_with_the_second() -> None:
    arrivals = Arrivals()
    for number in (1, 2):
        arrivals.note(numbered(number), WIDE, 1.0)
    arrivals.message(b"from", b"medi")
    arrivals.note(numbered(5), WIDE, 1.1)
    message = arrivals.message(b"from", b"medi")
    assert message is not None
    told = decode(message)
    assert [told[3], told[4]] == [None, None]
    assert told[5] == pytest.approx(1.1, abs=0.001)
    assert message[19] == 1  # the second


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(0, 0xFFFF))
def test_any_packets_are_told_of_or_refused(bodies: list[bytes], first: int) -> None:
    arrivals = Arrivals()
    for body in bodies:
        packet = b"\x90" + rtp_packet(first)[1:12] + body
        try:
            rtp.header_length(packet)
            arrivals.note(packet, WIDE, 1.0)
        except rtp.Malformed:
            continue
    message = arrivals.message(b"from", b"medi")
    assert message is None or decode(message)


def test_a_publishers_number_ends_at_the_relay_and_a_subscriber_gets_its_own() -> None:
    sent: list[bytes] = []
    departures = Departures()

    def send(packet: bytes, wide: int, head: bytes, now: float) -> None:
        sent.append(departures.numbered(packet, wide, head, now) if head else packet)

    producer = Producer("video", b"\0\0\0\1", b"out!", 90_000, sent.append)
    for target in (Codec(96), Codec(96, wide=9)):
        producer.consumers.append(Consumer(producer, Codec(96, wide=WIDE), target, b"rtx!", send, sent.append))
    arrivals, packet = Arrivals(), numbered(7)
    producer.receive(packet, 1.0, arrivals.note(packet, WIDE, 1.0))
    without, own = sent
    assert rtp.extension(packet, WIDE) == b"\0\7"
    assert rtp.extension(without, WIDE) is None
    assert (rtp.extension(own, WIDE), rtp.extension(own, 9)) == (None, b"\0\1")
    assert [rtp.extension(one, 2) for one in sent] == [b"abc"] * 2
    assert {len(one) for one in sent} == {len(packet)}


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 0.2)), min_size=1, max_size=200))
def test_what_a_browser_answers_is_matched_with_what_was_sent(fates: list[tuple[bool, float]]) -> None:
    departures, arrivals, now, came = Departures(), Arrivals(), 50.0, []
    for index, (arrives, pause) in enumerate(fates):
        now += pause
        packet = departures.numbered(numbered(0), AT, bytes((9 << 4 | 1,)), now)
        if arrives or index == 0:
            arrivals.note(packet, 9, now + 7)
            came.append(now)
    message = arrivals.message(b"from", b"medi")
    assert message is not None
    acked, lost = departures.answered(message)
    assert [sent for sent, _, _ in acked] == came
    assert [arrived - sent for sent, arrived, _ in acked] == pytest.approx([7] * len(came), abs=0.001)
    last = max(index for index, (arrives, _) in enumerate(fates) if arrives or index == 0)
    assert lost == last + 1 - len(came)


@given(st.binary(max_size=80))
def test_any_answer_is_read_or_refused(data: bytes) -> None:
    departures = Departures()
    with suppress(rtp.Malformed):
        departures.answered(b"\x8f\xcd\0\0" + data)


def test_both_who_sends_and_who_hears_are_asked_for_it() -> None:
    line = f"\na=rtcp-fb:96 transport-cc\na=extmap:{WIDE} {URI}"
    text = answer(offer(video("sendonly") + line, video("recvonly") + line, video("recvonly")))
    up, down, without = text.split("m=video")[1:]
    for section in (up, down):
        assert f"a=extmap:{WIDE} {URI}" in section
        assert "a=rtcp-fb:96 transport-cc" in section
    assert "transport" not in without


async def test_a_publisher_hears_of_everything_it_sent_probes_included() -> None:
    room = Room()
    async with RelayClient(room, "a") as a:
        source = room.visit.peers["a"]._sources
        for ssrc, one in source.items():
            source[ssrc] = type(one)(one.producer, one.repairs, one.pt, WIDE)
        a.send(rtp_packet(1, ssrc=a.video_ssrc, extensions={WIDE: b"\0\1"}))
        a.send(rtp_packet(2, pt=97, ssrc=a.rtx_ssrc, payload=b"", extensions={WIDE: b"\0\2"}))
        a.rtcp.clear()
        room.router.feedback()
        told = [decode(one) for one in a.rtcp if one[1] == rtcp.RTPFB]
        assert [list(one) for one in told] == [[1, 2]]
