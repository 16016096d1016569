"""One link for the life of a visit: it burns by nothing, binds by one press, and is never a dead end.

One test for each sentence of the promise.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col

from server.access.confirming import code_of
from server.access.links import secret_of
from server.access.tables import Link, LinkIssue, Session
from server.audit.tables import AuditEvent
from server.core.ids import b64
from server.core.lp import lp
from server.people.tables import ContactPoint, PersonContact
from server.reminders.tables import Reminder
from server.waiting.tables import ConsentRecord, WaitingRoomEntry
from tests.parts.clinic import Booked, Browser, Clinic, five_minutes
from tests.parts.marks import sqlite_only

BORN = "1980-02-03"  # of every person that `Clinic.person` makes
PREVIEWERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Teams/SafeLinks",
    "Mozilla/5.0 (compatible; Microsoft Outlook 16.0; ms-office; MSOffice 16)",
    "Barracuda Sentinel (EE)",
    "Proofpoint URL Defense",
    "MimecastLinkProtect/1.0",
    "Mozilla/5.0 (compatible; Cisco-Talos/1.0; +https://talosintelligence.com)",
    "Symantec-WebSecurity/1.0",
    "TrendMicro-WRS/1.0",
    "Sophos URL Scanner",
    "FortiGuard-Fetcher/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Discordbot/2.0 (+https://discordapp.com)",
    "SkypeUriPreview Preview/0.5",
    "Googlebot/2.1 (+http://www.google.com/bot.html)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Messages/LinkPresentation",
)


async def soon(clinic: Clinic, **person: Any) -> Booked:
    """A visit within the open door, at a time of its own."""
    return await clinic.book(person=await clinic.person(**person))


async def link_of(clinic: Clinic, booked: Booked) -> Link:
    found: list[Link] = await clinic.all(Link, col(Link.id) == booked.link_id)
    return found[0]


async def devices(clinic: Clinic, booked: Booked) -> list[tuple[str, str | None]]:
    return [(one["device"], one["level"]) for one in (await clinic.row(booked))["devices"]]


async def further(clinic: Clinic, booked: Booked) -> tuple[Browser, dict[str, Any]]:
    """Another device with the same link, after "I'm ready": (its browser, what it is shown)."""
    browser = clinic.browser("patient")
    return browser, await browser.post(f"/v1/links/{booked.link_id}/ready", booked.ready)


async def test_the_secret_is_derived_and_the_database_holds_only_its_hash(clinic: Clinic) -> None:
    booked = await soon(clinic)
    key = clinic.house.keys.derive("link")
    message = lp("careroom/link/v1", booked.link_id, "1")
    assert booked.secret == b64(hmac.digest(key, message, "sha256"))
    assert (await link_of(clinic, booked)).secret_hash == hashlib.sha256(booked.secret.encode()).hexdigest()
    assert booked.secret not in str(await clinic.everything(refusals=True))


async def test_a_fresh_link_raises_the_generation_and_the_old_secret_opens_nothing(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.send_due()
    answer = await clinic.browser().post(f"/v1/links/{booked.link_id}/fresh", {"secret": booked.secret})
    assert answer == {"sent": True, "to": "•••• 23"}
    assert (await link_of(clinic, booked)).generation == 2
    await clinic.browser().refused(404, "POST", f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    await clinic.send_due()
    fresh = secret_of(clinic.house.keys, booked.link_id, 2)
    sent = [one for one in await clinic.all(Reminder) if one.step == "fresh-link.2"]
    assert [(one.channel, one.status) for one in sent] == [("sms", "delivered")]
    await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": fresh})
    old = await clinic.browser().post(f"/v1/links/{booked.link_id}/fresh", {"secret": booked.secret})
    assert old["to"] == "•••• 23", "an older message still proves that the link was theirs"


async def test_ready_alone_binds_and_of_twelve_at_once_one_is_first(clinic: Clinic) -> None:
    booked = await soon(clinic)
    for _ in range(3):
        await clinic.browser("patient").post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    assert (await link_of(clinic, booked)).bound_to is None
    assert await devices(clinic, booked) == []
    answers = await asyncio.gather(
        *(clinic.browser("patient").send("POST", f"/v1/links/{booked.link_id}/ready", booked.ready) for _ in range(12))
    )
    assert {answer.status_code for answer in answers} == {200}
    levels = await devices(clinic, booked)
    assert sorted(levels, key=str) == sorted([("first", "unverified"), *[("other", None)] * 11], key=str)
    first = [one for one in answers if "call" in one.json()]
    assert len(first) == 1, "one of them has a seat"
    assert len(await clinic.all(WaitingRoomEntry)) == len(await clinic.all(ConsentRecord)) == 1


async def test_twenty_preview_bots_with_scripts_run_burn_nothing(clinic: Clinic) -> None:
    """They fetch the page by HEAD and GET, follow nothing, and some run its scripts, which open the link."""
    booked = await soon(clinic)
    assert len(PREVIEWERS) == 20
    before = await clinic.everything()
    for agent in PREVIEWERS:
        bot = clinic.browser()
        for method in ("HEAD", "GET", "GET"):
            answer = await bot.send(method, f"/j/{booked.link_id}", None, user_agent=agent, purpose="prefetch")
            assert answer.status_code in {200, 503}, "503 only where the pages are not built"
            assert not answer.headers.get("set-cookie")
        assert (await bot.send("GET", f"/v1/links/{booked.link_id}/visit", None, user_agent=agent)).status_code in {204}
    assert await clinic.everything() == before, "GET and HEAD change nothing"
    for agent in PREVIEWERS:
        browser = clinic.browser("patient")
        answer = await browser.send(
            "POST", f"/v1/links/{booked.link_id}/open", {"secret": booked.secret}, user_agent=agent
        )
        assert answer.status_code == 200
        assert not answer.headers.get("set-cookie")
    link = await link_of(clinic, booked)
    assert (link.generation, link.bound_to, link.tries) == (1, None, 0)
    assert [one for one in await clinic.all(Session) if one.link_id] == []
    assert "call" in await clinic.browser("patient").post(f"/v1/links/{booked.link_id}/ready", booked.ready)


async def test_the_first_device_types_nothing_and_is_unverified(clinic: Clinic) -> None:
    booked = await soon(clinic)
    opened = await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    assert set(opened) == {"practice", "appointment", "stage", "opens_at", "locale", "consent", "offers"}
    assert opened["offers"] == []
    assert "Rosa" not in str(opened)
    assert "Cough" not in str(opened)
    phone = clinic.browser("patient")
    shown = await phone.post(f"/v1/links/{booked.link_id}/ready", booked.ready)
    assert [(one["device"], one["level"]) for one in shown["devices"]] == [("first", "unverified")]
    assert shown["entry"]["position"] == 1
    for word in ("Rosa", "Marsh", "1980", "Cough", "555", "rosa.marsh"):
        assert word not in str({name: value for name, value in shown.items() if name != "practice"}), word


async def test_the_same_browser_is_the_same_device(clinic: Clinic) -> None:
    booked = await soon(clinic)
    phone = await clinic.arrive(booked)
    again = await phone.post(f"/v1/links/{booked.link_id}/ready", {**booked.ready, "camera": "absent"})
    assert len(again["devices"]) == 1
    assert (await clinic.row(booked))["entry"]["camera"] == "absent"


async def test_a_forwarded_link_reaches_only_the_waiting_room(clinic: Clinic) -> None:
    """The further device sees clinic, time and place; nothing it asks for beyond that is given, and staff see it."""
    booked = await soon(clinic)
    phone = await clinic.arrive(booked)
    other, shown = await further(clinic, booked)
    assert not {"call", "conversation", "invite", "needs", "person"} & set(shown)
    assert shown["stage"] == "waiting"
    assert (shown["confirm"], shown["tries_left"]) == ({"ways": ["code", "birth_date"]}, 5)
    assert "23" not in str(shown["confirm"]), "not even the masked number before it is asked for"
    assert await devices(clinic, booked) == [("first", "unverified"), ("other", None)]
    for method, path, body in (
        ("GET", f"/v1/conversations/{booked.conversation_id}", None),
        ("POST", "/v1/my/leave", {}),
        ("POST", "/v1/my/check-in", {}),
        ("POST", "/v1/my/guests", {}),
        ("POST", "/v1/live/ticket", {"topics": [f"conv:{booked.conversation_id}"]}),
        ("POST", "/v1/live/ticket", {"topics": [f"visit:{booked.visit_id}"]}),
        ("POST", "/v1/live/ticket", {"topics": [f"patient:{booked.id}"]}),
    ):
        answer = await other.send(method, path, body)
        assert answer.status_code in {403, 404}, (path, answer.text)
    await other.post("/v1/live/ticket", {"topics": [f"guest:{booked.id}"]})
    assert shown["heads"].keys() == {f"guest:{booked.id}"}
    assert [one["level"] for one in shown["devices"]] == [None], "of the others it learns nothing"
    assert (await phone.get(f"/v1/links/{booked.link_id}/visit"))["stage"] == "waiting", "nobody lost a place"


async def test_a_further_device_confirms_by_the_birth_date(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.arrive(booked)
    other, _ = await further(clinic, booked)
    shown = await other.post("/v1/my/confirm", {"birth_date": "١٩٨٠/2/3"})
    assert "call" in shown
    assert await devices(clinic, booked) == [("first", "unverified"), ("other", "dob")]
    assert shown["invite"]["id"] != booked.link_id, "keys of its own, by an invite of its own"
    await other.get(f"/v1/conversations/{booked.conversation_id}")


@sqlite_only
async def test_what_is_no_date_is_said_beside_the_field_and_costs_no_try(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.arrive(booked)
    other, _ = await further(clinic, booked)
    for typed in ("3 February", "1980-02-31", "80-2-3", "1980", "--", "not a date", "0000-01-01", ""):
        problem = await other.refused(422, "POST", "/v1/my/confirm", {"birth_date": typed})
        assert problem["errors"][0]["pointer"] == "/birth_date", typed
    assert (await link_of(clinic, booked)).tries == 0


async def test_a_further_device_confirms_by_a_code_to_the_number_on_file(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.arrive(booked)
    other, _ = await further(clinic, booked)
    third, _ = await further(clinic, booked)
    assert (await other.post("/v1/my/code"))["to"] == "•••• 23"
    await clinic.send_due()
    assert [one.status for one in await clinic.all(Reminder) if one.step == "code.1"] == ["delivered"]
    code = code_of(clinic.house.keys, booked.link_id, 1)
    assert re.fullmatch(r"\d{6}", code)
    assert code not in str(await clinic.everything(refusals=True))
    await third.refused(422, "POST", "/v1/my/confirm", {"code": code})  # the code is for the device that asked
    await other.refused(422, "POST", "/v1/my/confirm", {"code": "12"})  # no code at all: no try
    await other.post("/v1/my/confirm", {"code": f" {code[:3]} {code[3:]}"})
    assert ("other", "code") in await devices(clinic, booked)
    assert (await link_of(clinic, booked)).tries == 0


async def test_a_code_lives_ten_minutes_and_only_the_newest_counts(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.arrive(booked)
    other, _ = await further(clinic, booked)
    for _ in range(2):
        await other.post("/v1/my/code")
    first, second = (code_of(clinic.house.keys, booked.link_id, n) for n in (1, 2))
    await other.refused(422, "POST", "/v1/my/confirm", {"code": first})
    clinic.clock.forward(timedelta(minutes=11))
    await other.refused(422, "POST", "/v1/my/confirm", {"code": second})
    await other.post("/v1/my/code")
    problem = await other.refused(429, "POST", "/v1/my/code", {})
    assert problem["retry_after"] == 3600
    await other.post("/v1/my/confirm", {"code": code_of(clinic.house.keys, booked.link_id, 3)})


async def test_five_tries_for_one_link_whatever_device_then_the_desk(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.arrive(booked)
    other, _ = await further(clinic, booked)
    third, _ = await further(clinic, booked)
    for left, browser in ((4, other), (3, third), (2, other), (1, third), (0, other)):
        problem = await browser.refused(422, "POST", "/v1/my/confirm", {"birth_date": "1981-02-03"})
        assert problem["tries_left"] == left
        assert problem["errors"][0]["pointer"] == "/birth_date"
    for body in ({"birth_date": BORN}, {"code": "123456"}):
        assert "call the clinic" in (await third.refused(409, "POST", "/v1/my/confirm", body))["detail"]
    await third.refused(409, "POST", "/v1/my/code", {})
    row = await clinic.row(booked)
    assert row["tries_left"] == 0
    session = row["devices"][1]["id"]
    row = await clinic.staff("scheduler").post(f"/v1/appointments/{booked.id}/devices/{session}", {"level": "desk"})
    assert (row["devices"][1]["level"], row["tries_left"]) == ("desk", 5)
    assert "call" in await other.get(f"/v1/links/{booked.link_id}/visit")
    refusals = [one for one in await clinic.all(AuditEvent) if one.subtype == "device.confirm" and one.outcome == "4"]
    assert len(refusals) == 5


async def test_wrong_answers_at_once_are_all_counted(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.arrive(booked)
    browsers = [(await further(clinic, booked))[0] for _ in range(4)]
    answers = await asyncio.gather(
        *(one.send("POST", "/v1/my/confirm", {"birth_date": f"19{n}0-01-01"}) for n in (1, 2, 3) for one in browsers)
    )
    assert sorted(answer.status_code for answer in answers) == [409] * 7 + [422] * 5


async def test_one_click_in_the_visit_confirms_the_device_as_video(clinic: Clinic) -> None:
    booked = await soon(clinic)
    phone = await clinic.arrive(booked)
    row = await clinic.row(booked)
    by = "provider" if row["provider"]["id"] == clinic.north.accounts["provider"] else "second"
    provider, path = clinic.staff(by), f"/v1/appointments/{booked.id}/devices/{row['devices'][0]['id']}"
    body = {"level": "video", "identifiers": ["name", "birth_date"]}
    assert "face to face" in (await provider.refused(409, "POST", path, body))["detail"]
    admit = {"version": row["entry"]["version"], "identifiers": ["name", "birth_date"]}
    await provider.post(f"/v1/waiting/{row['entry']['id']}/admit", admit)
    await provider.refused(409, "POST", path, {**body, "identifiers": ["name"]})
    await clinic.staff("scheduler").refused(409, "POST", path, body)
    row = await provider.post(path, body)
    assert [(one["device"], one["level"]) for one in row["devices"]] == [("first", "video")]
    assert (await phone.get(f"/v1/links/{booked.link_id}/visit"))["devices"][0]["level"] == "video"


async def test_a_stranger_is_turned_out_and_the_passed_on_link_opens_nothing(clinic: Clinic) -> None:
    """The link was forwarded before the patient used it: the stranger is the first device. Staff end it."""
    booked = await soon(clinic)
    stranger = await clinic.arrive(booked)
    session = (await clinic.row(booked))["devices"][0]["id"]
    path = f"/v1/appointments/{booked.id}/devices/{session}"
    assert (await clinic.staff("scheduler").send("DELETE", path)).json()["devices"] == []
    await stranger.refused(401, "POST", "/v1/my/leave", {})
    await stranger.refused(404, "POST", f"/v1/links/{booked.link_id}/ready", booked.ready)
    fresh = {**booked.ready, "secret": secret_of(clinic.house.keys, booked.link_id, 2)}
    assert "call" in await clinic.browser("patient").post(f"/v1/links/{booked.link_id}/ready", fresh)
    assert await devices(clinic, booked) == [("first", "unverified")]


async def test_fresh_links_are_three_an_hour_for_one_number_stored_for_all_instances(clinic: Clinic) -> None:
    """Two visits of two people share the number: together they have three."""
    mine, theirs = await soon(clinic), await soon(clinic, given="Ivo", email=None)
    ask = [(mine, 202), (theirs, 202), (mine, 202), (theirs, 429), (mine, 429)]
    for one, status in ask:
        answer = await clinic.browser().send("POST", f"/v1/links/{one.link_id}/fresh", {"secret": one.secret})
        assert answer.status_code == status
    assert len(await clinic.all(LinkIssue)) == 3, "counted in the database, not in a process"
    desk = clinic.staff("scheduler")
    await desk.refused(429, "POST", f"/v1/appointments/{mine.id}/link", {})
    clinic.clock.forward(timedelta(minutes=61))
    assert await desk.post(f"/v1/appointments/{mine.id}/link", {}) == {"sent": True, "to": "•••• 23"}


async def test_many_who_ask_at_once_get_three(clinic: Clinic) -> None:
    booked = await soon(clinic)
    path = f"/v1/links/{booked.link_id}/fresh"
    body = {"secret": booked.secret}
    answers = await asyncio.gather(*(clinic.browser().send("POST", path, body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [429] * 7
    assert (await link_of(clinic, booked)).generation == 4


@sqlite_only
async def test_an_expired_link_gives_the_link_of_the_next_visit_and_is_no_dead_end(clinic: Clinic) -> None:
    booked = await soon(clinic)
    coming = await clinic.book(person=booked.person_id, start=five_minutes(clinic.clock.now()) + timedelta(days=9))
    clinic.clock.forward(timedelta(days=5))
    opened = await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    assert opened["stage"] == "closed"
    path = f"/v1/links/{booked.link_id}/fresh"
    assert await clinic.browser().post(path, {"secret": booked.secret}) == {"sent": True, "to": "•••• 23"}
    assert (await link_of(clinic, coming)).generation == 2
    assert (await link_of(clinic, booked)).generation == 1
    clinic.clock.forward(timedelta(days=9))
    assert await clinic.browser().post(path, {"secret": booked.secret}) == {"sent": False, "to": None}


@sqlite_only
async def test_who_never_had_the_link_learns_nothing_of_the_patient(clinic: Clinic) -> None:
    booked = await soon(clinic)
    nobody = await soon(clinic, phone=None, email=None)
    for one, secret in ((booked, "x" * 43), (nobody, "x" * 43), (nobody, "سرّ")):
        answer = await clinic.browser().post(f"/v1/links/{one.link_id}/fresh", {"secret": secret})
        assert answer == {"sent": None, "to": None}
    await clinic.browser().refused(404, "POST", f"/v1/links/{'A' * 22}/fresh", {})


async def test_a_stranger_with_a_number_neither_wakes_nor_locks_out_whose_it_is(clinic: Clinic) -> None:
    """At midnight, about a visit of the next day: the link that is there goes out in the morning, and hers are left."""
    clinic.by_day()
    clinic.clock.forward(timedelta(hours=12))
    start = five_minutes(clinic.clock.now()) + timedelta(hours=11)
    booked = await clinic.book(person=await clinic.person(), start=start)
    await clinic.send_due()
    for path in (f"/v1/links/{booked.link_id}/fresh", "/v1/links/lost"):
        body = {"phone": "(415) 555-0123", "link_id": booked.link_id} if path.endswith("lost") else {}
        for _ in range(2):
            await clinic.browser().send("POST", path, body)
    await clinic.send_due()
    again = [one for one in await clinic.all(Reminder) if one.step.startswith("same-link")]
    assert [one.sent_at for one in again] == [None] * 3, "nobody is woken"
    assert (await link_of(clinic, booked)).generation == 1
    await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    fresh = await clinic.browser().post(f"/v1/links/{booked.link_id}/fresh", {"secret": booked.secret})
    assert fresh == {"sent": True, "to": "•••• 23"}, "who had the link gets theirs at any hour"
    clinic.clock.forward(timedelta(hours=8, minutes=20))
    await clinic.send_due()
    again = [one for one in await clinic.all(Reminder) if one.step.startswith("same-link")]
    assert {one.status for one in again} == {"delivered"}


async def _unreachable(clinic: Clinic, how: str) -> Booked:
    """A visit of somebody to whom nothing can be sent at this moment."""
    booked = await soon(clinic, **({"phone": None} if how == "unsubscribed" else {"email": None}))
    clinic.by_day()  # 12:00 where the practice is
    start = five_minutes(clinic.clock.now())
    booked = await clinic.book(person=booked.person_id, start=start + timedelta(minutes=10), provider="second")
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        point = await unit.first(unit.select(ContactPoint))
        link = await unit.first(unit.select(PersonContact))
        assert point is not None
        assert link is not None
        if how == "unsubscribed":
            point.opted_out_at = clinic.clock.now()
        else:
            link.safe_from, link.safe_to = "18:00", "20:00"
        unit.add(point)
        unit.add(link)
    return booked


@pytest.mark.parametrize("how", ["unsubscribed", "unsafe-hour"])
async def test_a_link_is_renewed_only_when_the_message_leaves(clinic: Clinic, how: str) -> None:
    booked = await _unreachable(clinic, how)
    path = f"/v1/links/{booked.link_id}/fresh"
    problem = await clinic.browser().refused(409, "POST", path, {"secret": booked.secret})
    assert "stays as it is" in problem["detail"]
    await clinic.staff("scheduler").refused(409, "POST", f"/v1/appointments/{booked.id}/link", {})
    assert (await link_of(clinic, booked)).generation == 1
    assert await clinic.all(LinkIssue) == []
    await clinic.arrive(booked)  # the link that they have goes on opening the visit
    other, _ = await further(clinic, booked)
    assert "birth date" in (await other.refused(409, "POST", "/v1/my/code", {}))["detail"]
    assert await clinic.browser().post(path, {}) == {"sent": None, "to": None}
    await clinic.send_due()
    (again,) = [one for one in await clinic.all(Reminder) if one.step.startswith("same-link")]
    assert again.channel == ("call" if how == "unsubscribed" else "sms"), "somebody rings, or it goes at a safe hour"


async def test_who_has_arrived_and_lost_the_page_is_sent_the_link(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.arrive(booked)
    clinic.clock.forward(timedelta(hours=1))  # the provider runs late: the visit's own end has passed
    await clinic.browser().post("/v1/links/lost", {"phone": "+1 415 555 0123", "link_id": booked.link_id})
    assert [one.step for one in await clinic.all(Reminder) if one.step.startswith("same-link")] == ["same-link.1"]


@sqlite_only
async def test_who_has_no_link_at_all_gets_one_by_the_number(clinic: Clinic) -> None:
    booked = await soon(clinic)
    said = []
    for phone in ("(415) 555-0123", "+1 415 555 0123", "415 555 0188"):
        said.append(await clinic.browser().post("/v1/links/lost", {"phone": phone, "link_id": booked.link_id}))
    assert said == [{"sent": None, "to": None}] * 3, "the same answer whoever asks"
    assert (await link_of(clinic, booked)).generation == 1, "who shows no secret voids nothing"
    again = [one for one in await clinic.all(Reminder) if one.step.startswith("same-link")]
    assert sorted(one.step for one in again) == ["same-link.1", "same-link.2"]
    for bad in ("hello", "12", "٠٠٠", " ", "415 555 01234567890"):
        problem = await clinic.browser().refused(
            422, "POST", "/v1/links/lost", {"phone": bad, "link_id": booked.link_id}
        )
        assert problem["errors"][0]["pointer"] == "/phone", bad
    await clinic.browser().refused(409, "POST", "/v1/links/lost", {"phone": "415 555 0123"})  # two practices are here


async def test_the_second_devices_invite_is_asked_of_the_staff_devices(clinic: Clinic) -> None:
    booked = await soon(clinic)
    await clinic.arrive(booked)
    other, _ = await further(clinic, booked)
    staff = clinic.staff("provider")
    keys = f"/v1/conversations/{booked.conversation_id}/keys"
    wanted = [one["invite_id"] for one in (await staff.get(keys))["invites_wanted"]]
    assert wanted == [booked.link_id], "a device that nobody knows is not invited"
    shown = await other.post("/v1/my/confirm", {"birth_date": BORN})
    wanted = [one["invite_id"] for one in (await staff.get(keys))["invites_wanted"]]
    assert wanted == [booked.link_id, shown["invite"]["id"]]


@sqlite_only
async def test_one_persons_link_in_a_browser_used_by_another_never_opens_the_others_thread(clinic: Clinic) -> None:
    mine, theirs = await soon(clinic), await soon(clinic, given="Ivo", birth_date=date(1971, 1, 1), phone=None)
    shared = await clinic.arrive(mine)
    await shared.post(f"/v1/links/{theirs.link_id}/ready", theirs.ready)
    for link, own, other in ((mine.link_id, mine, theirs), (theirs.link_id, theirs, mine)):
        shared.link = link
        await shared.get(f"/v1/conversations/{own.conversation_id}")
        await shared.refused(404, "GET", f"/v1/conversations/{other.conversation_id}")
        await shared.refused(401, "GET", f"/v1/links/{other.link_id}/visit")
