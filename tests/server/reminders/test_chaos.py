"""The fault test of messages in its quick form: workers are killed, visits move, people stop, the database is cut."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.house.tree import ROOT


def test_nothing_is_lost_doubled_stale_or_sent_after_stop_while_workers_are_killed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.reminders", "--quick"], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=280,
    )  # fmt: skip
    assert done.stdout, done.stderr[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])["figures"]
    zero = {name: figures[name] for name in ("lost", "double", "stale", "after_stop", "uncorrected")}
    assert zero == dict.fromkeys(zero, 0), figures
    assert done.returncode == 0
    for database in ("sqlite", "postgres"):
        assert figures[database]["database_restarts"] == 1
        assert figures[database]["kills_during_claim"] >= 12
        assert figures[database]["sent"] >= 300
