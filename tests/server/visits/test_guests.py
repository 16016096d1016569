"""Guests: each scope sees what the table says, nothing names the patient, and a link ends with the visit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlmodel import col
from structlog.testing import capture_logs

from server.access.roles import GUEST_SEES
from server.access.tables import Guest
from server.core.principal import Role
from server.waiting.tables import StaffPresence
from signaling.ports import Viewer
from tests.parts.clinic import Booked, Browser, Clinic, five_minutes
from tests.parts.marks import sqlite_only

SHOWN = {"provider": "with", "place": "place", "language": "language", "agreement": "agreed"}


async def invited(clinic: Clinic, booked: Booked, scope: str, **values: Any) -> tuple[str, str, Browser]:
    """(guest id, secret, the guest's browser, not yet opened)."""
    made = await clinic.staff("scheduler").post(
        f"/v1/appointments/{booked.id}/guests", {"scope": scope, "name": "Noor", **values}
    )
    return made["id"], made["url"].split("#")[1], clinic.browser("guest")


async def test_each_scope_sees_what_the_table_says_and_nothing_of_the_patient(clinic: Clinic) -> None:
    booked = await clinic.book()
    await clinic.arrive(booked)
    for scope in ("interpreter", "family", "trainee"):
        guest_id, secret, browser = await invited(clinic, booked, scope)
        view = await browser.post(f"/v1/guests/{guest_id}/open", {"secret": secret})
        view |= await browser.post(f"/v1/guests/{guest_id}/ready", {"secret": secret})
        assert {name for name, key in SHOWN.items() if key in view} == GUEST_SEES[Role(scope)]
        assert (view["stage"], view["here"]) == ("waiting", True)
        for word in ("Rosa", "Marsh", "1980", "Cough", "555-", booked.person_id):
            assert word not in str({name: value for name, value in view.items() if name != "practice"}), word
        await browser.post("/v1/live/ticket", {"topics": [f"guest:{booked.id}"]})
        for topic in (f"patient:{booked.id}", f"conv:{booked.conversation_id}", f"visit:{booked.visit_id}"):
            answer = await browser.send("POST", "/v1/live/ticket", {"topics": [topic]})
            assert answer.status_code in {403, 404}, (scope, topic)
    row = await clinic.row(booked)
    assert [(one["scope"], one["state"], one["name"]) for one in row["guests"]] == [
        ("interpreter", "here", "Noor"), ("family", "here", "Noor"), ("trainee", "here", "Noor"),
    ]  # fmt: skip
    assert "Noor" not in str(await clinic.everything()), "sealed"


async def test_a_guests_link_ends_with_the_visit_or_when_it_is_taken_back(clinic: Clinic) -> None:
    booked = await clinic.book()
    guest_id, secret, browser = await invited(clinic, booked, "family")
    await browser.post(f"/v1/guests/{guest_id}/ready", {"secret": secret})
    desk = clinic.staff("scheduler")
    assert (await desk.send("DELETE", f"/v1/appointments/{booked.id}/guests/{guest_id}")).status_code == 204
    await browser.refused(410, "POST", f"/v1/guests/{guest_id}/open", {"secret": secret})
    assert (await browser.send("GET", f"/v1/guests/{guest_id}/visit")).status_code == 204, "nobody any more"
    assert (await clinic.row(booked))["guests"] == []
    guest_id, secret, browser = await invited(clinic, booked, "family")
    clinic.clock.forward(timedelta(hours=4))
    await browser.refused(410, "POST", f"/v1/guests/{guest_id}/open", {"secret": secret})


@sqlite_only
async def test_a_guests_link_follows_the_visit_when_it_moves(clinic: Clinic) -> None:
    booked = await clinic.book()
    guest_id, secret, browser = await invited(clinic, booked, "interpreter")
    await browser.post(f"/v1/guests/{guest_id}/ready", {"secret": secret})
    later = five_minutes(clinic.clock.now()) + timedelta(hours=20)
    version = (await clinic.row(booked))["version"]
    await clinic.staff("scheduler").post(
        f"/v1/appointments/{booked.id}/move", {"start": later.isoformat(), "version": version}
    )
    clinic.clock.forward(timedelta(hours=19))
    shown = await browser.get(f"/v1/guests/{guest_id}/visit")
    assert shown["start"] == later.isoformat().replace("+00:00", "Z")


async def test_opening_a_guests_link_burns_nothing_and_a_wrong_secret_learns_nothing(clinic: Clinic) -> None:
    booked = await clinic.book()
    guest_id, secret, _ = await invited(clinic, booked, "interpreter")
    before = await clinic.everything()
    assert (await clinic.browser().send("GET", f"/g/{guest_id}")).status_code in {200, 503}
    assert (await clinic.browser().send("HEAD", f"/g/{guest_id}")).status_code in {200, 503}
    told = [
        (await clinic.browser().refused(404, "POST", f"/v1/guests/{one}/open", {"secret": "x" * 43}))["slug"]
        for one in (guest_id, "A" * 22)
    ]
    assert told == ["not-found"] * 2
    assert await clinic.everything() == before
    for _ in range(3):
        await clinic.browser("guest").post(f"/v1/guests/{guest_id}/open", {"secret": secret})
    guest = (await clinic.all(Guest, col(Guest.id) == guest_id))[0]
    assert guest.here_at is None
    assert secret not in str(await clinic.everything(refusals=True))


async def test_the_patient_adds_family_and_is_asked_about_a_trainee(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    made = await phone.post("/v1/my/guests", {"name": "Noor"})
    assert (made["scope"], made["url"].split("/g/")[1].split("#")[0]) == ("family", made["id"])
    guest_id, secret, browser = await invited(clinic, booked, "trainee")
    await browser.post(f"/v1/guests/{guest_id}/ready", {"secret": secret})
    view = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert [(one["scope"], one["by_patient"], one["agreed"]) for one in view["guests"]] == [
        ("family", True, None), ("trainee", False, None),
    ]  # fmt: skip
    await phone.refused(409, "POST", f"/v1/my/guests/{made['id']}", {"agreed": True})
    for answer in (False, True):
        await phone.post(f"/v1/my/guests/{guest_id}", {"agreed": answer})
        assert (await browser.get(f"/v1/guests/{guest_id}/visit"))["agreed"] is answer
    assert (await phone.send("DELETE", f"/v1/my/guests/{guest_id}")).status_code == 204
    assert (await browser.send("GET", f"/v1/guests/{guest_id}/visit")).status_code == 204


@sqlite_only
async def test_six_guests_are_the_most_and_a_bad_name_is_said_at_its_field(clinic: Clinic) -> None:
    booked = await clinic.book()
    desk, path = clinic.staff("scheduler"), f"/v1/appointments/{booked.id}/guests"
    problem = await desk.refused(422, "POST", path, {"scope": "family", "name": "a\u0000b"})
    assert problem["errors"][0]["pointer"] == "/name"
    for _ in range(6):
        await desk.post(path, {"scope": "family"})
    await desk.refused(409, "POST", path, {"scope": "family"})


async def test_a_guest_with_a_socket_is_noted_as_nobodys_presence(clinic: Clinic) -> None:
    """They keep no place in line and are no staff; noting them as staff would fail every half minute."""
    booked = await clinic.book()
    guest = Viewer(booked.surgery.id, "session:one", "one", "family", "session:one")
    clinic.house.attendance.present(guest)
    with capture_logs() as said:
        clinic.house.attendance.changed(guest.subject)
        await asyncio.gather(*clinic.house.attendance._tasks)
    assert said == []
    assert await clinic.all(StaffPresence) == []
