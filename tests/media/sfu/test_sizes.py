"""Which pictures come large over a way of a given width, and how more is tried."""

from __future__ import annotations

from media.sfu.bwe import Bandwidth
from media.sfu.sizes import HOLD, TRIAL, Sizes
from tests.media.sfu.test_layers import LARGE, SMALL, Camera

SMALL_BITS, LARGE_BITS = 150_000, 700_000


class Seat:
    """Somebody who sees some cameras over a way that carries `bits`, with a queue that is told of at once."""

    def __init__(self, bits: int, pictures: int = 1) -> None:
        self.bits = bits
        self.now = 50.0
        self.bandwidth = Bandwidth()
        self.sizes = Sizes(self.bandwidth)
        self.cameras = [Camera() for _ in range(pictures)]
        self.silent: set[int] = set()
        self.queue = 0.0
        for camera in self.cameras:
            camera.view.choose(LARGE, self.now)

    @property
    def seen(self) -> list[int]:
        return [camera.view.size for camera in self.cameras]

    def run(self, seconds: float) -> None:
        for tenth in range(round(seconds * 10)):
            self._tenth()
            if self.sizes.tenth(self.now) or self.bandwidth.fell or tenth % 10 == 9:
                self.bandwidth.fell = False
                self.sizes.choose([camera.view for camera in self.cameras], 0, 0, self.now)

    def _tenth(self) -> None:
        """What goes to this seat in a tenth of a second, as the way brings it."""
        for camera in self.cameras:
            camera.now = self.now
            asked = camera.asked
            for size, bits in ((SMALL, SMALL_BITS), (LARGE, LARGE_BITS)):
                if size not in self.silent:
                    for _ in range(3):
                        self._picture(camera, size, bits // 30 // 8, size in asked)
        size = sum(len(one) for camera in self.cameras for one in camera.down)
        for camera in self.cameras:
            camera.down.clear()
        self.now += 0.1
        self.queue = max(0.0, self.queue + size * 8 / self.bits - 0.1)
        if size:
            self.bandwidth.answered([(self.now, self.now + 0.02 + self.queue, size)], 0, self.now)

    @staticmethod
    def _picture(camera: Camera, size: int, count: int, key: bool) -> None:
        plain = camera.payload
        camera.payload = lambda *of, **how: plain(*of, **how) + bytes(count - 20)  # type: ignore[method-assign]
        camera.frame(size, key=key, packets=1)
        camera.payload = plain  # type: ignore[method-assign]


def test_a_wide_way_brings_large_pictures_and_a_narrow_one_small_ones() -> None:
    wide, narrow = Seat(10_000_000), Seat(400_000)
    for seat in (wide, narrow):
        seat.run(4)
    assert (wide.seen, narrow.seen) == ([LARGE], [SMALL])


def test_the_first_in_order_comes_large_when_one_fits() -> None:
    seat = Seat(1_100_000, pictures=2)
    seat.run(2 * HOLD)
    assert seat.seen == [LARGE, SMALL]


def test_more_is_tried_without_anybody_seeing_it_and_taken_when_it_fits() -> None:
    seat = Seat(400_000)
    seat.run(4)
    seen = seat.cameras[0].view._stretch
    seat.run(3 * HOLD)
    assert seat.seen == [SMALL]
    assert seat.cameras[0].view._stretch is seen  # it was tried in vain, in repairs alone
    assert seat.cameras[0].view.resent > 0
    seat.bits = 10_000_000
    seat.run(4 * HOLD + TRIAL + 1)
    assert seat.seen == [LARGE]


def test_the_size_that_is_sent_is_seen() -> None:
    """A publisher with little room upwards sends the small one alone."""
    seat = Seat(10_000_000)
    seat.run(2)
    seat.silent = {LARGE}
    seat.run(3)
    assert seat.seen == [SMALL]
    seat.silent = set()
    seat.run(2)
    assert seat.seen == [LARGE]
