"""The fault test and the benchmark of messages in their quick forms: workers are killed, visits move, people stop, the
database is cut; and what is planned is sent once, beside a peer that is measured on the same database."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.house.tree import ROOT
from tests.server.waiting.test_proofs import figures as figures_of

pytestmark = pytest.mark.alone


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
        assert figures[database]["kills_between_send_and_commit"] >= 2
        assert figures[database]["sent"] >= 300


@pytest.mark.timeout(300)
def test_the_benchmark_of_messages_sends_each_once_and_measures_a_peer_beside() -> None:
    found = figures_of("tests.bench.reminders")
    for base in ("postgres", "sqlite"):
        assert found[f"settled_once_{base}"] == found[f"messages_{base}"] == 3000
        assert found[f"plan_s_{base}"] > 100
        assert found[f"send_s_{base}"] > 100
        assert found[f"rss_mb_{base}"] > 0
    assert found["procrastinate_send_s_postgres"] > 0
