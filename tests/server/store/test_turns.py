"""Of several workers one looks after a practice, and another one when that is gone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from server.reminders.worker import Worker
from server.store import turns
from tests.parts.clinic import Clinic

EVERY = timedelta(seconds=4)


async def take(clinic: Clinic) -> bool:
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        return await turns.take(unit, EVERY)


async def test_a_turn_is_taken_once_and_again_when_its_time_is_over(clinic: Clinic) -> None:
    assert [await take(clinic) for _ in range(3)] == [True, False, False]
    clinic.clock.forward(EVERY + timedelta(seconds=1))
    assert [await take(clinic) for _ in range(2)] == [True, False]
    async with clinic.house.desk.unit(clinic.south.system) as unit:
        assert await turns.take(unit, EVERY), "each practice has its own"


async def test_a_turn_written_by_a_clock_that_ran_ahead_holds_up_nobody(clinic: Clinic) -> None:
    clinic.clock.forward(timedelta(hours=2))
    assert await take(clinic)
    clinic.clock.forward(timedelta(hours=-2))
    assert await take(clinic)


async def test_of_four_workers_at_once_one_looks_after_each_practice(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    async def tidy(_worker: Worker, tenant: str, *, pruned: bool) -> None:
        assert pruned
        looked.append(tenant)

    monkeypatch.setattr(Worker, "_tidy", tidy)
    await asyncio.gather(*(Worker(clinic.house).tidy(in_turn=True) for _ in range(4)))
    assert sorted(looked) == sorted({clinic.north.id, clinic.south.id})
    await Worker(clinic.house).tidy()
    assert len(looked) == 4, "asked by hand, it is done at once"
