"""A no-show is proposed, never set: after a rescue call, and never when anything says that the person tried, could not,
or was not reached, or that nobody waited for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.appointments.tables import Appointment
from server.reminders.machine import Status
from server.reminders.missed import AFTER, ANSWER, Facts, Verdict, verdict
from server.reminders.tables import Reminder
from server.waiting import keeper
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.marks import sqlite_only

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
CLEAR = Facts(
    now=NINE + timedelta(minutes=11), start=NINE, ready_since=NINE - timedelta(hours=1),
    rescued_at=NINE + timedelta(minutes=3),
)  # fmt: skip
NEVER: dict[str, dict[str, Any]] = {
    "link-opened": {"opened_at": NINE - timedelta(minutes=20)},
    "device-failed": {"device_failed": True},
    "undelivered": {"undelivered": True},
    "asked-otherwise": {"wished": True},
    "provider-absent": {"ready_since": None},
    "not-called": {"rescued_at": None},
}


def test_it_is_proposed_when_all_of_it_holds() -> None:
    assert verdict(CLEAR) == Verdict()


@pytest.mark.parametrize("why", NEVER)
def test_each_fact_alone_speaks_against_it(why: str) -> None:
    assert verdict(replace(CLEAR, **NEVER[why])).why == why


@pytest.mark.parametrize(
    ("change", "until"),
    [
        ({"now": NINE + timedelta(minutes=4)}, NINE + AFTER),
        ({"start": NINE + timedelta(minutes=20)}, NINE + timedelta(minutes=20) + AFTER),
        ({"ready_since": NINE + timedelta(minutes=5)}, NINE + timedelta(minutes=5) + AFTER),
        ({"rescued_at": NINE + timedelta(minutes=9)}, NINE + timedelta(minutes=9) + ANSWER),
    ],
)
def test_what_only_makes_it_too_early_postpones_it(change: dict[str, Any], until: datetime) -> None:
    assert verdict(replace(CLEAR, **change)).until == until


minute = st.integers(-90, 90).map(lambda n: NINE + timedelta(minutes=n))
maybe = st.none() | minute


@given(st.builds(Facts, now=minute, start=minute, opened_at=maybe, device_failed=st.booleans(),
                 undelivered=st.booleans(), wished=st.booleans(), ready_since=maybe, rescued_at=maybe))  # fmt: skip
def test_whatever_the_facts_it_is_proposed_only_when_nothing_speaks_against_it(facts: Facts) -> None:
    found = verdict(facts)
    if found.why is None:
        assert not facts.device_failed
        assert not facts.undelivered
        assert not facts.wished
        assert facts.ready_since is not None
        assert facts.rescued_at is not None
        assert facts.opened_at is None or facts.opened_at < facts.start
        assert facts.now >= facts.start + AFTER
    elif found.until is not None:
        assert found.until > facts.now, "looked at again later, never at once"


async def here(clinic: Clinic, name: str = "provider") -> None:
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await keeper.staff_seen(unit, clinic.north.accounts[name])


async def on(clinic: Clinic, minutes: int, *, provider: bool = True) -> None:
    """Minutes pass, with the provider's page open or not, and the worker at work."""
    for _ in range(minutes):
        clinic.clock.forward(timedelta(minutes=1))
        if provider:
            await here(clinic)
        await clinic.send_due()


async def expected(clinic: Clinic, **person: Any) -> Booked:
    """Somebody booked in five minutes by day, whose texts arrive."""
    clinic.by_day()
    who = await clinic.person(given="Ivo", **{"email": None, **person})
    return await clinic.book(person=who, start=five_minutes(clinic.clock.now()), provider="provider")


async def proposed(clinic: Clinic) -> list[dict[str, Any]]:
    tasks = (await clinic.staff("scheduler").get("/v1/tasks"))["tasks"].values()
    return [one for one in tasks if one["kind"] == "no-show"]


async def why(clinic: Clinic, booked: Booked) -> str | None:
    rows = await clinic.all(Reminder, Reminder.appointment_id == booked.id, Reminder.step == "noshow")
    return rows[0].last_error


async def send(clinic: Clinic, booked: Booked, then: str = "close", who: str = "provider") -> Any:
    row = await clinic.row(booked)
    body = {"version": row["version"], "then": then}
    return await clinic.staff(who).send("POST", f"/v1/appointments/{booked.id}/no-show", body)


async def test_it_is_proposed_after_the_rescue_message_and_set_by_one_click(clinic: Clinic) -> None:
    booked = await expected(clinic)
    await on(clinic, 12)
    assert await proposed(clinic) == [], "five minutes and seven are too early"
    await on(clinic, 6)
    assert [one["appointment_id"] for one in await proposed(clinic)] == [booked.id]
    assert (await clinic.row(booked))["status"] == "booked", "proposed, not set"
    await on(clinic, 60)
    assert (await clinic.row(booked))["status"] == "booked", "nor set by itself later"
    answer = await send(clinic, booked)
    assert (answer.status_code, answer.json()["status"]) == (200, "noshow")
    assert await proposed(clinic) == []
    assert (await send(clinic, booked)).status_code == 409
    phone = await clinic.arrive(booked)
    assert (await phone.get(f"/v1/links/{booked.link_id}/visit"))["stage"] in {"waiting", "closed"}


async def test_one_click_gives_them_another_time_with_the_same_link_and_says_so(clinic: Clinic) -> None:
    hours = {"zone": "UTC", "hours": [{"weekday": day, "begins": "00:00", "ends": "24:00"} for day in range(1, 8)]}
    await clinic.staff("scheduler").send("PUT", "/v1/practice/hours", hours)
    booked = await expected(clinic)
    await on(clinic, 18)
    before = datetime.fromisoformat((await clinic.row(booked))["start"])
    answer = await send(clinic, booked, "rebook", "scheduler")
    assert answer.status_code == 200
    row = answer.json()
    assert (row["status"], row["id"]) == ("booked", booked.id)
    assert datetime.fromisoformat(row["start"]) - before > timedelta(hours=17)
    assert await proposed(clinic) == []
    steps = [
        one.step for one in await clinic.all(Reminder, Reminder.appointment_id == booked.id, Reminder.revision == 2)
    ]
    assert "moved" in steps
    assert "noshow" in steps


async def test_never_when_the_link_was_opened(clinic: Clinic) -> None:
    booked = await expected(clinic)
    await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    await on(clinic, 30)
    assert (await proposed(clinic), await why(clinic, booked)) == ([], "link-opened")
    assert (await send(clinic, booked)).status_code == 409


async def test_a_link_tried_out_days_before_is_no_sign_of_life(clinic: Clinic) -> None:
    who = await clinic.person(given="Ivo", email=None)
    clinic.by_day()
    start = five_minutes(clinic.clock.now()) + timedelta(hours=24)
    booked = await clinic.book(person=who, start=start, provider="provider")
    await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    clinic.clock.forward(timedelta(hours=24))
    await on(clinic, 18)
    assert len(await proposed(clinic)) == 1
    await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    assert await proposed(clinic) == [], "opened now: the proposal is withdrawn"


async def test_never_when_the_device_failed(clinic: Clinic) -> None:
    booked = await expected(clinic)
    clinic.clock.forward(-timedelta(hours=3))
    body = {"secret": booked.secret, "camera": "site-denied", "microphone": "ok"}
    await clinic.browser().post(f"/v1/links/{booked.link_id}/open", body)
    clinic.clock.forward(timedelta(hours=3))
    await on(clinic, 30)
    assert (await proposed(clinic), await why(clinic, booked)) == ([], "device-failed")


async def test_never_when_the_text_was_not_delivered(clinic: Clinic) -> None:
    booked = await expected(clinic)
    await on(clinic, 2)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        rows = await unit.all(unit.select(Reminder).where(Reminder.appointment_id == booked.id))  # type: ignore[arg-type]
        link = next(one for one in rows if one.step == "link")
        link.status, link.last_error = Status.failed.value, "30005"
        unit.add(link)
    await on(clinic, 30)
    assert (await proposed(clinic), await why(clinic, booked)) == ([], "undelivered")


async def test_never_while_the_provider_is_absent_and_no_rescue_says_that_somebody_waits(clinic: Clinic) -> None:
    booked = await expected(clinic)
    await on(clinic, 30, provider=False)
    assert (await proposed(clinic), await why(clinic, booked)) == ([], "provider-absent")
    rescue = await clinic.all(Reminder, Reminder.appointment_id == booked.id, Reminder.step == "rescue")
    assert [one.sent_at for one in rescue] == [None], "nobody waits, so nobody says so"


async def test_never_while_the_provider_is_in_another_visit_or_runs_late(clinic: Clinic) -> None:
    booked = await expected(clinic)
    await here(clinic)
    await clinic.staff("provider").post(f"/v1/late/{clinic.north.accounts['provider']}", {"minutes": 45})
    await on(clinic, 40)
    assert (await proposed(clinic), await why(clinic, booked)) == ([], "too-early")


@sqlite_only
async def test_a_call_by_the_desk_is_a_rescue_call_too(clinic: Clinic) -> None:
    booked = await expected(clinic)
    plan = [Reminder.appointment_id == booked.id, Reminder.step == "rescue"]
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        for one in await unit.all(unit.select(Reminder).where(*plan)):  # type: ignore[arg-type]
            await unit.session.delete(one)
    await on(clinic, 20)
    assert (await proposed(clinic), await why(clinic, booked)) == ([], "not-called")
    await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/ring", {})
    await on(clinic, 8)
    assert len(await proposed(clinic)) == 1


@sqlite_only
async def test_nothing_can_be_marked_that_nobody_proposed(clinic: Clinic) -> None:
    booked = await expected(clinic)
    await on(clinic, 8)
    before = await clinic.all(Appointment)
    assert (await send(clinic, booked)).status_code == 409
    assert await clinic.all(Appointment) == before
    await on(clinic, 10)
    assert len(await proposed(clinic)) == 1
    await clinic.arrive(booked)
    assert await proposed(clinic) == [], "they came"
