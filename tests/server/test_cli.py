"""The command line as an operating system sees it: exit codes, sentences, signals."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.house.tree import ROOT
from tests.parts.ports import free_port, wait_until
from tests.parts.process import Process

SETUP = (
    "setup", "--name", "Bramble Lane Clinic", "--phone", "+44 20 7946 0142", "--admin-name", "Ada Stone",
    "--admin-email", "ada@bramble.example", "--admin-password", "a long enough password", "--zone", "Europe/London",
    "--region", "gb", "--locale", "en", "--emergency", "999",
)  # fmt: skip


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Ours alone: nothing of the environment that this test runs in chooses a port or a database."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAREROOM_")}
    wanted = {"DATA_DIR": str(folder / "state"), **settings}
    return {**plain, "PYTHONPATH": str(ROOT), **{f"CAREROOM_{name}": value for name, value in wanted.items()}}


def careroom(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", *words],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.timeout(400)
def test_a_fresh_folder_becomes_a_clinic_that_verifies(tmp_path: Path) -> None:
    """setup, migrate, doctor and audit, one after the other, as an administrator types them."""
    made = careroom(tmp_path, *SETUP)
    assert made.returncode == 0, made.stderr
    assert "Missing for production" in made.stdout
    sheet = tmp_path / "recovery-sheet.txt"
    assert sheet.stat().st_mode & 0o777 == 0o600
    assert "a long enough password" not in made.stdout + made.stderr

    for again in (careroom(tmp_path, *SETUP), careroom(tmp_path, *SETUP, "--sheet", "other.txt")):
        assert again.returncode == 1
        assert len(again.stderr.strip().splitlines()) == 1
        assert "Traceback" not in again.stderr
    assert not (tmp_path / "other.txt").exists()

    assert careroom(tmp_path, "migrate").stdout == "The tables are current.\n"
    checked = careroom(tmp_path, "doctor")
    assert checked.returncode == 0, checked.stdout
    assert "FAIL" not in checked.stdout
    good = careroom(tmp_path, "audit")
    assert (good.returncode, good.stdout.splitlines()[-1].endswith(" 0 faults.")) == (0, True)

    with sqlite3.connect(tmp_path / "state" / "careroom.db") as database:
        database.execute("UPDATE audit_event SET entity_id = 'changed' WHERE seq = 1")
    database.close()
    bad = careroom(tmp_path, "audit")
    assert bad.returncode == 1
    assert "line 1 was altered" in bad.stdout


def test_doctor_says_what_is_away_and_shows_no_secret(tmp_path: Path) -> None:
    url = f"redis://:hush@127.0.0.1:{free_port()}/0"
    done = careroom(tmp_path, "doctor", BUS_URL=url)
    assert done.returncode == 1
    assert "FAIL bus" in done.stdout
    assert "FAIL migrations" in done.stdout
    assert "hush" not in done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["serve", "demo"])
def test_a_busy_port_is_one_plain_sentence(tmp_path: Path, verb: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = [verb, "--port", str(port), *(["--no-browser"] if verb == "demo" else [])]
        done = careroom(tmp_path, *words)
    assert done.returncode == 1
    assert done.stderr.strip().startswith(f"Port {port} is busy.")
    assert "Traceback" not in done.stderr


def test_a_demo_in_no_known_zone_is_one_plain_sentence(tmp_path: Path) -> None:
    done = careroom(tmp_path, "demo", "--no-browser", "--port", str(free_port()), "--zone", "Mars/Olympus")
    assert done.returncode == 1
    assert done.stderr.strip() == "Mars/Olympus is not an IANA time zone; Europe/London is one. Give --zone another."
    assert not list(tmp_path.glob("**/*.sqlite*")), "nothing was begun"


def test_production_refuses_unsafe_settings_one_line_each(tmp_path: Path) -> None:
    done = careroom(tmp_path, "serve", MODE="production")
    assert done.returncode == 1
    assert done.stderr.count("\n  - ") >= 3
    assert "Traceback" not in done.stderr


@pytest.mark.timeout(300)
@pytest.mark.alone
def test_the_demo_starts_stops_cleanly_and_starts_again_soon(tmp_path: Path) -> None:
    port = free_port()
    words = ["demo", "--no-browser", "--port", str(port), "--data-dir", str(tmp_path / "demo"), "--zone", "Asia/Tokyo"]
    demo = Process([sys.executable, "-m", "server", *words], tmp_path, env=environment(tmp_path))
    url = f"http://localhost:{port}"

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    seconds: list[float] = []
    while len(seconds) < 2 or (len(seconds) < 5 and min(seconds[1:]) > 5):  # a busy machine only ever adds time
        began = time.monotonic()
        demo.start(ready, timeout=60)
        seconds.append(time.monotonic() - began)
        try:
            wait_until(lambda: "Ctrl-C stops it" in demo.tail(40), 10, "the printed links")
            shown = httpx.get(f"{url}/v1/demo/state", trust_env=False).json()
            assert {one["role"] for one in shown["links"]} == {"patient", "provider", "scheduler"}
            assert shown["zone"] == "Asia/Tokyo"
            assert demo.stop() == 0
        finally:
            demo.kill()
    assert min(seconds[1:]) <= 5, seconds
    log = demo.log.read_text()
    assert "Traceback" not in log
    assert log.count("Making the practice") == 1
