"""Booking's benchmark and fault test run, and what they hold to holds in their short forms too."""

from __future__ import annotations

import pytest

from tests.chaos.booking import WRONG
from tests.server.waiting.test_proofs import figures

pytestmark = pytest.mark.alone


@pytest.mark.timeout(300)
def test_a_process_killed_in_races_and_moves_of_series_leaves_nothing_double_or_half() -> None:
    found = figures("tests.chaos.booking")
    wrong = {name: found[name] for name in WRONG}
    assert wrong == dict.fromkeys(wrong, 0)
    assert found["kills_in_the_middle"] >= 1
    assert all(found[f"absences_{base}"] >= 1 for base in ("sqlite", "postgres"))


@pytest.mark.timeout(300)
def test_the_benchmark_of_booking_measures_both_databases() -> None:
    found = figures("tests.bench.booking")
    for base in ("sqlite", "postgres"):
        assert all(found[f"{name}_s_{base}"] > 1 for name in ("book", "move", "cancel"))
        assert found[f"day_view_p95_ms_{base}"] > 0
