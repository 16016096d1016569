"""The patient's and the provider's pages on a running demo, in Chromium, at the floor of what browsers can do.

The pages are driven by tests/web/room/driver.mjs, which only reports; what must be true is said here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.parts.ports import free_port
from tests.parts.process import Process

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NODE = Path(sys.executable).with_name("node")
WRITTEN = ["from the phone", "from the desk", "kept over a reload"]

pytestmark = pytest.mark.timeout(150)


@contextmanager
def running_demo(folder: Path) -> Iterator[dict[str, str]]:
    """A demo of its own; its printed links by role."""
    main = ["-c", "from server.cli import main; main()", "demo", "--port", str(free_port()), "--no-browser"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("CAREROOM_")}
    demo = Process(
        [sys.executable, *main, "--data-dir", str(folder / "state")], folder, env={**env, "PYTHONPATH": str(ROOT)}
    )
    demo.start(lambda: "phone and mailbox" in demo.log.read_text(), timeout=60)
    try:
        yield dict(re.findall(r"^(patient|provider|scheduler) +(\S+)$", demo.log.read_text(), re.M))
    finally:
        demo.stop()


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with running_demo(tmp_path_factory.mktemp("demo")) as printed:
        yield printed


def drive(*arguments: str) -> dict[str, Any]:
    """Run the driver and return what it saw; its own failure fails the test with its words."""
    done = subprocess.run(
        [str(NODE), str(HERE / "room" / "driver.mjs"), *arguments],
        capture_output=True,
        text=True,
        timeout=130,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


@pytest.fixture(scope="module")
def visit(links: dict[str, str]) -> dict[str, Any]:
    """One visit by browsers whose WebCrypto has neither X25519 nor Ed25519."""
    return drive("visit", links["patient"], links["provider"])


def test_older_browsers_take_the_other_curves(visit: dict[str, Any]) -> None:
    """Both sides loaded them, wrote, read each other, and proved themselves in the call."""
    for side in ("patient", "provider"):
        assert any("/curves_noble-" in path for path in visit[side]["requests"])
        assert sorted(visit["messages"][side]) == sorted(WRITTEN)
    assert visit["admitted"]["sides"] == [1, 1]


def test_a_message_waits_over_a_reload_and_stands_once(visit: dict[str, Any]) -> None:
    """The server never heard it; the page was reloaded; it was sent from the device's own store."""
    assert WRITTEN[2] in visit["messages"]["unsent"]["texts"]
    assert visit["messages"]["provider"].count(WRITTEN[2]) == 1


def test_staff_are_shown_a_phone_nobody_has_confirmed(visit: dict[str, Any]) -> None:
    assert any("New phone, not yet confirmed" in line for line in visit["messages"]["changes"])


def test_the_consent_follows_the_language_of_the_page(visit: dict[str, Any]) -> None:
    consent = visit["consent"]
    assert consent["spanish"] != consent["english"] == consent["again"]
    opened = [path.partition("?")[2] for path in visit["patient"]["requests"] if "/open?" in path]
    # What the check found is told to the desk by the same address, in the language of that moment.
    assert [language for language, _ in groupby(opened)] == ["locale=en", "locale=es", "locale=en"]


def test_the_call_is_prepared_while_waiting_and_silent(visit: dict[str, Any]) -> None:
    """Connected before Admit with no track and no byte of media; nor while a minute is taken and the other is seen."""
    for moment in ("waiting", "held"):
        seen = visit["admitted"][moment]
        assert seen["states"].count("connected") == 1
        assert (seen["tracks"], seen["bytes"]) == (0, 0)
    assert visit["admitted"]["waiting"]["decoded"] == 0
    assert visit["admitted"]["held"]["decoded"] > 0


def test_a_minute_and_voice_only_are_obeyed(visit: dict[str, Any]) -> None:
    assert "asked for a minute" in visit["admitted"]["minute"]
    assert visit["admitted"]["voice"]["tracks"] == 1


def test_the_emergency_number_is_one_tap_away(visit: dict[str, Any]) -> None:
    assert re.fullmatch(r"tel:\d+", visit["admitted"]["emergency"])
    assert visit["admitted"]["call"]["emergency"] == visit["admitted"]["emergency"]


def test_messages_and_call_are_accessible_and_the_policy_holds(visit: dict[str, Any]) -> None:
    messages, call = visit["messages"], visit["admitted"]["call"]
    assert [messages["unsent"]["axe"], messages["axe"], messages["axeProvider"], call["axe"]] == [[], [], [], []]
    assert [visit[side]["errors"] for side in ("patient", "provider")] == [[], []]


def test_a_page_of_which_a_part_did_not_come_says_so_and_keeps_its_secret(tmp_path: Path) -> None:
    """Reloading must be enough; only who has no script at all is told that this browser cannot do it."""
    with running_demo(tmp_path) as links:  # a link that no device is bound to
        seen = drive("cut", links["patient"])
    for what in (seen["script"], seen["room"]):
        assert what["words"] == ["The page did not load completely. Reload it, or call the clinic."]
        assert what["hash"] is True
    assert [words[:39] for words in seen["off"]["words"]] == ["This browser cannot make video calls. C"]


def test_a_browser_that_is_too_old_gets_the_telephone(links: dict[str, str]) -> None:
    """One tap: the clinic's number is the one button, in view, with the reason above it."""
    seen = drive("floor", links["patient"])
    assert len(seen) == 3
    for what in seen.values():
        assert what["href"].startswith("tel:+")
        assert "by phone" in what["why"]
        assert what["forward"] is False
        assert what["inView"] is True
        assert what["axe"] == []
