"""The fault test of the relay in its quick form."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.house.tree import ROOT


def test_calls_outlive_kills_moves_floods_and_nonsense() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.relay", "--quick"], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])["figures"]
    assert (figures["calls_lost"], figures["frozen_over_2s"]) == (0, 0), done.stdout
    assert min(figures[name] for name in ("kills", "moves", "floods", "malformed")) > 0
