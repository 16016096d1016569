"""A visit at the relay with real DTLS clients: who is heard, who moves, who is put out, and what a stranger costs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.sfu import rtcp
from media.sfu.bwe import RETRY, STARVED
from media.sfu.ice_lite import CONSENT
from media.sfu.room import MOST_PEERS, Full
from tests.media.sfu.client import RelayClient, Room
from tests.media.sfu.wire import rtp_packet


@pytest.fixture
async def room() -> Room:
    return Room()


def shot(client: RelayClient, seq: int, payload: bytes = b"sealed") -> None:
    client.send(rtp_packet(seq, ssrc=client.video_ssrc, payload=payload))


async def test_three_hear_whom_they_asked_for(room: Room) -> None:
    a, b, c = RelayClient(room, "a"), RelayClient(room, "b", hears=["a"]), RelayClient(room, "c", hears=["a", "b"])
    async with a, b, c:
        shot(a, 1, b"from a")
        shot(b, 1, b"from b")
        assert [one[12:] for one in await b.received(1)] == [b"from a"]
        assert sorted(one[12:] for one in await c.received(2)) == [b"from a", b"from b"]
        assert a.got == []


async def test_a_repair_from_the_publisher_is_heard_as_what_it_repairs(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        shot(a, 1)
        shot(a, 3)
        assert [rtcp.nacked(one)[1] for one in a.rtcp if one[1] == rtcp.RTPFB] == [[2]]
        a.send(rtp_packet(900, pt=97, ssrc=a.rtx_ssrc, payload=b"\x00\x02repaired"))
        assert [(one[3], one[12:]) for one in await b.received(3)] == [(1, b"sealed"), (3, b"sealed"), (2, b"repaired")]


async def test_a_subscribers_wish_for_a_key_frame_reaches_the_publisher(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        shot(a, 1)
        await b.received(1)
        room.now += 5
        a.rtcp.clear()
        b.send_rtcp(rtcp.build_pli(b"mine", b.got[0][8:12]))
        assert [one[1] for one in a.rtcp] == [rtcp.PSFB]


async def test_the_least_estimate_of_the_subscribers_reaches_the_publisher(room: Room) -> None:
    a, b, c = RelayClient(room, "a"), RelayClient(room, "b", hears=["a"]), RelayClient(room, "c", hears=["a"])
    async with a, b, c:
        b.send_rtcp(rtcp.build_remb(b"mine", 900_000, [b"xxxx"]))
        c.send_rtcp(rtcp.build_remb(b"mine", 300_000, [b"xxxx"]))
        await room.router.each_second()
        heard = [bits for one in a.rtcp if (bits := rtcp.remb(one))]
        assert heard
        assert abs(heard[-1] - 300_000) < 10


async def test_a_new_address_is_followed_and_the_old_one_left(room: Room) -> None:
    """A NAT that rebinds: the same session goes on under the new address, without a word of signalling."""
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        b.address = ("198.51.100.9", 5)
        b.check()
        assert ("v", "b", "path") in room.events
        shot(a, 1)
        assert len(await b.received(1)) == 1
        assert room.visit.peers["b"].connected


async def test_an_ice_restart_keeps_the_keys(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        first = b._value("ice-ufrag")
        await b.negotiate(ufrag="wxyz")
        assert b._value("ice-ufrag") != first
        b.address = ("198.51.100.9", 6)
        b.check()
        shot(a, 1)
        assert len(await b.received(1)) == 1


async def test_without_consent_nothing_more_is_sent_and_the_seat_is_freed(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        room.now += CONSENT / 2
        a.check()
        room.now += CONSENT / 2 + 1
        a.check()
        await room.router.each_second()
        assert ("v", "b", "lost") in room.events
        shot(a, 1)
        assert b.got == []
        assert set(room.visit.peers) == {"a"}


async def test_who_is_put_out_is_neither_heard_nor_hears(room: Room) -> None:
    async with RelayClient(room, "a", hears=["b"]) as a, RelayClient(room, "b", hears=["a"]) as b:
        await a.negotiate()
        await room.router.evict("v", "b")
        shot(a, 1)
        shot(b, 1)
        b.check()
        assert a.got == b.got == []
        assert room.router.counters.strangers >= 2


async def test_a_side_room_is_heard_by_nobody_outside_and_hears_nobody(room: Room) -> None:
    a, b, c = RelayClient(room, "a"), RelayClient(room, "b", hears=["a"]), RelayClient(room, "c", hears=["a", "b"])
    async with a, b, c:
        room.visit.set_hears({"a": frozenset({"b"}), "b": frozenset({"a"})})
        shot(a, 1)
        shot(b, 1)
        assert len(await b.received(1)) == 1
        assert c.got == []
        room.visit.set_hears({})
        shot(a, 2)
        assert len(await c.received(1)) == 1


async def test_who_joins_while_a_side_room_stands_does_not_hear_it(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        room.visit.set_hears({"a": frozenset({"b"}), "b": frozenset({"a"})})
        async with RelayClient(room, "c", hears=["a"]) as c:
            shot(a, 1)
            assert len(await b.received(1)) == 1
            assert c.got == []


async def test_mute_by_the_host_outlives_a_new_offer(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        room.visit.set_publish("a", frozenset({"audio"}))
        await a.negotiate(session="again")
        shot(a, 1)
        assert b.got == []


async def test_a_reloaded_page_takes_its_seat_from_the_old_one(room: Room) -> None:
    async with RelayClient(room, "a") as old:
        before = room.visit.peers["a"]
        new = RelayClient(room, "a")
        async with new:
            assert room.visit.peers["a"] is not before
            shot(old, 1)
            assert before.tracks["1"].producer.received == 0


async def test_a_visit_has_so_many_seats(room: Room) -> None:
    clients = [RelayClient(room, f"p{number}") for number in range(MOST_PEERS + 1)]
    for client in clients[:-1]:
        await client.negotiate()
    with pytest.raises(Full, match="full"):
        await clients[-1].negotiate()
    await room.router.close_visit("v")
    assert room.router.visits == {}


async def test_a_strangers_packet_costs_one_look_and_gets_no_answer(room: Room) -> None:
    async with RelayClient(room, "a") as a:
        before = len(a.stun)
        a.address = ("203.0.113.99", 9)
        for data in (
            b"\x80" + bytes(40),
            b"\x16" + bytes(40),
            b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),
            b"\xff",
            b"",
        ):
            a.put(data)
        assert len(a.stun) == before
        assert room.router.counters.strangers >= 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.binary(max_size=120), st.sampled_from([b"", b"\x80", b"\x80\xc8\x00\x06", b"\x16", b"\x00\x01"]))
async def test_no_bytes_from_a_known_address_break_the_relay(room: Room, data: bytes, head: bytes) -> None:
    """From an address that has proven itself too: what does not open under the keys is counted and dropped."""
    if "a" not in room.visit.peers:
        client = RelayClient(room, "a")
        await client.negotiate()
        client.check()
        room.client = client  # type: ignore[attr-defined]
    room.client.put(head + data)  # type: ignore[attr-defined]
    assert "a" in room.visit.peers


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=80), st.sampled_from([0, 1]))
async def test_malformed_packets_under_the_right_keys_break_nothing(data: bytes, kind: int) -> None:
    """A browser that was let in and means harm: any plaintext, well shielded."""
    room = Room()
    async with RelayClient(room, "a") as a:
        head = rtp_packet(1, ssrc=a.video_ssrc, payload=b"")
        packet = head[:1] + data[:1] + head[2:] + data if kind == 0 else b"\x80\xc9\x00\x01" + b"mine" + data
        peer = room.visit.peers["a"]
        peer._dtls.unprotect = peer._dtls.unprotect_rtcp = lambda whole: whole  # what is under the shield, directly
        a.put(packet if 127 < packet[0] < 192 else b"\x80" + packet)
        room.now += 1
        await room.router.each_second()
        room.router.repair()
        assert peer.connected


def sound(client: RelayClient, seq: int, level: int) -> None:
    client.send(rtp_packet(seq, pt=111, ssrc=client.audio_ssrc, extensions={1: bytes((0x80 | level,))}))


async def test_who_speaks_is_told_from_the_level_beside_the_sealed_sound(room: Room) -> None:
    """RFC 6464: 0 is loudest, 127 silence; in a pause it is still whoever spoke last."""
    async with RelayClient(room, "a") as a, RelayClient(room, "b") as b:
        assert room.visit.loudest() == ""
        for seq in range(60):
            sound(a, seq, 90)
            sound(b, seq, 30)
        assert room.visit.loudest() == "b"
        for seq in range(60, 160):
            sound(a, seq, 25)
            sound(b, seq, 127)
        assert room.visit.loudest() == "a"
        for seq in range(160, 300):
            sound(a, seq, 127)
            sound(b, seq, 127)
        assert room.visit.loudest() == "a"
        room.visit.set_publish("a", frozenset())
        for seq in range(300, 400):
            sound(b, seq, 60)
        assert room.visit.loudest() == "b"


async def test_who_can_take_almost_nothing_hears_and_sees_nothing_until_it_is_tried_again(room: Room) -> None:
    """Sound goes first: a picture that takes its place helps nobody."""
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        b.send_rtcp(rtcp.build_remb(b"mine", STARVED - 5000, [b"xxxx"]))
        await room.router.each_second()
        shot(a, 1)
        assert b.got == []
        assert room.visit.peers["b"].hearing["2"].paused
        room.now += RETRY + 1
        a.check()
        b.check()
        await room.router.each_second()
        shot(a, 2)
        assert len(await b.received(1)) == 1
