"""The waiting room keeps places, and the door opens and closes by the clock."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from server.access.tables import Session
from server.appointments.tables import Appointment
from server.waiting.service import seen
from server.waiting.tables import ConsentRecord, WaitingRoomEntry
from tests.parts.clinic import Booked, Browser, Clinic, five_minutes
from tests.parts.marks import sqlite_only


async def at(clinic: Clinic, minutes: int, *, provider: str = "provider") -> Booked:
    """A visit so many minutes from now, of a person of its own."""
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=minutes)
    return await clinic.book(person=await clinic.person(phone=None), start=start, provider=provider)


async def view(phone: Browser, booked: Booked) -> dict[str, Any]:
    shown: dict[str, Any] = await phone.get(f"/v1/links/{booked.link_id}/visit")
    return shown


async def ready(clinic: Clinic, booked: Booked, **values: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await clinic.browser("patient").post(
        f"/v1/links/{booked.link_id}/ready", {**booked.ready, **values}
    )
    return answer


async def test_a_reload_keeps_the_place(clinic: Clinic) -> None:
    first, second = await at(clinic, 5), await at(clinic, 20)
    phone = clinic.browser("patient")
    entry = (await phone.post(f"/v1/links/{first.link_id}/ready", first.ready))["entry"]
    await ready(clinic, second)
    again = await phone.post(f"/v1/links/{first.link_id}/ready", {**first.ready, "camera": "absent"})
    assert (again["entry"]["id"], again["entry"]["since"]) == (entry["id"], entry["since"])
    assert again["entry"]["position"] == 1
    assert len(await clinic.all(WaitingRoomEntry)) == 2
    assert len(await clinic.all(ConsentRecord)) == 2, "one consent per wording and language"
    assert (await clinic.row(first))["entry"]["camera"] == "absent"


async def test_many_taps_on_ready_make_one_entry(clinic: Clinic) -> None:
    booked = await at(clinic, 5)
    answers = await asyncio.gather(
        *(clinic.browser("patient").send("POST", f"/v1/links/{booked.link_id}/ready", booked.ready) for _ in range(12))
    )
    assert not [answer.text for answer in answers if answer.status_code not in {200, 409}]
    assert any(answer.is_success for answer in answers)
    assert len(await clinic.all(WaitingRoomEntry)) == 1
    assert len(await clinic.all(ConsentRecord)) == 1


async def test_the_line_is_by_booked_time_whoever_came_first(clinic: Clinic) -> None:
    late, early = await at(clinic, 35), await at(clinic, 5)
    other = await at(clinic, 5, provider="second")
    phones = {booked.id: await clinic.arrive(booked) for booked in (late, early, other)}
    places = {one.id: (await view(phones[one.id], one))["entry"] for one in (early, late, other)}
    assert [places[one.id]["position"] for one in (early, late, other)] == [1, 2, 1]
    assert places[late.id]["ahead"] == 1


async def test_early_one_consents_and_comes_in_when_the_door_opens(clinic: Clinic) -> None:
    booked = await at(clinic, 90)
    phone = clinic.browser("patient")
    shown = await phone.post(f"/v1/links/{booked.link_id}/ready", booked.ready)
    assert (shown["stage"], shown["entry"]) == ("early", None)
    assert (await clinic.row(booked))["consent"] is not None
    problem = await phone.refused(409, "POST", "/v1/my/check-in", {})
    assert problem["opens_at"].startswith(shown["opens_at"][:16])
    clinic.clock.forward(timedelta(minutes=40))
    assert (await view(phone, booked))["stage"] == "open"
    assert (await phone.post("/v1/my/check-in", {}))["stage"] == "waiting"


@sqlite_only
@pytest.mark.parametrize(("hours", "stage"), [(11, "open"), (13, "closed")])
async def test_the_link_of_a_visit_nobody_held_closes_after_half_a_day(clinic: Clinic, hours: int, stage: str) -> None:
    booked = await at(clinic, 5)
    clinic.clock.forward(timedelta(hours=hours))
    opened = await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    assert opened["stage"] == stage
    if stage == "closed":
        before = await clinic.everything()
        await clinic.browser("patient").refused(410, "POST", f"/v1/links/{booked.link_id}/ready", booked.ready)
        assert await clinic.everything() == before


async def test_silence_is_shown_as_away_and_gives_the_same_place_back(clinic: Clinic) -> None:
    first, second = await at(clinic, 5), await at(clinic, 20)
    phones = [await clinic.arrive(first), await clinic.arrive(second)]
    clinic.clock.forward(timedelta(seconds=60))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await seen(unit, second.id)
    clinic.clock.forward(timedelta(seconds=40))
    await clinic.worker.tidy()
    shown = [await view(phone, one) for phone, one in zip(phones, (first, second), strict=True)]
    assert [one["stage"] for one in shown] == ["away", "waiting"]
    assert [one["entry"]["position"] for one in shown] == [1, 2]
    assert (await clinic.row(first))["entry"]["present"] is False
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await seen(unit, first.id)
    assert (await view(phones[0], first))["entry"] == {**shown[0]["entry"], "state": "waiting"}


async def test_who_leaves_may_come_back(clinic: Clinic) -> None:
    booked = await at(clinic, 5)
    phone = await clinic.arrive(booked)
    left = await phone.post("/v1/my/leave", {})
    assert (left["stage"], left["entry"]["state"], left["entry"]["position"]) == ("open", "left", None)
    await phone.refused(409, "POST", "/v1/my/leave", {})
    assert (await phone.post("/v1/my/check-in", {}))["stage"] == "waiting"
    assert [one.status for one in await clinic.all(Appointment)] == ["arrived"]


async def test_called_put_back_called_admitted(clinic: Clinic) -> None:
    first, second = await at(clinic, 5), await at(clinic, 20)
    phone, _ = await clinic.arrive(first), await clinic.arrive(second)
    provider, row = clinic.staff("provider"), await clinic.row(first)
    base = f"/v1/waiting/{row['entry']['id']}"
    for what, stage, position in (("call", "called", 1), ("requeue", "waiting", 1), ("call", "called", 1)):
        row = await provider.post(f"{base}/{what}", {"version": row["entry"]["version"]})
        shown = await view(phone, first)
        assert (shown["stage"], row["entry"]["position"]) == (stage, position)
    version = row["entry"]["version"]
    for identifiers in (["name"], [], ["name", "shoe size"]):
        await provider.refused(422, "POST", f"{base}/admit", {"version": version, "identifiers": identifiers})
    await provider.refused(409, "POST", f"{base}/admit", {"version": version, "identifiers": ["name", "name"]})
    admit = {"version": version, "identifiers": ["name", "birth_date"]}
    row = await provider.post(f"{base}/admit", admit)
    assert (row["entry"]["state"], row["visit"]["status"], row["entry"]["position"]) == (
        "admitted",
        "in-progress",
        None,
    )
    assert (await clinic.row(second))["entry"]["position"] == 1
    problem = await provider.refused(409, "POST", f"{base}/admit", admit)
    assert problem["slug"] == "stale-version"


async def test_an_old_version_changes_nothing(clinic: Clinic) -> None:
    booked = await at(clinic, 5)
    await clinic.arrive(booked)
    provider, entry = clinic.staff("provider"), (await clinic.row(booked))["entry"]
    await provider.post(f"/v1/waiting/{entry['id']}/call", {"version": entry["version"]})
    before = await clinic.everything()
    for what, more in (("call", {}), ("requeue", {}), ("admit", {"identifiers": ["name", "birth_date"]})):
        problem = await provider.refused(
            409, "POST", f"/v1/waiting/{entry['id']}/{what}", {"version": entry["version"], **more}
        )
        assert (problem["slug"], problem["current"]) == ("stale-version", entry["version"] + 1)
    assert await clinic.everything() == before


async def test_two_providers_press_at_once_and_one_is_told_to_look_again(clinic: Clinic) -> None:
    booked = await at(clinic, 5)
    await clinic.arrive(booked)
    entry = (await clinic.row(booked))["entry"]
    body = {"version": entry["version"]}
    answers = await asyncio.gather(
        *(clinic.staff("provider").send("POST", f"/v1/waiting/{entry['id']}/call", body) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


@sqlite_only
async def test_who_is_in_the_visit_does_not_stand_in_line_again(clinic: Clinic) -> None:
    booked = await at(clinic, 5)
    phone, provider = await clinic.arrive(booked), clinic.staff("provider")
    entry = (await clinic.row(booked))["entry"]
    admit = {"version": entry["version"], "identifiers": ["name", "birth_date"]}
    await provider.post(f"/v1/waiting/{entry['id']}/admit", admit)
    assert (await phone.post("/v1/my/check-in", {}))["stage"] == "in-visit"
    again = await phone.post(f"/v1/links/{booked.link_id}/ready", booked.ready)
    assert again["stage"] == "in-visit"
    assert len(await clinic.all(WaitingRoomEntry)) == 1


@sqlite_only
async def test_an_old_consent_text_is_not_taken(clinic: Clinic) -> None:
    booked = await at(clinic, 5)
    problem = await clinic.browser("patient").refused(
        409, "POST", f"/v1/links/{booked.link_id}/ready", {**booked.ready, "consent": {"version": "1999-01"}}
    )
    assert problem["version"] != "1999-01"
    assert await clinic.all(ConsentRecord) == []
    assert [one for one in await clinic.all(Session) if one.role == "patient"] == []


async def test_nobody_of_yesterday_stands_ahead_of_today(clinic: Clinic) -> None:
    abandoned, start = await clinic.book(), clinic.clock.now() + timedelta(hours=29)
    await clinic.arrive(abandoned)
    clinic.clock.forward(timedelta(hours=29))
    await clinic.worker.tidy()
    today = await clinic.book(start=five_minutes(start))
    phone = await clinic.arrive(today)
    shown = await phone.get(f"/v1/links/{today.link_id}/visit")
    assert (shown["entry"]["position"], shown["entry"]["ahead"]) == (1, 0)
    assert (await clinic.row(abandoned))["entry"]["state"] == "expired"


async def test_a_colleague_cannot_take_a_patient_who_waits_for_another(clinic: Clinic) -> None:
    booked = await clinic.book()
    await clinic.arrive(booked)
    entry = (await clinic.row(booked))["entry"]
    second = clinic.staff("second")
    body = {"version": entry["version"], "identifiers": ["name", "birth_date"]}
    await second.refused(409, "POST", f"/v1/waiting/{entry['id']}/admit", body)
    await second.refused(409, "POST", f"/v1/waiting/{entry['id']}/call", {"version": entry["version"]})
    assert (await clinic.row(booked))["entry"] == entry
