"""What a call survives, as `scripts/bench recovery --quick` does it: each trouble really happens, and each is over."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.house.tree import ROOT

TARGETS = {
    "address_change_s": 2.0, "blackout_8s_s": 2.0, "nat_rebind_p2p_s": 5.0, "nat_rebind_relay_s": 2.5,
    "instance_kill_s": 3.0, "relay_worker_kill_s": 2.0,
}  # fmt: skip
SLACK = 15.0  # seconds: the tests share their machine, and the targets are for a quiet one


@pytest.mark.timeout(300)
def test_a_call_outlives_networks_instances_and_workers() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.recovery", "--quick"], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])["figures"]
    for name, target in TARGETS.items():
        assert 0 < figures[name] < target + SLACK, figures
    assert 0 < figures["address_known_s"] < figures["address_change_s"]
