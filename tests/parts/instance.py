"""One instance of the clinic: `careroom serve` as an operating-system process on a port of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.parts.ports import free_port
from tests.parts.process import Process

ROOT = Path(__file__).parents[2]
_MAIN = "from server.cli import main; main()"


class Instance:
    """`with Instance(folder, DATABASE_URL=…, BUS_URL=…) as one:`; keywords are settings without their prefix.

    Two instances of one clinic share DATABASE_URL, BUS_URL, KEYS_URL and PUBLIC_URL. `verb` may be `worker`.
    """

    def __init__(self, folder: Path, verb: str = "serve", **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = int(settings.pop("PORT", "0")) or free_port()
        self.verb = verb
        wanted = {"DATA_DIR": str(folder / "state"), "HOST": "127.0.0.1", "PORT": str(self.port), **settings}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("CAREROOM_")}
        env = {**plain, "PYTHONPATH": str(ROOT), **{f"CAREROOM_{name}": value for name, value in wanted.items()}}
        self.process = Process([sys.executable, "-c", _MAIN, verb], folder, env=env)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _ready(self) -> bool:
        if self.verb != "serve":
            return True
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def start(self) -> None:
        self.process.start(self._ready, timeout=40)

    def stop(self) -> None:
        self.process.stop(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9: no goodbye to anybody."""
        self.process.kill()

    def metric(self, name: str, **labels: str) -> float:
        """The sum of one metric's samples that carry these labels, from /metrics."""
        text = httpx.get(f"{self.url}/metrics", timeout=5, trust_env=False).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
