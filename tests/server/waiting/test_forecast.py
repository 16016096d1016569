"""The forecast keeps its word in a clinic it knows nothing of, is measured all the time, and summons in time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.reminders.tables import Reminder
from server.tasks.tables import Task
from server.waiting import keeper
from server.waiting.forecast import ENOUGH, PRIOR_STRETCH, Outlook, Serving, Standing, learned_stretch, outlooks
from server.waiting.outlook import look_ahead
from server.waiting.tables import ForecastSample, StaffPresence, WaitingRoomEntry
from tests.bench.clinic_day import Kind
from tests.bench.forecasts import measure
from tests.parts.clinic import Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.server.waiting.test_line import ADMIT, act, arrived, own, pool

minutes = st.floats(0.5, 120, allow_nan=False)


@given(
    lengths=st.lists(minutes, min_size=1, max_size=30),
    ahead=st.integers(1, 12),
    elapsed=st.lists(st.none() | minutes, min_size=1, max_size=4),
    pauses=st.lists(st.tuples(st.floats(-5, 60), st.floats(1, 40)), max_size=2),
    seed=st.integers(),
)
def test_an_outlook_is_ordered_never_past_and_never_within_a_break(
    lengths: list[float], ahead: int, elapsed: list[float | None], pauses: list[tuple[float, float]], seed: int
) -> None:
    breaks = tuple(sorted((begin, begin + long) for begin, long in pauses))
    serving = [Serving(one, pauses=breaks) for one in elapsed]
    found = outlooks([Standing()] * ahead, serving, lengths, Random(seed), draws=20)
    for one in found:
        assert 0 <= one.p10 <= one.p50 <= one.p80 <= one.p90
        wider = one.stretched(1.5)
        assert wider.p10 <= one.p10
        assert wider.p90 >= one.p90
    assert [one.p50 for one in found] == sorted(one.p50 for one in found), "who is behind is not seen before"


def test_nobody_is_begun_in_a_break_and_a_free_provider_takes_the_first_at_once() -> None:
    free, on_break = Serving(), Serving(pauses=((-5.0, 25.0),))
    assert outlooks([Standing()], [free], [10.0], Random(1))[0] == Outlook(0, 0, 0, 0)
    assert outlooks([Standing()], [on_break], [10.0], Random(1))[0].p10 == 25.0
    assert outlooks([Standing(), Standing()], [free], [10.0], Random(1))[1].p90 == 10.0
    assert outlooks([Standing()], [Serving(elapsed=99.0)], [10.0], Random(1))[0].p50 == 3.0, "overdue is nearly over"


def test_the_band_is_learned_from_what_came_of_it() -> None:
    assert learned_stretch([(5, 10, 15, 10)] * (ENOUGH - 1)) == PRIOR_STRETCH
    narrow = [(8.0, 10.0, 12.0, 10.0 + 0.1 * n) for n in range(-40, 41)]
    wide = learned_stretch(narrow)
    inside = sum(10 - 2 * wide <= outcome <= 10 + 2 * wide for *_, outcome in narrow)
    assert 0.75 <= inside / len(narrow) <= 0.85


@pytest.mark.parametrize("kind", [Kind(), Kind(breaks=True, no_shows=0.12, urgent=0.1)], ids=["plain", "hard"])
def test_in_a_simulated_clinic_it_beats_the_rules_and_four_of_five_lie_in_the_band(kind: Kind) -> None:
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}")
    found = measure(kind, days=12, seed=seed)
    assert 0.70 <= found.coverage <= 0.90  # twelve days only; `scripts/bench waiting` holds 0.75 to 0.85
    assert found.mae < found.mae_longest_plus_15 / 2
    assert found.mae < found.mae_position_mean * 1.05


async def ahead(clinic: Clinic, minutes: float = 0) -> None:
    clinic.clock.forward(timedelta(minutes=minutes))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await look_ahead(unit, Random(3))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_patient_and_board_read_the_same_range_and_small_changes_are_not_said(clinic: Clinic) -> None:
    first, first_phone = await arrived(clinic, 5)
    second, phone = await arrived(clinic, 20, name="Ivo")
    assert (await own(phone, second))["entry"]["forecast"] is None
    await act(clinic, first, "admit", **ADMIT)
    await ahead(clinic)
    shown = (await own(phone, second))["entry"]["forecast"]
    assert list(shown) == ["p10", "p50", "p80", "p90"]
    assert instant(shown["p10"]) <= instant(shown["p50"]) <= instant(shown["p80"])
    assert (await clinic.row(second))["entry"]["forecast"] == shown
    version = (await clinic.row(second))["entry"]["version"]
    await ahead(clinic, 0.2)
    entry = (await clinic.row(second))["entry"]
    assert (entry["forecast"], entry["version"]) == (shown, version)
    await ahead(clinic, 45)
    assert (await clinic.row(second))["entry"]["forecast"] != shown


async def test_every_forecast_is_settled_by_its_outcome_and_leads_to_nobody(clinic: Clinic) -> None:
    booked, phone = await arrived(clinic, 5)
    left, left_phone = await arrived(clinic, 20, name="Ivo")
    await ahead(clinic)
    await ahead(clinic, 1)  # within five minutes: no second sample
    await ahead(clinic, 6)
    await left_phone.post("/v1/my/leave", {})
    await act(clinic, booked, "admit", **ADMIT)
    samples = await clinic.all(ForecastSample)
    assert [(round(one.outcome), one.entry_id) for one in sorted(samples, key=lambda one: one.at)] == [
        (7, None),
        (0, None),
    ]
    figures = await clinic.staff("admin").get("/v1/waiting/forecast-figures?days=1")
    assert figures["outcomes"] == 2
    assert 0 <= figures["band_coverage"] <= 1
    assert figures["mean_error_minutes"] >= 0
    await clinic.staff("provider").refused(403, "GET", "/v1/waiting/forecast-figures")
    assert (await clinic.staff("admin", clinic.south).get("/v1/waiting/forecast-figures"))["outcomes"] == 0


async def test_who_waits_elsewhere_is_summoned_once_and_in_time(clinic: Clinic) -> None:
    async def summoned() -> int:
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            return await keeper.summon(unit)

    line = [await arrived(clinic, 5 + 15 * n, name=name) for n, name in enumerate(("Ada", "Ivo", "Uma"))]
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=50)
    last = await clinic.book(person=await clinic.person(given="Eli"), start=start, provider="provider")
    phone = await clinic.arrive(last)
    await phone.post("/v1/my/elsewhere", {"minutes": 5})
    await act(clinic, line[0][0], "admit", **ADMIT)
    await ahead(clinic)
    assert await summoned() == 0, "three are ahead"
    for booked, _ in line[1:3]:
        await act(clinic, booked, "call")
        await act(clinic, booked, "admit", **ADMIT)
    await ahead(clinic, 12)
    assert await summoned() == 1
    assert await summoned() == 0
    assert (await own(phone, last))["entry"]["elsewhere"]["summoned_at"] is not None
    await clinic.send_due()
    texts = [one for one in await clinic.all(Reminder) if one.step.startswith("summons") and one.channel == "sms"]
    assert [one.status for one in texts if one.person_id == last.person_id] == ["delivered"]


async def test_an_arrival_that_nobody_looks_at_calls_louder_but_not_into_a_visit(clinic: Clinic) -> None:
    first, _ = await arrived(clinic, 5)
    clinic.clock.forward(timedelta(minutes=6))
    await clinic.worker.tidy()
    await clinic.worker.tidy()
    (task,) = await clinic.all(Task)
    assert (task.kind, task.priority, task.status, task.appointment_id) == (
        "unseen-arrival",
        "stat",
        "requested",
        first.id,
    )
    entry = (await clinic.row(first))["entry"]
    row = await clinic.staff("second").post(f"/v1/waiting/{entry['id']}/see", {})
    assert [one.status for one in await clinic.all(Task)] == ["cancelled"]
    await act(clinic, first, "admit", **ADMIT)
    second, _ = await arrived(clinic, 20, name="Ivo")
    clinic.clock.forward(timedelta(minutes=6))
    await clinic.worker.tidy()
    assert len(await clinic.all(Task)) == 1, "the provider is in a visit"
    assert row["entry"]["seen_at"] is not None
    await act(clinic, second, "triage", acuity=1, reason="Chest pain")
    await clinic.worker.tidy()
    assert len(await clinic.all(Task)) == 2, "somebody urgent interrupts"


@sqlite_only
async def test_presence_of_staff_is_a_stretch(clinic: Clinic) -> None:
    account = clinic.north.accounts["provider"]
    for seconds in (0, 30, 60, 600, 30):
        clinic.clock.forward(timedelta(seconds=seconds))
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await keeper.staff_seen(unit, account)
    stretches = sorted(await clinic.all(StaffPresence), key=lambda one: one.since)
    assert [round((one.last_seen - one.since).total_seconds()) for one in stretches] == [90, 30]


async def test_a_pool_is_forecast_by_who_is_at_work(clinic: Clinic) -> None:
    pool_id = await pool(clinic)
    line = [await arrived(clinic, 5 + 15 * n, name=f"P{n}") for n in range(3)]
    for booked, _ in line:
        await act(clinic, booked, "transfer", "scheduler", pool_id=pool_id)

    async def third() -> Any:
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            entries = {one.appointment_id: one for one in await unit.all(unit.select(WaitingRoomEntry))}
            entries[line[2][0].id].p50 = None
        await ahead(clinic)
        return instant((await clinic.row(line[2][0]))["entry"]["forecast"]["p50"]) - clinic.clock.now()

    with_two = await third()
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await keeper.staff_seen(unit, clinic.north.accounts["second"])
    assert await third() > with_two, "one of the two has gone home"
