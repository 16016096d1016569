"""When a message that failed is tried again: with full jitter, at most five times, never past its use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifications.message import DeliveryError, Remedy
from server.reminders.claims import MAX_ATTEMPTS, refused
from server.reminders.machine import Act

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def row(attempts: int, life: float = 1e6) -> Any:
    return SimpleNamespace(attempts=attempts, not_after=NOW + timedelta(seconds=life))


@given(
    st.integers(1, MAX_ATTEMPTS + 1), st.floats(0.1, 3000), st.booleans(), st.sampled_from([None, *Remedy]),
)  # fmt: skip
def test_it_is_tried_again_within_its_time_or_given_up(
    attempts: int, life: float, permanent: bool, remedy: Remedy | None
) -> None:
    asked = row(attempts, life)
    error = DeliveryError(permanent, "30003", "It failed.", remedy)
    found = refused(asked, error, NOW)
    most = 2 if error.remedy is Remedy.RETRY_ONCE else MAX_ATTEMPTS
    assert found.values["in_doubt"] == (error.remedy is Remedy.ASK_FIRST), "an unknown send is asked about first"
    if found.act is Act.fail_temporary:
        assert not permanent
        assert attempts < most
        pause = (found.values["wake_at"] - NOW).total_seconds()
        assert 1 <= pause <= min(15 * 2**attempts, 900)
        assert NOW + timedelta(seconds=pause) < asked.not_after
    else:
        assert found.act is Act.fail_permanent
        assert permanent or attempts >= most or life <= min(15 * 2**attempts, 900)


def test_those_that_failed_together_do_not_come_back_together() -> None:
    error = DeliveryError(False, "20429", "Too fast.", Remedy.SLOW_DOWN)
    pauses = [(refused(row(3), error, NOW).values["wake_at"] - NOW).total_seconds() for _ in range(400)]
    assert min(pauses) < 15 < 60 < 105 < max(pauses) <= 120, "over the whole of it, not around a mark (full jitter)"
