"""ICE-lite: who is answered, and what a stranger gets, which is nothing."""

from __future__ import annotations

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media.sfu.ice_lite import FAILURES, WINDOW, Credentials, IceLite, is_stun, username


def request(credentials: Credentials, *, pwd: str = "", nominate: bool = True, name: str = "") -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{name or credentials.ufrag}:them"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 7
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity((pwd or credentials.pwd).encode())
    return bytes(message)


def test_a_check_that_holds_is_answered_with_where_it_came_from() -> None:
    ice: IceLite[str] = IceLite()
    mine = ice.add("ann")
    found = ice.check(request(mine), "192.0.2.7", 4000, 0.0)
    assert found is not None
    assert (found.owner, found.nominated) == ("ann", True)
    response = stun.parse_message(found.response)
    assert response.message_class is stun.Class.RESPONSE
    assert response.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.7", 4000)
    assert response.check_message_integrity(mine.pwd.encode())
    again = ice.check(request(mine, nominate=False), "192.0.2.7", 4000, 0.0)
    assert again is not None
    assert not again.nominated


def test_an_unknown_name_gets_no_answer_and_bars_nobody() -> None:
    ice: IceLite[str] = IceLite()
    mine = ice.add("ann")
    for _ in range(5 * FAILURES):
        assert ice.check(request(mine, name="stranger"), "192.0.2.7", 1, 0.0) is None
    assert ice.check(request(mine), "192.0.2.7", 1, 0.0) is not None


def test_a_source_that_fails_too_often_is_not_looked_at_for_a_while() -> None:
    ice: IceLite[str] = IceLite()
    mine = ice.add("ann")
    for _ in range(FAILURES):
        assert ice.check(request(mine, pwd="wrong"), "192.0.2.7", 1, 0.0) is None
    assert ice.check(request(mine), "192.0.2.7", 1, 0.1) is None
    assert ice.check(request(mine), "192.0.2.8", 1, 0.1) is not None
    assert ice.check(request(mine), "192.0.2.7", 1, WINDOW + 0.1) is not None


def test_removed_credentials_open_nothing() -> None:
    ice: IceLite[str] = IceLite()
    mine = ice.add("ann")
    ice.remove(mine)
    assert ice.check(request(mine), "192.0.2.7", 1, 0.0) is None


@given(st.binary(max_size=120))
def test_any_bytes_are_refused_quietly(data: bytes) -> None:
    ice: IceLite[str] = IceLite()
    mine = ice.add("ann")
    is_stun(data)
    username(data)
    assert ice.check(data, "192.0.2.7", 1, 0.0) is None
    # The same bytes in place of the attributes of a request that names somebody we know.
    name = f"{mine.ufrag}:x".encode()
    body = b"\x00\x06" + len(name).to_bytes(2, "big") + name + bytes(-len(name) % 4) + data
    whole = b"\x00\x01" + len(body).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12) + body
    assert ice.check(whole, "192.0.2.9", 1, 0.0) is None


@given(st.data())
def test_one_flipped_bit_of_a_check_is_no_check(data: st.DataObject) -> None:
    ice: IceLite[str] = IceLite()
    packet = bytearray(request(ice.add("ann")))  # the last 8 bytes are FINGERPRINT, which proves nothing
    bit = data.draw(st.integers(0, (len(packet) - 8) * 8 - 1))
    packet[bit // 8] ^= 1 << (bit % 8)
    assert ice.check(bytes(packet), "192.0.2.7", 1, 0.0) is None
