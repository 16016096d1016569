"""Token buckets: burst, refill, bounded memory, no names kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import TooMany
from server.core.limits import Limiter, Limits


class Hand:
    """A clock moved by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(limiter: Limiter, key: str) -> bool:
    try:
        limiter.check(key)
    except TooMany:
        return False
    return True


def test_burst_then_refusal_with_the_time_to_wait_then_one_more() -> None:
    clock = Hand()
    limiter = Limiter(0.1, 3, monotonic=clock)
    for _ in range(3):
        limiter.check("account:1")
    with pytest.raises(TooMany) as refusal:
        limiter.check("account:1")
    assert refusal.value.extra["retry_after"] == 10
    assert "10 seconds" in refusal.value.detail
    clock.now += 10
    limiter.check("account:1")
    assert not allowed(limiter, "account:1")


def test_keys_do_not_touch_each_other_and_forget_gives_the_burst_back() -> None:
    limiter = Limiter(0.1, 1, monotonic=Hand())
    limiter.check("a")
    limiter.check("b")
    assert not allowed(limiter, "a")
    limiter.forget("a")
    assert allowed(limiter, "a")
    assert not allowed(limiter, "b")


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 5))
def test_never_more_than_burst_plus_rate_times_time(steps: list[float], burst: int) -> None:
    clock = Hand()
    limiter = Limiter(0.5, burst, monotonic=clock)
    passed = 0
    for step in steps:
        clock.now += step
        passed += allowed(limiter, "k")
        assert passed <= burst + 0.5 * (clock.now - 1000) + 1e-6


def test_a_flood_of_keys_neither_grows_memory_nor_frees_the_one_held_back() -> None:
    clock = Hand()
    limiter = Limiter(0.01, 5, max_keys=100, monotonic=clock)
    while allowed(limiter, "victim"):
        pass
    for number in range(5000):
        limiter.check(f"address:{number}")
        assert len(limiter) <= 100
    assert not allowed(limiter, "victim")


def test_no_key_stays_readable_in_memory() -> None:
    limiter = Limiter(1, 1)
    limiter.check("pat@example.org")
    assert "example.org" not in repr(vars(limiter))


def test_limits_of_a_house_are_its_own() -> None:
    one, other = Limits(), Limits()
    for _ in range(10):
        one.signin_account.check("a")
    assert not allowed(one.signin_account, "a")
    assert allowed(other.signin_account, "a")


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_senseless_numbers_are_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        Limiter(rate, burst)
