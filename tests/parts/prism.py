"""Prism (@stoplight/prism-cli) serving Twilio's own OpenAPI document: a request that breaks it is answered 422.

Prism lives in an environment of its own, `tests/parts/prism_env`, which is installed from its lock (hashes, no
addresses) the first time it is wanted; it is no part of the web client's packages.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.parts.ports import free_port
from tests.parts.process import Process

HERE = Path(__file__).parent / "prism_env"
DOCUMENT = Path(__file__).parents[1] / "data/twilio/twilio_api_v2010.yaml.gz"
SHA256 = "a620369b5122eeae12728c6c168fdbc79f3f16a08263fff255ccf7b4940d4e3a"
_BIN = Path(sys.executable).parent  # Node comes from the project's own environment


def installed() -> Path:
    """Prism's command, installed now unless this very lock was installed before."""
    mark, wanted = (
        HERE / "node_modules/.careroom",
        hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest(),
    )
    if not mark.is_file() or mark.read_text() != wanted:
        subprocess.run(
            [str(_BIN / "npm"), "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=HERE, check=True, timeout=300, env=_environment(),
        )  # fmt: skip
        mark.write_text(wanted)
    return HERE / "node_modules/@stoplight/prism-cli/dist/index.js"


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}", "NO_UPDATE_NOTIFIER": "1"}


class Prism:
    """`with Prism(folder) as prism: ... prism.base_url`; every request is checked against the document."""

    def __init__(self, folder: Path) -> None:
        document = gzip.decompress(DOCUMENT.read_bytes())
        assert hashlib.sha256(document).hexdigest() == SHA256, "this is not the document that README.md names"
        path = folder / "twilio.yaml"
        path.write_bytes(document)
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        command = [str(_BIN / "node"), str(installed()), "mock", str(path)]
        self._process = Process([*command, "--host", "127.0.0.1", "--port", str(self.port)], folder, env=_environment())

    def __enter__(self) -> Prism:
        self._process.start(self._ready, timeout=90)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/", timeout=2, trust_env=False).status_code == 404
        except httpx.TransportError:
            return False

    @property
    def log(self) -> str:
        """Everything Prism has said."""
        return self._process.log.read_text(errors="replace")
