"""Calls through the relay: real browsers, real worker processes, sealed frames."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.ports import wait_until
from tests.web.relay_parts import RelayStage, build


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("relay-pages"))


@pytest.fixture
def stage(pages: Path, tmp_path: Path) -> Iterator[RelayStage]:
    with RelayStage(pages, tmp_path) as stage:
        yield stage


WRONG_KEY = """
const derive = crypto.subtle.deriveBits.bind(crypto.subtle);
// Whatever key the page derives for frames is another one than the others'.
crypto.subtle.deriveBits = async (...given) => {
  const bits = new Uint8Array(await derive(...given));
  if (new TextDecoder().decode(given[0].info ?? new Uint8Array()).includes("SFrame 1.0 Secret key")) bits[0] ^= 1;
  return bits.buffer;
};
"""
NO_TRANSFORM = "delete window.RTCRtpScriptTransform; delete RTCRtpSender.prototype.createEncodedStreams;"


def test_claims_32_33_37_four_browsers_a_wrong_key_and_a_kick(stage: RelayStage) -> None:
    """Every picture is decoded by every other with the right keys; by a fifth with wrong ones and by one that was
    sent away, none.
    """
    a, b = stage.sit("a"), stage.sit("b", "firefox")
    c, d = stage.sit("c"), stage.sit("d", "firefox")
    for seat in (a, b, c, d):
        seat.sees(3)
        seen = seat.look()
        assert (seen["way"], seen["state"], seen["problems"]) == ("relay", "live", [])
        sound = [one for one in seen["received"] if one["kind"] == "audio"]
        assert len(sound) == 3
        assert all(one["samples"] > 0 for one in sound)
    assert all(one["spread"] > 1 for one in a.look()["pictures"])

    wrong = stage.sit("wrong", before=WRONG_KEY)
    got = wrong.receives(packets=100)
    assert {one["frames"] for one in got if one["kind"] == "video"} == {0}
    assert sum(one["samples"] - one["concealed"] for one in got if one["kind"] == "audio") == 0
    a.sees(3, frames=51, wait=40)

    stage.do("evict-unsaid", "c")  # a page that does not go, and keeps all that it has
    evicted = time.monotonic()
    for seat in (a, b, d):
        wait_until(lambda seat=seat: len(seat.look()["guests"]) == 2, 5, "the others see who is left")
    wait_until(lambda: time.monotonic() - evicted >= 3.0, 5, "three seconds have passed")
    decoded = sum(one["frames"] or 0 for one in c.videos())
    heard = sum(one["samples"] - one["concealed"] for one in c.look()["received"] if one["kind"] == "audio")
    for seat in (b, d, a):
        seat.more(2)
    assert sum(one["frames"] or 0 for one in c.videos()) <= decoded
    after = sum(one["samples"] - one["concealed"] for one in c.look()["received"] if one["kind"] == "audio")
    assert after <= heard


def test_everybody_is_back_within_two_seconds_of_a_worker_that_was_killed(stage: RelayStage) -> None:
    seats = [stage.sit("a"), stage.sit("b"), stage.sit("c")]
    for seat in seats:
        seat.sees(2)
    stage.do("kill")
    began = time.monotonic()
    for seat in seats:
        seat.more(2, frames=1, wait=10)
    took = time.monotonic() - began
    assert all("reconnecting" in seat.look()["states"] for seat in seats)
    assert took < 2.0


def test_claim_41_without_a_transform_no_track_leaves(stage: RelayStage) -> None:
    """A browser that cannot seal frames joins no relay, and sends nothing."""
    a = stage.sit("a", before=NO_TRANSFORM)
    seen = wait_until(lambda: (look := a.look())["problems"] and look, 5, "the page says why")
    assert "cannot seal" in seen["problems"][0]
    assert a.page.run("return window.watchedConnections.length") == 0
    assert stage.do("stats")["0"]["peers"] + stage.do("stats")["1"]["peers"] == 0


def test_two_go_to_the_relay_when_a_third_comes_and_back_when_they_are_two(stage: RelayStage) -> None:
    """Make before break, both times."""
    a = stage.sit("a", route="p2p", partner="b")
    b = stage.sit("b", route="p2p", polite="yes", partner="a")
    for seat in (a, b):
        seat.sees(1)
        assert seat.look()["way"] == "direct"
    c = stage.sit("c")
    for seat in (a, b, c):
        wait_until(lambda seat=seat: seat.look()["way"] == "relay", 30, f"{seat.name} goes through the relay")
        seat.more(2)
    c.page.run("return window.harness.close()")
    for seat in (a, b):
        wait_until(lambda seat=seat: seat.look()["way"] == "direct", 25, f"{seat.name} comes back")
    wait_until(lambda: stage.peers == 0, 15, "the relay is empty again")
    for seat in (a, b):
        seat.more(1)
        # From the first picture on the page never had to say that the call is being made again.
        states = seat.look()["states"]
        assert set(states[states.index("live") :]) == {"live", "relay", "direct"}
