"""The rules of one connection, without a socket or a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.connection import Abort, Action, Close, Connection, Deliver, Reply, State, Timing
from signaling.frames import MAX_FRAME, Hello, Ping

HELLO = '{"t":"hello","ticket":"x"}'
PING = '{"t":"ping"}'


def opened() -> Connection:
    conn = Connection(0.0, Timing())
    conn.receive(HELLO, 0.0)
    conn.opened()
    return conn


def slug(action: Action | None) -> tuple[int, str]:
    assert isinstance(action, Close)
    return action.code, action.frame.slug


def test_hello_then_open() -> None:
    conn = Connection(0.0, Timing())
    states = [conn.state]
    assert conn.receive(HELLO, 0.0) == Deliver(Hello("x"))
    states.append(conn.state)
    conn.opened()
    states.append(conn.state)
    assert states == [State.AWAIT_HELLO, State.ADMITTING, State.OPEN]
    assert conn.receive(PING, 1.0) == Deliver(Ping())


def test_a_frame_before_ready_is_dropped_with_a_word() -> None:
    conn = Connection(0.0, Timing())
    conn.receive(HELLO, 0.0)
    action = conn.receive('{"t":"typing","ch":"a"}', 0.0)
    assert isinstance(action, Reply)
    assert action.frame.slug == "not-ready"
    assert conn.state is State.ADMITTING


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"t":"nope"}',
        '{"t":"call"}',
        '{"t":"hello"}',
        '{"t":"hello","ticket":7}',
        b"\xff",
        '{"t":"ev"}',
        HELLO,
    ],
)
def test_what_is_no_frame_closes_1007(text: str | bytes) -> None:
    conn = opened()
    assert slug(conn.receive(text, 0.0)) == (1007, "malformed")
    assert conn.state is State.CLOSED


@given(st.one_of(st.text(), st.binary()))
def test_no_input_raises(text: str | bytes) -> None:
    assert isinstance(opened().receive(text, 0.0), Close | Deliver | Reply)


@pytest.mark.parametrize("filler", ["x", "é"])
def test_the_limit_counts_bytes(filler: str) -> None:
    frame = '{"t":"typing","ch":"%s"}'
    room = (MAX_FRAME - len(frame % "")) // len(filler.encode())
    assert isinstance(opened().receive(frame % (filler * room), 0.0), Deliver)
    assert slug(opened().receive(frame % (filler * (room + 1)), 0.0)) == (1009, "too-big")


def test_hello_must_come_in_time() -> None:
    conn = Connection(0.0, Timing())
    assert conn.tick(9.9) is None
    assert slug(conn.tick(10.0)) == (4002, "hello-timeout")


def test_silence_is_death_and_any_frame_is_life() -> None:
    conn = opened()
    conn.receive(PING, 50.0)
    assert conn.tick(109.0) is None
    assert conn.tick(110.0) == Abort()


def test_bursts_pass_floods_are_dropped_and_a_long_flood_closes() -> None:
    conn = opened()
    results = [conn.receive(PING, 0.0) for _ in range(199)]
    assert all(isinstance(result, Deliver) for result in results)
    dropped = conn.receive(PING, 0.0)
    assert isinstance(dropped, Reply)
    assert dropped.frame.slug == "slow-down"
    assert isinstance(conn.receive(PING, 0.02), Deliver)
    results = [conn.receive(PING, 0.02) for _ in range(201)]
    assert slug(results[-1]) == (1008, "slow-down")
