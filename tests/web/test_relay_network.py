"""Calls through the relay over bad networks: loss, and a way too narrow for the picture."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from media.engine_relay import own_addresses
from tests.parts.ports import Late, free_port, wait_until
from tests.parts.rough_way import RoughWay
from tests.web.relay_parts import RelayStage, Seat, build

HERE, FRONT = "127.0.0.1", own_addresses()[0]
NARROW = 400_000
"""Bits per second: less than a camera's picture and sound need together."""
WATCHED = 5.0


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("relay-pages"))


@pytest.fixture
def rough(pages: Path, tmp_path: Path) -> Iterator[tuple[RelayStage, RoughWay]]:
    """A relay that tells browsers another address than it has; between the two lies the bad network."""
    port = free_port()
    with (
        RoughWay((FRONT, port), (HERE, port)) as way,
        RelayStage(pages, tmp_path, media=f"relay://{HERE}:{port}?announce={FRONT}") as stage,
    ):
        yield stage, way


def watched(seats: list[Seat], seconds: float) -> float:
    """The longest pause between two pictures that anybody saw in so many seconds, in seconds."""
    for seat in seats:
        seat.page.run("return window.harness.gaps()")
    time.sleep(seconds)  # nothing is waited for: the pauses within this span are what is measured
    gaps = [gap for seat in seats for gap in seat.page.run("return window.harness.gaps()").values()]
    assert len(gaps) == len(seats)
    return float(max(gaps)) / 1000


def narrower_than(seat: Seat) -> int:
    """A way too narrow for what this seat sends now: `NARROW`, or less where a busy machine makes no picture that
    would need as much.
    """

    def target() -> float:
        return float(seat.page.run("return window.harness.target()"))

    with suppress(Late):
        wait_until(lambda: target() > 1.25 * NARROW, 30, "the picture is large again")
    found = target()
    assert found > 0.5 * NARROW
    return int(min(NARROW, 0.8 * found))


def test_loss_of_3_and_8_percent_and_a_narrow_way(rough: tuple[RelayStage, RoughWay]) -> None:
    stage, way = rough
    seats = [stage.sit("a", large="yes"), stage.sit("b")]
    for seat in seats:
        seat.sees(1, frames=30, wait=60)
    for loss in (0.03, 0.08):
        way.loss, before = loss, way.lost
        assert watched(seats, WATCHED) < 1.0, f"a freeze at {loss:.0%} loss"
        assert way.lost - before > 50
    way.loss = 0.0
    narrow = narrower_than(seats[0])
    way.down_bits, way.room, way.dropped, passed = narrow, 1.0, 0, way.passed
    assert watched(seats, WATCHED) < 1.0, "a freeze at the narrow way"
    assert way.passed - passed > 200
    assert way.dropped == 0
    assert seats[0].page.run("return window.harness.target()") < narrow
