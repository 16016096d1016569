"""A publisher who offers two sizes, at the relay with real DTLS clients."""

from __future__ import annotations

import pytest

from media.sfu import rtcp, rtp
from media.sfu.room import UNPRESSED
from tests.media.sfu.client import RelayClient, Room
from tests.media.sfu.wire import rtp_packet

RID, REPAIRED = 10, 11
SSRC = {"small": 501, "large": 502}
SIZES = ("small", "large")


@pytest.fixture
async def room() -> Room:
    return Room()


def shot(client: RelayClient, size: str, seq: int, *, key: bool = True, tag: str | None = None, fill: int = 20) -> None:
    """One picture; `tag`: under the name of its stream, as long as the other side may not know it."""
    head = bytes([0x90, 0xE0, 0x80 | seq >> 8, seq & 0xFF, seq & 0xFF, 0x20, 0 if key else 1])
    client.send(
        rtp_packet(
            seq,
            ssrc=SSRC[size],
            timestamp=seq * 3000,
            marker=True,
            payload=head + size.encode() + bytes(fill),
            extensions={RID: tag.encode()} if tag else None,
        )  # fmt: skip
    )


def sizes_of(packets: list[bytes]) -> list[str]:
    return [one[rtp.header_length(one) + 7 :].rstrip(b"\0").decode() for one in packets]


async def seconds(
    room: Room, a: RelayClient, count: int, begin: int, *, rate: dict[str, int] | None = None,
    beside: RelayClient | None = None,
) -> None:  # fmt: skip
    """So many seconds of ten pictures of each size: 80 kbit/s the small one, 800 the large one."""
    for tenth in range(count * 10):
        for size, fill in (rate or {"small": 970, "large": 1200}).items():
            for part in range(8 if size == "large" else 1):
                for client in (a, beside) if beside else (a,):
                    seq = begin + (tenth * 8 if size == "large" else tenth) + part
                    shot(client, size, seq, key=part == 0, fill=fill)
        room.now += 0.1
        room.router.feedback()
        if tenth % 10 == 9:
            await room.router.each_second()


async def test_a_stream_says_its_name_once_and_is_known_from_then_on(room: Room) -> None:
    async with RelayClient(room, "a", sizes=SIZES) as a, RelayClient(room, "b", hears=["a"]) as b:
        peer = room.visit.peers["a"]
        shot(a, "large", 1)
        assert peer.refused == 1  # nobody knows yet which this is
        shot(a, "large", 2, tag="large")
        shot(a, "large", 3, key=False)
        assert sizes_of(await b.received(2)) == ["large", "large"]
        assert [rtp.extension(one, RID) for one in b.got] == [None, None]
        a.send(rtp_packet(9, ssrc=777, payload=b"\x90\x00\x00", extensions={RID: b"large"}))
        a.send(rtp_packet(9, ssrc=778, payload=b"\x90\x00\x00", extensions={RID: b"huge"}))
        assert peer.refused == 3
        assert len(b.got) == 2


async def test_a_repair_of_one_size_is_heard_as_what_it_repairs(room: Room) -> None:
    async with RelayClient(room, "a", sizes=SIZES) as a, RelayClient(room, "b", hears=["a"]) as b:
        shot(a, "large", 1, tag="large")
        shot(a, "large", 3, key=False)
        lost = b"\x90\x80\x02\x01repaired"
        a.send(rtp_packet(70, pt=97, ssrc=602, payload=b"\x00\x02" + lost, extensions={REPAIRED: b"large"}))
        got = await b.received(3)
        assert [int.from_bytes(one[2:4], "big") for one in got] == [1, 3, 2]
        assert got[2].endswith(b"repaired")
        assert rtp.extension(got[2], REPAIRED) is None


async def test_one_narrow_way_makes_the_picture_small_for_one_alone(room: Room) -> None:
    a = RelayClient(room, "a", sizes=SIZES)
    wide, narrow = RelayClient(room, "wide", hears=["a"]), RelayClient(room, "narrow", hears=["a"])
    async with a, wide, narrow:
        for size in SIZES:
            shot(a, size, 1, tag=size)
        await seconds(room, a, 2, 10)
        narrow.send_rtcp(rtcp.build_remb(b"mine", 300_000, [b"xxxx"]))
        for client in (wide, narrow):
            client.got.clear()
        a.rtcp.clear()
        await seconds(room, a, 2, 1000)
        assert set(sizes_of(wide.got)) == {"large"}
        assert sizes_of(narrow.got)[-5:] == ["small"] * 5
        assert [bits for one in a.rtcp if (bits := rtcp.remb(one)) is not None] == []
        numbers = [int.from_bytes(one[2:4], "big") for one in narrow.got]
        assert all((after - before) & 0xFFFF == 1 for before, after in zip(numbers, numbers[1:], strict=False))


def shown(client: RelayClient, publisher: RelayClient) -> set[str]:
    """The sizes in which somebody's picture came to this one."""
    stream = client.room.visit.peers[publisher.pid].tracks["1"].producer.out_ssrc
    return set(sizes_of([one for one in client.got if one[8:12] == stream]))


async def test_who_signs_is_the_last_to_lose_quality_whoever_speaks(room: Room) -> None:
    speaker, hands = RelayClient(room, "speaker", sizes=SIZES), RelayClient(room, "hands", sizes=SIZES)
    async with speaker, hands, RelayClient(room, "narrow", hears=["speaker", "hands"]) as narrow:
        room.visit.speaker = "speaker"
        for client in (speaker, hands):
            for size in SIZES:
                shot(client, size, 1, tag=size)
        await seconds(room, speaker, 2, 10, beside=hands)
        for first, large, small in (((), speaker, hands), (("hands",), hands, speaker)):
            room.visit.first = first
            narrow.send_rtcp(rtcp.build_remb(b"mine", 1_300_000, [b"xxxx"]))
            await seconds(room, speaker, 2, 1000 + 1000 * len(first), beside=hands)
            narrow.got.clear()
            await seconds(room, speaker, 1, 1500 + 1000 * len(first), beside=hands)
            assert (shown(narrow, large), shown(narrow, small)) == ({"large"}, {"small"}), first


async def test_where_a_way_has_room_for_sound_alone_those_who_sign_still_see_each_other(room: Room) -> None:
    speaker, hands = RelayClient(room, "speaker", sizes=SIZES), RelayClient(room, "hands", sizes=SIZES)
    deaf, hearing = (RelayClient(room, pid, hears=["speaker", "hands"]) for pid in ("deaf", "hearing"))
    async with speaker, hands, deaf, hearing:
        room.visit.first = ("hands", "deaf")
        for client in (speaker, hands):
            for size in SIZES:
                shot(client, size, 1, tag=size)
        await seconds(room, speaker, 1, 10, beside=hands)
        for client in (deaf, hearing):
            client.send_rtcp(rtcp.build_remb(b"mine", 30_000, [b"xxxx"]))
        await seconds(room, speaker, 1, 1000, beside=hands)
        for client in (deaf, hearing):
            client.got.clear()
        await seconds(room, speaker, 1, 2000, beside=hands)
        assert (shown(deaf, hands), shown(deaf, speaker)) == ({"small"}, set())
        assert hearing.got == []


async def test_who_can_take_most_says_how_large_the_large_one_may_be_and_what_was_pressed_is_let_go(room: Room) -> None:
    a = RelayClient(room, "a", sizes=SIZES)
    b, c = RelayClient(room, "b", hears=["a"]), RelayClient(room, "c", hears=["a"])
    async with a, b:
        async with c:
            for size in SIZES:
                shot(a, size, 1, tag=size)
            await seconds(room, a, 1, 10)
            b.send_rtcp(rtcp.build_remb(b"mine", 300_000, [b"xxxx"]))
            c.send_rtcp(rtcp.build_remb(b"mine", 500_000, [b"xxxx"]))
            await seconds(room, a, 1, 1000)
            heard = [bits for one in a.rtcp if (bits := rtcp.remb(one)) is not None]
            assert 500_000 < heard[-1] < 650_000
        room.now += 10
        a.rtcp.clear()
        await seconds(room, a, 1, 2000)
        heard = [bits for one in a.rtcp if (bits := rtcp.remb(one)) is not None]
        assert abs(heard[-1] - UNPRESSED) < 1000


async def test_a_size_that_the_publisher_gives_up_is_left_at_once(room: Room) -> None:
    async with RelayClient(room, "a", sizes=SIZES) as a, RelayClient(room, "b", hears=["a"]) as b:
        for size in SIZES:
            shot(a, size, 1, tag=size)
        await seconds(room, a, 1, 10)
        b.got.clear()
        await seconds(room, a, 1, 1000, rate={"small": 970})
        assert "small" in sizes_of(b.got)


async def test_muted_by_the_host_neither_size_goes_on(room: Room) -> None:
    async with RelayClient(room, "a", sizes=SIZES) as a, RelayClient(room, "b", hears=["a"]) as b:
        for size in SIZES:
            shot(a, size, 1, tag=size)
        room.visit.set_publish("a", frozenset({"audio"}))
        count = len(b.got)
        await seconds(room, a, 1, 10)
        assert len(b.got) == count
        await a.negotiate(ufrag="wxyz")  # the same sizes again: nobody has to ask anew
        room.visit.set_publish("a", frozenset({"audio", "video"}))
        await seconds(room, a, 1, 100)
        assert len(b.got) > count
