"""The waiting room's benchmark and fault test run, and what they hold to holds in their short forms too."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.house.tree import ROOT

pytestmark = pytest.mark.alone


def figures(module: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", module, "--quick"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])["figures"]
    return found


@pytest.mark.timeout(300)
def test_chaos_loses_no_place_and_admits_nobody_twice() -> None:
    found = figures("tests.chaos.waiting")
    lost = {name: found[name] for name in ("places_lost", "double_admissions", "ghosts", "wrong_audience")}
    assert lost == dict.fromkeys(lost, 0)
    assert found["kills"] >= 1
    assert found["events_heard"] > 10
