"""The relay's stage with real browsers on it, for tests, benchmarks and fault tests."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.parts.browsers import NODE, Browsers, Kind, Page
from tests.parts.ports import free_port, listening, wait_until
from tests.parts.process import Process

HERE = Path(__file__).parent / "relay"
ROOT = Path(__file__).parents[2]


def build(out: Path) -> Path:
    """The page's files."""
    done = subprocess.run([str(NODE), str(HERE / "build.mjs"), str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


class RelayStage:
    """`with RelayStage(pages, folder) as stage: seat = stage.sit("a", "firefox")`."""

    def __init__(
        self, pages: Path, folder: Path, *, media: str = "relay://0.0.0.0", browsers: Browsers | None = None,
        tap: Path | None = None,
    ) -> None:  # fmt: skip
        """`tap`: a file for every packet as the relay has it, without the keys of the hop (see `relay/tapped.py`)."""
        self.port = free_port()
        worker = "tests.web.relay.tapped" if tap else "media.sfu.worker"
        command = [sys.executable, "-m", "tests.web.relay.stage", str(pages), str(self.port), media, worker]
        env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "TAP": str(tap or "")}
        self._process = Process(command, folder, env=env)
        self._shared = browsers
        self.browsers = browsers or Browsers()

    def __enter__(self) -> RelayStage:
        self._process.start(lambda: listening(self.port))
        if self._shared is None:
            self.browsers.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shared is None:
            self.browsers.__exit__(kind, error, at)
        self._process.stop()

    def sit(self, seat: str, browser: Kind = "chromium", *, own: str = "", before: str = "", **query: str) -> Seat:
        """Open a seat's page and start its camera. `before` runs in the page first."""
        page = self.browsers.page(f"{self.port}-{seat}", browser, own=own)
        words = "".join(f"&{name}={value}" for name, value in query.items())
        page.goto(f"http://127.0.0.1:{self.port}/index.html?seat={seat}{words}")
        if before:
            page.run(before)
        page.run("return window.harness.start()")
        return Seat(seat, page)

    def do(self, act: str, seat: str = "") -> dict[str, Any]:
        """evict, mute, rooms, kill, or anything else for the counters."""
        url = f"http://127.0.0.1:{self.port}/do?act={act}&seat={seat}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    @property
    def peers(self) -> int:
        return sum(worker["peers"] for worker in self.do("stats").values())

    @property
    def log(self) -> str:
        return self._process.tail(40)


class Seat:
    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page

    def look(self) -> dict[str, Any]:
        seen: dict[str, Any] = self.page.run("return window.harness.look()")
        return seen

    def videos(self) -> list[dict[str, Any]]:
        return [one for one in self.look()["received"] if one["kind"] == "video"]

    def sees(self, count: int, frames: int = 10, wait: float = 25.0) -> list[dict[str, Any]]:
        """Wait until `count` videos have decoded at least `frames` frames each, and their sound is there."""

        def ready() -> list[dict[str, Any]] | None:
            got = [one for one in self.look()["received"] if one["kind"] == "video" and (one["frames"] or 0) >= frames]
            return got if len(got) >= count else None

        try:
            return wait_until(ready, wait, f"{self.name} sees {count} pictures")
        except AssertionError as late:
            raise AssertionError(f"{late}; saw {json.dumps(self.look())[:3000]}") from None

    def receives(self, packets: int, wait: float = 30.0) -> list[dict[str, Any]]:
        """Wait until more than so many packets of pictures have come, decoded or not; everything that is received."""

        def ready() -> list[dict[str, Any]] | None:
            got: list[dict[str, Any]] = self.look()["received"]
            return got if sum(one["packets"] for one in got if one["kind"] == "video") > packets else None

        return wait_until(ready, wait, f"{self.name} receives pictures")

    def more(self, count: int, frames: int = 10, wait: float = 15.0) -> None:
        """Wait until `count` videos have decoded `frames` more than now."""
        before = {one["track"]: one["frames"] or 0 for one in self.videos()}

        def grown() -> bool:
            now = self.videos()
            return sum((one["frames"] or 0) >= before.get(one["track"], 0) + frames for one in now) >= count

        try:
            wait_until(grown, wait, f"{self.name} sees {count} pictures move")
        except AssertionError as late:
            raise AssertionError(f"{late}; saw {json.dumps(self.look())[:3000]}") from None
