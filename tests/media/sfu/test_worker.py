"""What keeps a worker going: its rounds come again whatever one of them ran into."""

from __future__ import annotations

import asyncio

import pytest

from media.sfu.worker import every
from tests.parts.ports import eventually


async def test_a_fault_in_one_round_is_said_and_the_next_comes(capfd: pytest.CaptureFixture[str]) -> None:
    rounds = 0

    async def act() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            raise KeyError("a peer that went meanwhile")

    task = asyncio.ensure_future(every(0.001, act))
    await eventually(lambda: rounds > 4)
    task.cancel()
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("KeyError: 'a peer that went meanwhile'") == 1
