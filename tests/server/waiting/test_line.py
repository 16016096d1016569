"""Pools, hand-over, triage, walk-ins, wishes: nobody loses the place, and who falls back hears why."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.appointments.tables import Appointment, Busy
from server.tasks.tables import Task
from server.waiting import consent
from server.waiting.tables import ConsentRecord, WaitingRoomEntry
from tests.parts.clinic import Booked, Browser, Clinic, five_minutes
from tests.parts.marks import sqlite_only

ADMIT = {"identifiers": ["name", "birth_date"]}


async def pool(clinic: Clinic, *names: str) -> str:
    members = [clinic.north.accounts[name] for name in names or ("provider", "second")]
    made = await clinic.staff("scheduler").post("/v1/pools", {"name": "Urgent care", "members": members})
    return str(made["id"])


async def arrived(
    clinic: Clinic, minutes: int, *, provider: str = "provider", name: str = "Rosa", since: datetime | None = None
) -> tuple[Booked, Browser]:
    """Booked `minutes` after `since`: several who come one after the other need one hour to count from."""
    start = five_minutes(since or clinic.clock.now()) + timedelta(minutes=minutes)
    person = await clinic.person(given=name, phone=None)
    booked = await clinic.book(person=person, start=start, provider=provider)
    return booked, await clinic.arrive(booked)


async def own(phone: Browser, booked: Booked) -> dict[str, Any]:
    shown: dict[str, Any] = await phone.get(f"/v1/links/{booked.link_id}/visit")
    return shown


async def act(clinic: Clinic, booked: Booked, what: str, who: str = "provider", **body: Any) -> dict[str, Any]:
    entry = (await clinic.row(booked))["entry"]
    row: dict[str, Any] = await clinic.staff(who).post(
        f"/v1/waiting/{entry['id']}/{what}", {"version": entry["version"], **body}
    )
    return row


async def test_whoever_of_a_pool_admits_first_has_the_patient_and_nobody_else(clinic: Clinic) -> None:
    booked, phone = await arrived(clinic, 5)
    row = await act(clinic, booked, "transfer", "scheduler", pool_id=await pool(clinic))
    assert row["pool"]["name"] == "Urgent care"
    body = {"version": row["entry"]["version"], **ADMIT}
    path = f"/v1/waiting/{row['entry']['id']}/admit"
    names = ["provider", "second"] * 3
    answers = await asyncio.gather(*(clinic.staff(name).send("POST", path, body) for name in names))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    winner = names[[answer.status_code for answer in answers].index(200)]
    loser = "second" if winner == "provider" else "provider"
    assert {(one.status, one.provider_id) for one in await clinic.all(WaitingRoomEntry)} == {
        ("admitted", clinic.north.accounts[winner])
    }
    shown = await own(phone, booked)
    assert (shown["stage"], shown["appointment"]["with"]) == ("in-visit", f"Dr {winner.title()} North")
    await clinic.staff(winner).post(f"/v1/visits/{booked.visit_id}/join", {})
    await clinic.staff(loser).refused(409, "POST", f"/v1/visits/{booked.visit_id}/join", {})


async def test_whom_a_colleague_has_called_is_theirs_until_put_back(clinic: Clinic) -> None:
    booked, _ = await arrived(clinic, 5)
    await act(clinic, booked, "transfer", "scheduler", pool_id=await pool(clinic))
    row = await act(clinic, booked, "call", "second")
    assert row["entry"]["provider"]["id"] == clinic.north.accounts["second"]
    path = f"/v1/waiting/{row['entry']['id']}"
    problem = await clinic.staff("provider").refused(
        409, "POST", f"{path}/admit", {"version": row["entry"]["version"], **ADMIT}
    )
    assert problem["provider_id"] == clinic.north.accounts["second"]
    await act(clinic, booked, "requeue", "second")
    assert (await act(clinic, booked, "admit", **ADMIT))["entry"]["state"] == "admitted"


async def test_a_provider_outside_the_pool_cannot_take_from_it(clinic: Clinic) -> None:
    booked, _ = await arrived(clinic, 5)
    row = await act(clinic, booked, "transfer", "scheduler", pool_id=await pool(clinic, "second"))
    body = {"version": row["entry"]["version"], **ADMIT}
    await clinic.staff("provider").refused(409, "POST", f"/v1/waiting/{row['entry']['id']}/admit", body)
    assert (await clinic.row(booked))["entry"] == row["entry"]


async def test_a_hand_over_keeps_place_arrival_and_consent_and_carries_a_sealed_note(clinic: Clinic) -> None:
    booked, phone = await arrived(clinic, 5)
    later, later_phone = await arrived(clinic, 20, provider="second", name="Ivo")
    before = (await clinic.row(booked))["entry"]
    row = await act(clinic, booked, "transfer", provider_id=clinic.north.accounts["second"], note="Needs a chaperone")
    assert (row["provider"]["id"], row["entry"]["since"]) == (clinic.north.accounts["second"], before["since"])
    assert row["entry"]["handover"] == {"by": "Dr Provider North", "note": "Needs a chaperone"}
    assert row["entry"]["seen_at"] is None, "who takes over has not seen it yet"
    assert (await own(phone, booked))["entry"]["position"] == 1
    fell_back = (await own(later_phone, later))["entry"]
    assert (fell_back["position"], fell_back["why"]["code"]) == (2, "handed-over")
    assert len(await clinic.all(ConsentRecord)) == 2
    stored = {one.appointment_id: one for one in await clinic.all(WaitingRoomEntry)}[booked.id]
    assert b"chaperone" not in (stored.handover or b"")
    appointment = {one.id: one for one in await clinic.all(Appointment)}[booked.id]
    assert (appointment.revision, appointment.provider_id) == (2, clinic.north.accounts["second"])
    assert [one for one in await clinic.all(Busy) if one.appointment_id == booked.id] == [], "the time is given back"
    await clinic.staff("provider").refused(
        409, "POST", f"/v1/waiting/{before['id']}/call", {"version": row["entry"]["version"]}
    )
    assert (await act(clinic, booked, "admit", "second", **ADMIT))["visit"]["status"] == "in-progress"


@sqlite_only
@pytest.mark.parametrize("body", [{}, {"provider_id": "A" * 22}, {"both": True}, {"same": True}, {"admin": True}])
async def test_a_hand_over_to_nowhere_changes_nothing(clinic: Clinic, body: dict[str, Any]) -> None:
    booked, _ = await arrived(clinic, 5)
    entry = (await clinic.row(booked))["entry"]
    if body.pop("both", None):
        body = {"provider_id": clinic.north.accounts["second"], "pool_id": await pool(clinic)}
    if body.pop("same", None):
        body = {"provider_id": clinic.north.accounts["provider"]}
    if body.pop("admin", None):
        body = {"provider_id": clinic.north.accounts["admin"]}
    before = await clinic.everything()
    expected = 404 if body == {"provider_id": "A" * 22} else 422
    path = f"/v1/waiting/{entry['id']}/transfer"
    await clinic.staff("scheduler").refused(expected, "POST", path, {"version": entry["version"], **body})
    assert await clinic.everything() == before


async def test_the_more_urgent_go_first_and_who_falls_back_is_told_why(clinic: Clinic) -> None:
    line = [await arrived(clinic, minutes, name=name) for minutes, name in ((5, "Ada"), (20, "Ivo"), (35, "Uma"))]
    row = await act(clinic, line[2][0], "triage", acuity=2, reason="Short of breath")
    assert (row["entry"]["acuity"], row["entry"]["triage_note"], row["entry"]["position"]) == (2, "Short of breath", 1)
    shown = [(await own(phone, booked))["entry"] for booked, phone in line]
    assert [one["position"] for one in shown] == [2, 3, 1]
    assert [one["why"] and one["why"]["code"] for one in shown] == ["more-urgent", "more-urgent", None]
    assert "breath" not in repr(shown[:2])
    await act(clinic, line[2][0], "admit", **ADMIT)
    shown = [(await own(phone, booked))["entry"] for booked, phone in line[:2]]
    assert [(one["position"], one["why"]) for one in shown] == [(1, None), (2, None)]


async def test_urgency_outlives_a_stay_that_was_left(clinic: Clinic) -> None:
    booked, phone = await arrived(clinic, 20)
    await act(clinic, booked, "triage", acuity=1, reason="Chest pain")
    await phone.post("/v1/my/leave", {})
    await phone.post("/v1/my/check-in", {})
    entry = (await clinic.row(booked))["entry"]
    assert (entry["acuity"], entry["triage_note"], entry["state"]) == (1, "Chest pain", "waiting")
    assert [one.turn for one in await clinic.all(WaitingRoomEntry)] in ([1, 2], [2, 1])


async def test_an_earlier_booking_that_arrives_goes_first_and_says_so(clinic: Clinic) -> None:
    later, phone = await arrived(clinic, 20)
    await arrived(clinic, 5, name="Ivo")
    entry = (await own(phone, later))["entry"]
    assert (entry["position"], entry["why"]["code"]) == (2, "booked-before")


async def test_from_the_visit_back_into_the_line_for_a_colleague(clinic: Clinic) -> None:
    booked, phone = await arrived(clinic, 5)
    since = (await clinic.row(booked))["entry"]["since"]
    row = await act(clinic, booked, "admit", **ADMIT)
    clinic.clock.forward(timedelta(minutes=4))
    body = {"version": row["visit"]["version"], "provider_id": clinic.north.accounts["second"], "note": "Second look"}
    row = await clinic.staff("provider").post(f"/v1/visits/{booked.visit_id}/put-back", body)
    assert (row["visit"]["status"], row["entry"]["state"], row["entry"]["since"]) == ("on-hold", "waiting", since)
    assert row["entry"]["handover"] == {"by": "Dr Provider North", "note": "Second look"}
    assert row["consent"] is not None, "asked once"
    assert len(await clinic.all(ConsentRecord)) == 1
    assert (await own(phone, booked))["stage"] == "waiting"
    row = await act(clinic, booked, "admit", "second", **ADMIT)
    assert (row["visit"]["status"], row["provider"]["id"]) == ("in-progress", clinic.north.accounts["second"])
    assert row["visit"]["started_at"] is not None
    await clinic.staff("second").post(f"/v1/visits/{booked.visit_id}/end", {"version": row["visit"]["version"]})
    stays = sorted(await clinic.all(WaitingRoomEntry), key=lambda one: one.turn)
    assert [one.finished_at is not None for one in stays] == [True, True]


async def test_a_visit_that_is_ended_while_its_patient_waits_again_is_waited_for_by_nobody(clinic: Clinic) -> None:
    booked, phone = await arrived(clinic, 5)
    row = await act(clinic, booked, "admit", **ADMIT)
    provider, path = clinic.staff("provider"), f"/v1/visits/{booked.visit_id}"
    row = await provider.post(f"{path}/put-back", {"version": row["visit"]["version"]})
    row = await provider.post(f"{path}/end", {"version": row["visit"]["version"]})
    assert (row["visit"]["status"], row["entry"]["state"]) == ("completed", "expired")
    assert (await own(phone, booked))["stage"] == "ended"
    body = {"version": row["entry"]["version"], **ADMIT}
    answer = await provider.send("POST", f"/v1/waiting/{row['entry']['id']}/admit", body)
    assert answer.status_code == 409


async def test_a_walk_in_gets_a_link_and_stands_behind_who_is_booked(clinic: Clinic) -> None:
    booked, _ = await arrived(clinic, 5, provider="provider")
    clinic.clock.forward(timedelta(minutes=12))
    body = {
        "person_id": await clinic.person(given="Uma"), "visit_type_id": clinic.north.visit_type,
        "pool_id": await pool(clinic), "reason": "Rash",
    }  # fmt: skip
    row = await clinic.staff("scheduler").post("/v1/walk-ins", body)
    assert (row["status"], row["reason"], row["pool"]["name"]) == ("booked", "Rash", "Urgent care")
    walked = await clinic.booked(clinic.north, row["id"], body["person_id"])
    assert [one for one in await clinic.all(Busy) if one.appointment_id == walked.id] == []
    consented = {"consent": {"version": consent.VERSION}, "locale": "en"}
    row = await clinic.staff("scheduler").post(f"/v1/appointments/{walked.id}/check-in", consented)
    assert (row["entry"]["media"], row["entry"]["state"], row["consent"]["version"]) == (
        "phone",
        "waiting",
        consent.VERSION,
    )
    await act(clinic, booked, "transfer", "scheduler", pool_id=body["pool_id"])
    assert [(await clinic.row(one))["entry"]["position"] for one in (booked, walked)] == [1, 2]


@sqlite_only
async def test_who_is_helped_in_needs_an_open_door_and_the_present_consent(clinic: Clinic) -> None:
    far = await clinic.book(start=five_minutes(clinic.clock.now()) + timedelta(hours=5))
    before = await clinic.everything()
    desk = clinic.staff("scheduler")
    path = f"/v1/appointments/{far.id}/check-in"
    await desk.refused(409, "POST", path, {"consent": {"version": consent.VERSION}})
    assert (await desk.refused(409, "POST", path, {"consent": {"version": "1999-01"}}))["version"] == consent.VERSION
    assert await clinic.everything() == before


async def test_waiting_elsewhere_keeps_the_place_for_as_long_as_it_takes(clinic: Clinic) -> None:
    booked, phone = await arrived(clinic, 5)
    silent, silent_phone = await arrived(clinic, 20, name="Ivo")
    shown = await phone.post("/v1/my/elsewhere", {"minutes": 10})
    assert shown["entry"]["elsewhere"] == {"minutes": 10, "summoned_at": None}
    clinic.clock.forward(timedelta(minutes=2))
    await clinic.worker.tidy()
    clinic.clock.forward(timedelta(minutes=70))
    await clinic.worker.tidy()
    assert [(await clinic.row(one))["entry"]["state"] for one in (booked, silent)] == ["away", "expired"]
    assert (await own(phone, booked))["entry"]["position"] == 1
    shown = await phone.post("/v1/my/check-in", {})
    assert (shown["stage"], shown["entry"]["elsewhere"]) == ("waiting", None)
    assert (await silent_phone.post("/v1/my/check-in", {}))["stage"] == "waiting", "the link still opens the line"
    await phone.refused(422, "POST", "/v1/my/elsewhere", {"minutes": 0})


@pytest.mark.parametrize(("wish", "kind"), [("rebook", "rebook"), ("phone", "call-back")])
async def test_who_cannot_wait_leaves_and_the_clinic_has_a_task(clinic: Clinic, wish: str, kind: str) -> None:
    booked, phone = await arrived(clinic, 5)
    shown = await phone.post("/v1/my/cannot-wait", {"wish": wish})
    assert (shown["entry"]["state"], shown["entry"]["left_as"]) == ("left", wish)
    tasks = (await clinic.staff("scheduler").get("/v1/tasks"))["tasks"].values()
    assert [(one["kind"], one["appointment_id"], one["priority"]) for one in tasks] == [(kind, booked.id, "urgent")]
    await phone.refused(409, "POST", "/v1/my/cannot-wait", {"wish": wish})


async def test_feeling_worse_alerts_at_once_once_and_says_when_it_was_seen(clinic: Clinic) -> None:
    booked, phone = await arrived(clinic, 5)
    for _ in range(3):
        assert (await phone.post("/v1/my/feel-worse", {}))["alert"]["state"] == "requested"
    (task,) = await clinic.all(Task)
    assert (task.priority, task.person_id, task.step) == ("stat", booked.person_id, 1)
    await clinic.staff("provider").post(f"/v1/tasks/{task.id}/accept", {"version": 1})
    assert (await own(phone, booked))["alert"]["state"] == "accepted"
    await clinic.staff("provider").post(f"/v1/tasks/{task.id}/complete", {"version": 2, "words": "Rang her"})
    await phone.post("/v1/my/feel-worse", {})
    assert len(await clinic.all(Task)) == 2, "worse again is another alert"
