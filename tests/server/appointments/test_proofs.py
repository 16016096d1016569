"""Booking's fault test runs, and what it holds to holds in its short form too."""

from __future__ import annotations

import pytest

from tests.server.waiting.test_proofs import figures


@pytest.mark.timeout(300)
def test_a_process_killed_in_races_and_moves_of_series_leaves_nothing_double_or_half() -> None:
    found = figures("tests.chaos.booking")
    wrong = {name: found[name] for name in ("double_booked", "half_booked", "orphan_holds", "lost_after_success")}
    assert wrong == dict.fromkeys(wrong, 0)
    assert found["kills_in_the_middle"] >= 1
