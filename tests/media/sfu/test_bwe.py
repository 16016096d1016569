"""What a subscriber can take, learned from a simulated way: a bottleneck with a queue, and loss that means nothing."""

from __future__ import annotations

import random

from media.sfu.bwe import LEAST, SOUND, STALE, Bandwidth, for_publisher, for_two_sizes

TENTH = 0.1


class Way:
    """A link of `bits` per second with a queue of `room` seconds, and a sender who obeys (at most 700 kbit/s)."""

    def __init__(self, bits: int, room: float = 0.4, loss: float = 0.0) -> None:
        self.bits, self.room, self.loss = bits, room, loss
        self.bandwidth = Bandwidth()
        self.now, self.free_at, self.dropped = 100.0, 100.0, 0
        self.dice = random.Random(5)
        self.rates: list[float] = []

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / TENTH)):
            allowed = min(self.bandwidth.estimate(self.now) or 700_000, 700_000)
            self.rates.append(allowed)
            acked, lost = [], 0
            count = max(1, round(allowed * TENTH / 8 / 1000))
            for number in range(count):
                sent = self.now + number * TENTH / count
                start = max(sent, self.free_at)
                if start - sent > self.room:
                    lost += 1
                    self.dropped += 1
                    continue
                self.free_at = start + 8000 / self.bits
                if self.dice.random() < self.loss:
                    lost += 1
                else:
                    acked.append((sent, self.free_at + 1000.02, 1000))
            self.now += TENTH
            self.bandwidth.answered(acked, lost, self.now)


def test_a_narrow_way_is_found_before_its_queue_overflows() -> None:
    way = Way(10_000_000)
    way.run(3)
    assert set(way.rates) == {700_000}
    way.bits = 400_000
    way.run(20)
    assert way.dropped == 0
    assert 250_000 < sum(way.rates[-100:]) / 100 < 420_000


def test_loss_that_is_repaired_presses_nobody() -> None:
    way = Way(10_000_000, loss=0.08)
    way.run(10)
    assert min(way.rates) == 700_000


def test_a_third_lost_is_a_way_too_full() -> None:
    way = Way(10_000_000, loss=0.3)
    way.run(3)
    assert way.rates[-1] < 500_000


def test_a_way_that_is_wide_again_is_used_again() -> None:
    way = Way(300_000)
    way.run(5)
    way.bits = 10_000_000
    way.run(20)
    assert way.rates[-1] == 700_000


def test_an_estimate_grows_old_and_a_drop_is_told_once() -> None:
    bandwidth = Bandwidth()
    bandwidth.heard(500_000, 1.0)
    assert bandwidth.fell
    bandwidth.fell = False
    bandwidth.heard(490_000, 1.1)
    assert not bandwidth.fell
    bandwidth.heard(300_000, 1.2)
    assert bandwidth.fell
    assert bandwidth.estimate(1.3) == 300_000
    assert bandwidth.estimate(1.3 + STALE) is None


def test_voices_have_theirs_before_pictures_are_shared_out() -> None:
    assert for_publisher([None, None], [(1, 1), (3, 3)]) is None
    assert for_publisher([1_000_000, None], [(2, 2), (1, 1)]) == (1_000_000 - 2 * SOUND) // 2
    assert for_publisher([50_000], [(1, 1)]) == LEAST


def test_of_two_sizes_the_large_one_is_as_large_as_the_widest_way_and_unlimited_while_one_has_no_limit() -> None:
    assert for_two_sizes([300_000, 900_000], 150_000) == 1_050_000
    assert for_two_sizes([300_000, None], 150_000) is None
    assert for_two_sizes([], 150_000) is None
    assert for_two_sizes([-5], 150_000) == LEAST + 150_000
