"""The relay's benchmark in its quick form: the servers really forward, and every figure is there."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.house.tree import ROOT


@pytest.mark.timeout(240)
def test_the_relay_is_measured_beside_janus_and_mediarelay() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.relay", "--quick"], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=230,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    line = json.loads(done.stdout.splitlines()[-1])
    figures = line["figures"]
    assert line["bench"] == "relay"
    for name in ("us_per_packet_2", "us_per_packet_4", "janus_us_2", "janus_us_4", "mediarelay_us", "delay_p99_ms"):
        assert figures[name] > 0, figures
    assert figures["joined"] == 8
    assert figures["ratio_4"] < 2
    assert figures["mediarelay_us"] > 5 * figures["us_per_packet_2"]
