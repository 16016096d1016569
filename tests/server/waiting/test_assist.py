"""The desk sees where somebody is stuck, and helps them in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.waiting import consent
from server.waiting.handset import app_of, handset_of
from server.waiting.tables import ConsentRecord, WaitingRoomEntry
from tests.parts.clinic import Booked, Clinic, five_minutes

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"
ANDROID = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile"


@pytest.mark.parametrize(
    ("agent", "handset", "app"),
    [
        (f"{IPHONE} Mobile/15E148 Safari/604.1", "iphone", ""),
        (f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/530.0]", "iphone", "facebook"),
        (f"{IPHONE} Mobile/15E148 GSA/391.0 Safari/604.1", "iphone", "google"),
        (f"{ANDROID} Safari/537.36", "android", ""),
        ("Mozilla/5.0 (Linux; Android 14; SM-A155F; wv) AppleWebKit/537.36 Chrome/156.0", "android", "android-app"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15", "mac", ""),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0", "windows", ""),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/156.0", "chromebook", ""),
        ("curl/8.5.0", "", ""),
    ],
)
def test_a_handset_in_one_word(agent: str, handset: str, app: str) -> None:
    assert (handset_of(agent), app_of(agent)) == (handset, app)


async def test_a_camera_refused_before_anybody_is_in_line_stands_on_the_board(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone = clinic.browser("patient")
    path = f"/v1/links/{booked.link_id}/open"
    await phone.post(path, {"secret": booked.secret}, user_agent=IPHONE)
    link = (await clinic.row(booked))["link"]
    assert (link["handset"], link["camera"], link["checked_at"]) == ("iphone", "unchecked", None)
    clinic.clock.forward(timedelta(minutes=1))
    found = {"secret": booked.secret, "camera": "site-denied", "microphone": "ok"}
    await phone.post(path, found, user_agent=IPHONE)
    link = (await clinic.row(booked))["link"]
    assert (link["handset"], link["camera"], link["microphone"]) == ("iphone", "site-denied", "ok")
    assert link["checked_at"] is not None
    wrong = {**found, "secret": "x" * 43, "camera": "ok"}
    await phone.refused(404, "POST", path, wrong)
    assert (await clinic.row(booked))["link"] == link, "whoever has no secret says nothing about the device"


async def test_ringing_gives_the_number_once_asked_and_says_who_rings(clinic: Clinic) -> None:
    booked = await clinic.book()
    desk = clinic.staff("scheduler")
    assert "5550123" not in str(await clinic.row(booked, desk)), "the board carries no telephone numbers"
    number = await desk.post(f"/v1/appointments/{booked.id}/ring", {})
    assert number == {"phone": "+14155550123", "shown": "(415) 555-0123", "others_may_read": False}
    assist = (await clinic.row(booked, clinic.staff("provider")))["assist"]
    assert (assist["act"], assist["by"]) == ("ring", "Dr Scheduler North")
    await clinic.staff("admin", clinic.south).refused(404, "POST", f"/v1/appointments/{booked.id}/ring", {})
    person = await clinic.person(phone=None)
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=45)
    silent = await clinic.book(person=person, start=start)
    refused = await desk.refused(409, "POST", f"/v1/appointments/{silent.id}/ring", {})
    assert "No telephone number" in refused["detail"]


async def test_the_desk_checks_somebody_in_for_a_visit_by_telephone(clinic: Clinic) -> None:
    """With the consent they gave by voice; the provider then admits as ever."""
    booked = await clinic.book()
    row: dict[str, Any] = await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/to-phone", {})
    assert (row["entry"]["state"], row["entry"]["media"], row["assist"]["act"]) == ("waiting", "phone", "phone")
    assert row["consent"]["version"] == consent.VERSION
    assert [one.text_version for one in await clinic.all(ConsentRecord)] == [consent.VERSION]
    name = "provider" if row["provider"]["id"] == clinic.north.accounts["provider"] else "second"
    body = {"version": row["entry"]["version"], "identifiers": ["name", "birth_date"]}
    admitted = await clinic.staff(name).post(f"/v1/waiting/{row['entry']['id']}/admit", body)
    assert admitted["visit"]["status"] == "in-progress"


async def test_who_waits_by_video_goes_on_by_telephone_in_the_same_place(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone = await clinic.arrive(booked)
    before = (await clinic.row(booked))["entry"]
    row = await clinic.staff("admin").post(f"/v1/appointments/{booked.id}/to-phone", {})
    assert row["entry"]["media"] == "phone"
    assert [row["entry"][name] for name in ("id", "since", "position")] == [
        before[n] for n in ("id", "since", "position")
    ]
    view = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert view["entry"]["media"] == "phone", "their page says that the telephone will ring"
    assert len(await clinic.all(WaitingRoomEntry)) == 1


async def blocked(clinic: Clinic, booked: Booked, agent: str, camera: str) -> None:
    body = {"secret": booked.secret, "camera": camera, "microphone": "ok"}
    await clinic.browser("patient").post(f"/v1/links/{booked.link_id}/open", body, user_agent=agent)


async def next_step(clinic: Clinic, booked: Booked) -> str:
    sent = await clinic.staff("scheduler").send("POST", f"/v1/appointments/{booked.id}/next-step", {})
    assert sent.status_code == 202, sent.text
    return str(sent.json()["step"])


async def test_the_next_step_fits_what_stands_in_the_way_and_the_device(clinic: Clinic) -> None:
    """Allow the camera on an iPhone, on Android; go without one that is not there; open it in a browser; open it."""
    said = {}
    for name, agent, camera in (
        ("iphone", IPHONE, "site-denied"), ("android", ANDROID, "os-denied"), ("absent", IPHONE, "absent"),
        ("app", f"{IPHONE} [FBAN/FBIOS;FBAV/530.0]", "unchecked"),
    ):  # fmt: skip
        booked = await clinic.book(person=await clinic.person(phone=f"+1415555{150 + len(said):04d}"))
        await blocked(clinic, booked, agent, camera)
        said[name] = await next_step(clinic, booked)
    assert said == {
        "iphone": "help-iphone", "android": "help-android", "absent": "help-voice", "app": "help-app",
    }  # fmt: skip


async def test_the_next_step_is_in_the_ledger_and_goes_three_times_an_hour(clinic: Clinic) -> None:
    booked = await clinic.book()
    assert [await next_step(clinic, booked) for _ in range(3)] == ["help-join"] * 3
    desk = clinic.staff("scheduler")
    await desk.refused(429, "POST", f"/v1/appointments/{booked.id}/next-step", {})
    lines = (await desk.get("/v1/deliveries"))["lines"]
    steps = sorted(one["line"]["step"] for one in lines if one["line"]["step"].startswith("help-"))
    assert steps == ["help-join.1", "help-join.2", "help-join.3"]
    assert (await clinic.row(booked))["assist"]["act"] == "step"


async def test_who_waits_and_needs_nothing_or_cannot_be_written_to_gets_no_next_step(clinic: Clinic) -> None:
    booked = await clinic.book()
    await clinic.arrive(booked)
    desk = clinic.staff("scheduler")
    refused = await desk.refused(409, "POST", f"/v1/appointments/{booked.id}/next-step", {})
    assert "in line" in refused["detail"]
    start = five_minutes(clinic.clock.now()) + timedelta(minutes=45)
    silent = await clinic.book(person=await clinic.person(phone=None, email=None), start=start)
    refused = await desk.refused(409, "POST", f"/v1/appointments/{silent.id}/next-step", {})
    assert "ring" in refused["detail"]
    await clinic.staff("admin", clinic.south).refused(404, "POST", f"/v1/appointments/{booked.id}/next-step", {})


async def test_whoever_is_checked_in_for_video_keeps_that_place_when_they_come_in(clinic: Clinic) -> None:
    booked = await clinic.book()
    path = f"/v1/appointments/{booked.id}/check-in"
    row = await clinic.staff("scheduler").post(path, {"media": "video", "locale": "es"})
    assert (row["entry"]["state"], row["entry"]["media"], row["assist"]["act"]) == ("waiting", "video", "join")
    assert [one.locale for one in await clinic.all(ConsentRecord)] == ["es"]
    await clinic.arrive(booked)
    entry = (await clinic.row(booked))["entry"]
    assert [entry[name] for name in ("id", "since")] == [row["entry"][name] for name in ("id", "since")]


async def test_nobody_is_taken_to_the_telephone_before_the_door_opens_or_after_the_visit(clinic: Clinic) -> None:
    early = await clinic.book(start=five_minutes(clinic.clock.now()) + timedelta(hours=5))
    desk = clinic.staff("scheduler")
    refused = await desk.refused(409, "POST", f"/v1/appointments/{early.id}/to-phone", {})
    assert "not open yet" in refused["detail"]
    clinic.clock.forward(timedelta(hours=30))
    await desk.refused(409, "POST", f"/v1/appointments/{early.id}/to-phone", {})
    assert await clinic.all(WaitingRoomEntry) == []
