"""Calls over real NATs and bad networks, in namespaces: which way they take, and that they come back.

Each is held against the candidates in use (getStats) and against what the routers translated or dropped (nft). What
breaks a call for a while (another address, silence, a killed process) is `tests/bench/recovery.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.browsers import Kind
from tests.parts.netcall import NetCall, build
from tests.parts.ports import wait_until

pytestmark = pytest.mark.timeout(200)
SEATS = ("patient", "provider")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("net-pages")
    build(out)
    return out


@pytest.mark.parametrize("kinds", [("chromium", "chromium"), ("firefox", "chromium")], ids="-".join)
def test_two_homes_with_cone_nats_meet_directly(pages: Path, tmp_path: Path, kinds: tuple[Kind, Kind]) -> None:
    with NetCall(pages, tmp_path, "cone", "cone", turn="udp", kinds=kinds) as call:
        call.begin()
        wait_until(
            lambda: "relay" not in {call.candidates("patient")[side] for side in ("local", "remote")}, 10, "direct"
        )
        for seat in SEATS:
            pair = call.candidates(seat)
            assert {pair["local"], pair["remote"]} <= {"srflx", "prflx", "host"}, pair
            assert call.look(seat)["security"] == "verified"
        assert call.lab.counted("a", "nat") > 0
        assert call.lab.counted("b", "nat") > 0


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_two_symmetric_nats_meet_through_turn(pages: Path, tmp_path: Path, way: str) -> None:
    with NetCall(pages, tmp_path, "symmetric", "symmetric", turn="udp" if way == "udp" else "tcp") as call:
        call.begin()
        pairs = [call.candidates(seat) for seat in SEATS]
        assert any("relay" in (pair["local"], pair["remote"]) for pair in pairs), pairs
        assert {pair["relayed"] for pair in pairs if pair["local"] == "relay"} <= {way}
        assert call.lab.counted("a", "nat") > 0


@pytest.fixture(scope="module")
def home(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetCall]:
    """One call, through whose network the weather goes; each test leaves it as good as it found it."""
    with NetCall(pages, tmp_path_factory.mktemp("net"), "cone", "cone", turn="udp") as call:
        call.begin()
        yield call


@pytest.mark.parametrize("percent", [3, 8])
def test_loss_costs_pictures_and_no_call(home: NetCall, percent: int) -> None:
    home.lab.loss("a", percent)
    home.flowing(f"{percent} % lost")
    home.flowing(f"{percent} % lost, later")
    assert home.lab.counted("a", "loss") > 0
    home.lab.loss("a", 0)
    assert [home.look(seat)["problems"] for seat in SEATS] == [[], []]


def test_a_bottleneck_makes_the_picture_smaller_and_no_gap(home: NetCall) -> None:
    home.lab.bottleneck("a", 400)
    home.flowing("400 kbit/s")
    home.flowing("400 kbit/s, later")
    home.lab.bottleneck("a", 0)


def test_a_tab_that_is_closed_and_opened_again_is_back_in_the_same_seat(home: NetCall) -> None:
    before = home.lab.counted("a", "nat")
    home.reopen("patient")
    home.flowing("the new tab is in the call")
    for seat in SEATS:
        seen, pair = home.look(seat), home.candidates(seat)
        assert (seen["security"], seen["problems"]) == ("verified", []), seen
        assert {pair["local"], pair["remote"]} <= {"srflx", "prflx", "host"}, pair
        assert "blocked" not in seen["states"], seen
    assert home.lab.counted("a", "nat") > before
