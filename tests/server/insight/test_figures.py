"""The figures count what happened, on the practice's clock, and tell nothing of a person."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.appointments.machine import Act, machine
from server.appointments.tables import Appointment
from server.insight.figures import FEW, quantile
from server.waiting.outlook import look_ahead
from tests.parts.clinic import Booked, Browser, Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.waiting.test_line import ADMIT, act

WAITS = [2, 4, 6, 8, 10]


@given(st.lists(st.floats(0, 500, allow_nan=False), max_size=40), st.sampled_from([0.5, 0.8]))
def test_a_quantile_is_what_so_many_do_not_exceed_and_never_one_persons_wait(waits: list[float], share: float) -> None:
    found = quantile(waits, share)
    if len(waits) < FEW:
        assert found is None
    else:
        assert found is not None
        assert sum(one <= found + 0.05 for one in waits) >= share * len(waits)


async def day(clinic: Clinic) -> list[Browser]:
    """Five who wait 2 to 10 minutes and are held, one who leaves, one who did not come. The phones of the five; three
    have said how it was."""
    provider, phones = clinic.staff("provider"), []
    for number, wait in enumerate(WAITS):
        person = await clinic.person(given=f"Secretname{number}", phone=None)
        booked = await clinic.book(person=person, start=five_minutes(clinic.clock.now()), provider="provider")
        phone = await clinic.arrive(booked)
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await look_ahead(unit, Random(1))
        clinic.clock.forward(timedelta(minutes=wait))
        row = await act(clinic, booked, "admit", **ADMIT)
        clinic.clock.forward(timedelta(minutes=7))
        await provider.post(f"/v1/visits/{booked.visit_id}/end", {"version": row["visit"]["version"]})
        phones.append(phone)
        if number < 3:
            await answer(phone, number)
    _, phone = await _another(clinic)
    await phone.post("/v1/my/leave", {})
    missed, _ = await _another(clinic, comes=False)
    clinic.clock.forward(timedelta(minutes=40))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await unit.move(await unit.get(Appointment, missed.id), machine, Act.mark_noshow)
    return phones


async def answer(phone: Browser, number: int) -> None:
    await phone.post("/v1/my/survey", {"ease": 3, "helped": 1 + number % 3})


async def _another(clinic: Clinic, *, comes: bool = True) -> tuple[Booked, Browser]:
    person = await clinic.person(given="Ivo", phone=None)
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=0 if comes else 20)
    booked = await clinic.book(person=person, start=start, provider="second")
    return booked, await clinic.arrive(booked) if comes else clinic.browser()


async def test_waits_visits_the_forecasts_word_and_the_survey(clinic: Clinic) -> None:
    clinic.by_day()
    phones = await day(clinic)
    found: dict[str, Any] = await clinic.staff("admin").get("/v1/figures?days=7")
    waits = found["waits"]
    assert (waits["count"], waits["left"], waits["expired"]) == (5, 1, 0)
    assert (waits["median"], waits["p80"]) == (6.0, 10.0)
    assert sum(one["count"] for one in waits["by_hour"]) == 5
    assert all(12 <= one["hour"] <= 14 for one in waits["by_hour"]), "the practice's clock, not UTC"
    assert found["visits"]["outcomes"] == [{"name": "completed", "count": 5}]
    assert (found["visits"]["due"], found["visits"]["missed"]) == (7, 1)
    assert found["visits"]["by_month"][-1]["share"] == round(1 / 7, 4)
    assert found["survey"] == {"answers": 3, "ease": {}, "helped": {}}, "three are too few to be told"
    for number in (3, 4):
        await answer(phones[number], number)
    assert (await clinic.staff("admin").get("/v1/figures?days=7"))["survey"] == {
        "answers": 5, "ease": {"1": 0, "2": 0, "3": 5}, "helped": {},
    }  # fmt: skip
    assert found["forecast"]["outcomes"] == 5
    assert [one["promised"] for one in found["forecast"]["promises"]] == [0.1, 0.5, 0.8, 0.9]
    assert all(0 <= one["came"] <= 1 for one in found["forecast"]["promises"])
    assert "Secretname" not in repr(found)
    empty = await clinic.staff("admin", clinic.south).get("/v1/figures")
    assert (empty["waits"]["count"], empty["waits"]["median"], empty["survey"]["answers"]) == (0, None, 0)


@sqlite_only
async def test_the_figures_are_the_administrators(clinic: Clinic) -> None:
    for name in ("provider", "scheduler"):
        await clinic.staff(name).refused(403, "GET", "/v1/figures")
    await clinic.staff("admin").refused(422, "GET", "/v1/figures?days=91")
