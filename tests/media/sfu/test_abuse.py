"""Who means the relay ill: what each attack of ASVS 5.0 chapter V17 costs, and that the others' calls go on."""

from __future__ import annotations

import pytest

from media.sfu.dtls import Certificate
from media.sfu.ice_lite import MOST_CHECKS, IceLite
from media.sfu.peer import MOST_PACKETS
from tests.media.sfu.client import RelayClient, Room
from tests.media.sfu.test_ice_lite import request
from tests.media.sfu.wire import rtp_packet

HELLO = bytes((22, 254, 253)) + bytes(10) + b"\x01" + bytes(60)
"""The first bytes of a ClientHello; enough to be taken for DTLS."""


@pytest.fixture
async def room() -> Room:
    return Room()


def test_the_key_of_a_worker_is_new_with_every_start_and_never_leaves_its_memory() -> None:
    one, two = Certificate(), Certificate()
    assert one.fingerprint != two.fingerprint


async def test_dtls_is_looked_at_only_from_an_address_whose_check_held(room: Room) -> None:
    """The ClientHello race: who is quicker than the browser, but cannot sign a check, is not heard."""
    client = RelayClient(room, "a")
    await client.negotiate()
    room.router.receive(HELLO, ("198.51.100.1", 9), "198.51.100.1", 9, lambda: pytest.fail("a way to a stranger"))
    assert room.router.counters.strangers == 1
    assert room.visit.peers["a"]._dtls._task is None
    async with client:
        room.router.receive(HELLO, ("198.51.100.1", 9), "198.51.100.1", 9, lambda: pytest.fail("a way to a stranger"))
        assert room.visit.peers["a"].connected
    assert room.router.counters.strangers >= 2


async def test_what_was_changed_or_replayed_on_the_way_is_dropped(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        sealed = a._dtls._tx_srtp.protect(rtp_packet(1, ssrc=a.video_ssrc, payload=b"true"))
        for at in (2, 5, 12, len(sealed) - 1):
            a.put(sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :])
        a.put(sealed)
        a.put(sealed)
        await b.received(1)
        assert [one[12:] for one in b.got] == [b"true"]
        assert room.visit.peers["a"].refused == 5


async def test_a_flood_of_one_browser_is_capped_and_the_others_go_on(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b, RelayClient(room, "c") as c:
        await b.negotiate()
        for seq in range(MOST_PACKETS + 500):
            c.put(rtp_packet(seq, ssrc=c.video_ssrc, payload=b"not even sealed"))
        assert room.visit.peers["c"].budget < 0
        a.send(rtp_packet(1, ssrc=a.video_ssrc, payload=b"meanwhile"))
        assert (await b.received(1))[0][12:] == b"meanwhile"
        await room.router.each_second()
        assert room.visit.peers["c"].budget == MOST_PACKETS


def test_checks_of_one_name_are_answered_at_a_browsers_pace() -> None:
    ice: IceLite[str] = IceLite()
    mine, other = ice.add("ann"), ice.add("bob")
    packet = request(mine)
    answered = [ice.check(packet, "192.0.2.7", 1, 5.0) is not None for _ in range(2 * MOST_CHECKS)]
    assert answered.count(True) == MOST_CHECKS
    assert ice.check(request(other), "192.0.2.7", 1, 5.0) is not None
    assert ice.check(packet, "192.0.2.7", 1, 6.0) is not None
