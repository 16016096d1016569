"""A newcomer's first two minutes: a fresh clone, one command, three links, and a clean stop."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.house.tree import copy_checkout
from tests.parts.ports import free_port, wait_until

pytestmark = pytest.mark.alone

FIRST_START = 90.0
SECOND_START = 5.0
STOP = 10.0


class Demo:
    """`scripts/demo` running in a clone, started from another folder with another venv switched on."""

    def __init__(self, clone: Path, *arguments: str) -> None:
        self.port = free_port()
        self.printed = clone / f"printed-{self.port}"
        self.started = time.monotonic()
        with self.printed.open("w") as out:
            self.child = subprocess.Popen(
                [str(clone / "scripts/demo"), "--port", str(self.port), "--no-browser", *arguments],
                cwd="/",
                env={**os.environ, "VIRTUAL_ENV": "/nowhere", "PYTHONPATH": "/nowhere"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def says(self) -> str:
        return self.printed.read_text()

    def wait(self, timeout: float) -> float:
        """Seconds from the command to a page that is served and links that are printed. Fails with what was printed."""
        wait_until(lambda: self.child.poll() is not None or self._serves(), timeout, f"a page\n{self.says()}")
        assert self.child.poll() is None, self.says()
        return time.monotonic() - self.started

    def _serves(self) -> bool:
        if "\nscheduler" not in self.says():
            return False
        try:
            return httpx.get(f"{self.url}/demo", timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self, how: signal.Signals) -> int:
        self.child.send_signal(how)
        return self.child.wait(STOP)


@contextmanager
def demo(clone: Path) -> Iterator[Demo]:
    running = Demo(clone)
    try:
        yield running
    finally:
        if running.child.poll() is None:
            running.child.kill()
            running.child.wait()


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Demo, float]]:
    clone = copy_checkout(tmp_path_factory.mktemp("fresh") / "clone")
    with demo(clone) as running:
        yield clone, running, running.wait(FIRST_START)


@pytest.mark.timeout(200)
def test_a_fresh_clone_serves_in_time_and_shows_progress(first_start: tuple[Path, Demo, float]) -> None:
    _, running, seconds = first_start
    assert seconds <= FIRST_START
    assert len(re.findall(r"^==> ", running.says(), re.MULTILINE)) >= 4


@pytest.mark.timeout(200)
def test_each_link_is_one_line_with_its_role(first_start: tuple[Path, Demo, float]) -> None:
    _, running, _ = first_start
    for role in ("patient", "provider", "scheduler"):
        [line] = [line for line in running.says().splitlines() if line.strip().lower().startswith(role)]
        [link] = re.findall(rf"{running.url}/\S+", line)
        path = link.split("#")[0]
        got, head = httpx.get(path, trust_env=False), httpx.head(path, trust_env=False)
        assert got.status_code == head.status_code == 200, link
        assert got.headers["content-type"] == head.headers["content-type"]
        assert not head.content


@pytest.mark.timeout(200)
def test_a_busy_port_gets_one_sentence(first_start: tuple[Path, Demo, float]) -> None:
    clone, running, _ = first_start
    done = subprocess.run(
        [str(clone / "scripts/demo"), "--port", str(running.port), "--no-browser"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode != 0
    [sentence] = [line for line in done.stderr.splitlines() if line]
    assert str(running.port) in sentence
    assert "Traceback" not in done.stdout


@pytest.mark.timeout(200)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_second_start_is_quick_and_stops_cleanly(first_start: tuple[Path, Demo, float], how: signal.Signals) -> None:
    clone, running, _ = first_start
    if running.child.poll() is None:
        running.stop(signal.SIGTERM)
    with demo(clone) as again:
        assert again.wait(30) <= SECOND_START
        assert "Installing" not in again.says()
        assert again.stop(how) in {0, 128 + how, -how}
        assert "Traceback" not in again.says()
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", again.port)) != 0
        wait_until(lambda: not _processes_of(clone), STOP, "the end of every process of the demo")


def _processes_of(clone: Path) -> list[str]:
    """Command lines of everything that still runs from this clone, helpers included."""
    listed = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line.startswith(str(clone))]
