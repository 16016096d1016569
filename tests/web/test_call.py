"""Calls in real browsers: Chromium with Chromium, and with stock Firefox ESR in both directions.

The browsers are driven by tests/web/call/driver.mjs, which only reports; what must be true is said here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
DRIVER = HERE / "call" / "driver.mjs"
NODE = Path(sys.executable).with_name("node")
PAIRS = [("chromium", "chromium"), ("chromium", "firefox"), ("firefox", "chromium")]
SIDES = ("patient", "provider")
# What the other side is told of somebody of whom nothing is sent.
SILENT = {"started": False, "audio": False, "video": False, "screen": False, "line": "all", "hold": False}


def drive(*arguments: str) -> dict[str, Any]:
    """Run the driver and return what it saw; its own failure fails the test with its words."""
    done = subprocess.run(
        [str(NODE), str(DRIVER), *arguments], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The call module built into the test's own pages."""
    out = tmp_path_factory.mktemp("call-pages")
    drive("build", str(out))
    return str(out)


@pytest.fixture(scope="session", params=PAIRS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def visit(request: pytest.FixtureRequest, pages: str) -> dict[str, Any]:
    """One whole visit: patient's browser first, provider's second."""
    patient, provider = request.param
    return drive("visit", pages, patient, provider)


def test_prepares_verified_and_silent(visit: dict[str, Any]) -> None:
    """ICE and DTLS are up, the fingerprints proven, and not one byte of media has left either side."""
    for seen in [*visit["prepared"], *visit["waiting"]]:
        assert seen["state"] == "prepared"
        assert seen["security"] == "verified"
        assert seen["stats"]["route"] == "direct"
        assert (seen["stats"]["bytesSent"], seen["stats"]["packetsSent"]) == (0, 0)
        assert seen["rendered"] == 0
        assert seen["peer"] == SILENT


@pytest.mark.parametrize("moment", ["pictures", "afterGlare"])
def test_both_see_a_moving_picture(visit: dict[str, Any], moment: str) -> None:
    """Frames are decoded, more of them later, the picture is neither black nor flat; also after both restarted ICE."""
    for side in SIDES:
        first, later = visit[moment][side]
        assert first["state"] == later["state"] == "live"
        assert later["stats"]["framesDecoded"] > first["stats"]["framesDecoded"] > 0
        assert later["pixels"]["mean"] > 5
        assert later["pixels"]["spread"] > 1
        assert later["security"] == "verified"


def test_camera_off_is_black_and_said(visit: dict[str, Any]) -> None:
    seen = visit["cameraOff"]
    assert seen["peer"] == {**SILENT, "started": True, "audio": True}
    assert seen["pixels"]["mean"] < 5
    assert seen["state"] == "live"


@pytest.mark.parametrize("who", SIDES)
def test_a_reload_recovers(visit: dict[str, Any], who: str) -> None:
    """The one who stayed goes through reconnecting and back to live with the new page, proven again."""
    after = visit["reloads"][who]
    stayed = "provider" if who == "patient" else "patient"
    assert after[stayed]["states"][after["statesBefore"] :] == ["reconnecting", "live"]
    for side in SIDES:
        assert after[side]["state"] == "live"
        assert after[side]["security"] == "verified"
        assert after[side]["pixels"]["spread"] > 1


@pytest.mark.parametrize("pair", PAIRS[1:], ids=lambda pair: f"{pair[0]}-{pair[1]}")
def test_trouble_on_both_sides_at_once_keeps_the_call(pages: str, pair: tuple[str, str]) -> None:
    """Both want new paths at the same moments, again and again; Firefox lost its path for good when restarts met."""
    seen = drive("restarts", pages, *pair)
    assert len(seen["offers"]) == 4
    for side in SIDES:
        assert seen[side]["state"] == "live"
        assert seen[side]["security"] == "verified"
        assert seen[side]["problems"] == []


def test_leaving_is_noticed(visit: dict[str, Any]) -> None:
    assert visit["ended"]["state"] == "ended"
    assert visit["ended"]["hasRemote"] is False
    assert visit["alone"]["hasRemote"] is False
    assert visit["alone"]["state"] == "reconnecting"


def test_nothing_went_wrong_quietly(visit: dict[str, Any]) -> None:
    """Not one refused description, candidate or state on the way through glare, restarts and reloads."""
    seen = [
        visit["alone"],
        visit["ended"],
        *visit["reloads"]["patient"].values(),
        *visit["reloads"]["provider"].values(),
    ]
    assert [one["problems"] for one in seen if isinstance(one, dict)] == [[]] * 6


def test_swapped_fingerprints_block_both(pages: str) -> None:
    """A signalling server that only rewrites fingerprints: one side sees it, the other is told."""
    seen = drive("swapped", pages)
    for side in SIDES:
        assert seen[side]["state"] == "blocked"
        assert seen[side]["rendered"] == 0
        assert seen[side]["hasRemote"] is False
    assert "mismatch" in {seen[side]["security"] for side in SIDES}


def test_a_man_in_the_middle_is_found_by_both(pages: str) -> None:
    """Two full connections with somebody between them, who keeps back what would warn the other side."""
    seen = drive("mallory", pages)
    for side in SIDES:
        assert seen[side]["state"] == "blocked"
        assert seen[side]["security"] == "mismatch"
        assert seen[side]["rendered"] == 0
        assert seen[side]["hasRemote"] is False


def test_the_same_attack_works_on_an_unsigned_call(pages: str) -> None:
    """The control: without keys the attacker sits in the middle and the call says only that it is unconfirmed."""
    seen = drive("unsigned", pages)
    assert seen["mallory"] == {"tapped": 4, "connected": ["connected", "connected"], "errors": []}
    for side in SIDES:
        assert seen[side]["state"] == "live"
        assert seen[side]["security"] == "unconfirmed"
        assert seen[side]["rendered"] > 0


def test_a_hidden_page_shows_nobody_anything(pages: str) -> None:
    """Admitted while in a pocket: it hears and sees, and sends nothing until a hand touches the page."""
    seen = drive("hidden", pages)
    assert seen["held"]["held"] is True
    assert seen["held"]["state"] == "prepared"
    assert seen["held"]["stats"]["bytesSent"] == 0
    assert seen["held"]["stats"]["framesDecoded"] > 0
    assert seen["touched"]["pixels"]["spread"] > 1


@pytest.fixture(scope="session")
def late(pages: str) -> dict[str, Any]:
    """Connected before anybody could sign; then a minute is asked for."""
    return drive("late", pages)


def test_keys_that_come_late_still_prove_both_sides(late: dict[str, Any]) -> None:
    """Each side is proven as soon as the other has keys, on the same connection."""
    seen = late
    assert [one["security"] for one in seen["unsigned"]] == ["unconfirmed"] * 2
    assert seen["half"]["security"] == "verified"
    assert [one["security"] for one in seen["signed"]] == ["verified"] * 2
    assert [one["states"] for one in seen["signed"]] == [["idle", "preparing", "prepared"]] * 2
    assert [one["problems"] for one in seen["signed"]] == [[], []]


def test_a_minute_asked_for_is_told_and_ends_with_the_start(late: dict[str, Any]) -> None:
    seen = late
    assert seen["minute"]["peer"] == {**SILENT, "hold": True}
    assert seen["minute"]["rendered"] == 0
    assert seen["started"]["peer"] == {**SILENT, "started": True, "audio": True, "video": True}


def test_a_description_said_again_changes_nothing(pages: str) -> None:
    """Said twice, or late: each offer is answered once, each answer belongs to its offer, nothing is made anew."""
    seen = drive("echoed", pages)
    for side in SIDES:
        assert seen[side]["state"] == "live"
        assert seen[side]["security"] == "verified"
        assert seen[side]["problems"] == []
        assert seen[side]["states"] == ["idle", "preparing", "prepared", "live"]
