"""Who gets in, how often they may try, and how they are put out again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import SQLModel, col

from server.access.service import make_account
from server.access.tables import Account, Session
from server.api.routing import cookie
from server.audit.tables import AuditEvent
from server.core.limits import Limiter, Limits
from server.core.principal import Role
from tests.parts.clinic import PASSWORD, STAFF, Browser, Clinic, Seeded, open_clinic, roomy
from tests.parts.marks import sqlite_only

MAIL = "provider@north.example"


def sign_in(**values: str) -> dict[str, str]:
    return {"email": MAIL, "password": PASSWORD, "role": "provider", **values}


def told(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name != "instance"}


async def test_a_good_password_opens_a_session_of_that_role_only(clinic: Clinic) -> None:
    browser = clinic.browser("provider")
    answer = await browser.send("POST", "/v1/sessions", sign_in(email=" Provider@NORTH.example "))
    assert answer.status_code == 201
    me = await browser.get("/v1/me")
    assert me == answer.json()
    assert (me["account"]["name"], me["practice"]["id"]) == ("Dr Provider North", clinic.north.id)
    await browser.refused(403, "GET", "/v1/audit")
    await clinic.browser().refused(403, "POST", "/v1/sessions", sign_in(role="admin"))


@sqlite_only
async def test_every_wrong_try_is_answered_in_the_same_words_and_leaves_nothing(clinic: Clinic) -> None:
    before, answers = await clinic.everything(), []
    for values in ({"password": "wrong"}, {"email": "nobody@north.example"}, {"email": "not an address"}):
        answers.append(told(await clinic.browser().refused(401, "POST", "/v1/sessions", sign_in(**values))))
    assert answers[0] == answers[1] == answers[2]
    assert await clinic.everything() == before
    noted = [
        (line.subtype, line.entity_id, line.outcome) for line in await clinic.all(AuditEvent) if line.outcome != "0"
    ]
    assert noted == [("sign-in.provider", clinic.north.accounts["provider"], "4")]  # nobody else was named


@sqlite_only
async def test_spaces_belong_to_a_password(clinic: Clinic) -> None:
    password = "  spaces on both sides  "
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await make_account(
            unit, clinic.house.keys, name="Eve Hall", email="eve@north.example", password=password, roles=[Role.admin]
        )
    body = {"email": "eve@north.example", "role": "admin"}
    await clinic.browser().refused(401, "POST", "/v1/sessions", {**body, "password": password.strip()})
    await clinic.browser().post("/v1/sessions", {**body, "password": password})


@pytest.mark.parametrize(
    ("url", "secure"), [("http://localhost:8000", False), ("https://clinic.example", True)], ids=["http", "https"]
)
@sqlite_only
async def test_cookies_are_for_the_server_alone(
    place: tuple[str, Seeded], tmp_path: Path, url: str, secure: bool
) -> None:
    async with open_clinic(place[0], tmp_path, place[1], public_url=url) as clinic:
        answer = await clinic.browser().send("POST", "/v1/sessions", sign_in())
        booked = await clinic.book()
        phone = await clinic.browser().send("POST", f"/v1/links/{booked.link_id}/ready", booked.ready)
        for name, response in (("careroom_provider", answer), (f"careroom_patient_{booked.link_id}", phone)):
            assert list(response.cookies) == [name]
            morsel = SimpleCookie(response.headers["set-cookie"])[name]
            assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "strict", "/")
            assert bool(morsel["secure"]) == secure
            assert morsel["domain"] == ""
            assert ("strict-transport-security" in response.headers) == secure
        assert SimpleCookie(answer.headers["set-cookie"])["careroom_provider"]["max-age"] == ""


@pytest.fixture
async def strict(place: tuple[str, Seeded], tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic with the limits of a real one."""
    async with open_clinic(place[0], tmp_path, place[1], limits=Limits) as opened:
        yield opened


@sqlite_only
async def test_one_account_is_tried_ten_times_from_one_address(strict: Clinic) -> None:
    for _ in range(10):
        await strict.browser().refused(401, "POST", "/v1/sessions", sign_in(password="x"))
    for body in (sign_in(password="x"), sign_in(), sign_in(email=MAIL.upper())):
        answer = await strict.browser().send("POST", "/v1/sessions", body)
        assert (answer.status_code, answer.json()["slug"]) == (429, "too-many")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    await strict.browser().post("/v1/sessions", sign_in(email="second@north.example"))
    await strict.browser(address="192.0.2.99").post("/v1/sessions", sign_in())  # a stranger locked nobody out


@sqlite_only
async def test_one_account_is_tried_only_so_often_from_everywhere(place: tuple[str, Seeded], tmp_path: Path) -> None:
    def narrow() -> Limits:
        return replace(roomy(), signin_anywhere=Limiter(1 / 6, 3))

    async with open_clinic(place[0], tmp_path, place[1], limits=narrow) as clinic:
        for number in range(3):
            body = sign_in(password="x")
            await clinic.browser(address=f"192.0.2.{number}").refused(401, "POST", "/v1/sessions", body)
        await clinic.browser(address="192.0.2.77").refused(429, "POST", "/v1/sessions", sign_in())


@sqlite_only
async def test_one_address_tries_many_accounts_only_so_often(place: tuple[str, Seeded], tmp_path: Path) -> None:
    def narrow() -> Limits:
        return replace(roomy(), signin_address=Limiter(1 / 6, 3), link_address=Limiter(1 / 2, 4))

    async with open_clinic(place[0], tmp_path, place[1], limits=narrow) as clinic:
        for number in range(3):
            body = sign_in(email=f"{number}@north.example")
            await clinic.browser().refused(401, "POST", "/v1/sessions", body)
        await clinic.browser().refused(429, "POST", "/v1/sessions", sign_in())
        await clinic.browser(address="192.0.2.7").post("/v1/sessions", sign_in())
        booked = await clinic.book()
        path = f"/v1/links/{booked.link_id}/open"
        for _ in range(4):
            await clinic.browser().refused(404, "POST", path, {"secret": "x" * 43})
        await clinic.browser().refused(429, "POST", path, {"secret": booked.secret})


@sqlite_only
async def test_one_link_is_guessed_at_twenty_times(strict: Clinic) -> None:
    booked = await strict.book()
    path = f"/v1/links/{booked.link_id}/open"
    for number in range(20):
        await strict.browser(address=f"192.0.2.{number}").refused(404, "POST", path, {"secret": "x" * 43})
    answer = await strict.browser().send("POST", path, {"secret": "x" * 43})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 10
    await strict.browser().post(path, {"secret": booked.secret})  # whoever guesses does not lock the patient out


async def test_signing_out_ends_the_session_everywhere(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = clinic.staff("scheduler")
    token = browser.http.cookies["careroom_scheduler"]
    expelled: list[str] = []
    monkeypatch.setattr(clinic.house.hub, "expel", expelled.append)
    answer = await browser.send("DELETE", "/v1/sessions/current")
    assert answer.status_code == 204
    assert 'careroom_scheduler=""' in answer.headers["set-cookie"]
    for other in (clinic.browser("scheduler", token), browser):
        await other.refused(401, "GET", "/v1/me")
    ended = [one for one in await clinic.all(Session) if one.ended_at is not None]
    assert expelled == [one.id for one in ended]
    await clinic.browser("scheduler", clinic.south.tokens["scheduler"]).get("/v1/me")


@sqlite_only
async def test_a_session_ends_by_itself_and_a_stale_cookie_keeps_nobody_out(clinic: Clinic) -> None:
    browser = clinic.staff("provider")
    clinic.clock.forward(timedelta(days=4))
    await browser.refused(401, "GET", "/v1/board")
    await browser.post("/v1/sessions", sign_in())
    await browser.get("/v1/board")


@pytest.mark.parametrize("change", ["closed", "role taken"])
@sqlite_only
async def test_a_closed_account_is_out_at_once(clinic: Clinic, change: str) -> None:
    browser = clinic.staff("provider")
    await browser.get("/v1/me")
    values: dict[str, Any] = {"active": False} if change == "closed" else {"roles": ["scheduler"]}
    async with clinic.house.store.engine.begin() as connection:
        where = col(Account.id) == clinic.north.accounts["provider"]
        await connection.execute(update(Account).where(where).values(**values))
    await browser.refused(401, "GET", "/v1/me")
    await clinic.browser().refused(403, "POST", "/v1/sessions", sign_in())


@sqlite_only
async def test_a_cookie_without_our_header_is_nobody(clinic: Clinic) -> None:
    """What a form or a picture of another site can send: cookies, but never our header."""
    before = await clinic.everything()
    for role in STAFF:
        forged = clinic.staff(role.value)
        forged.role = None
        for method, path in (("GET", "/v1/me"), ("POST", "/v1/people"), ("DELETE", "/v1/sessions/current")):
            await forged.refused(401, method, path, {})
        for header in ("system", "anonymous", "root", ""):
            await forged.refused(422, "GET", "/v1/me", x_careroom_role=header)
    assert await clinic.everything() == before


@sqlite_only
async def test_a_token_in_the_authorization_header_is_a_session_too(clinic: Clinic) -> None:
    token = clinic.north.tokens["scheduler"]
    assert (await clinic.browser().get("/v1/me", authorization=f"Bearer {token}"))["role"] == "scheduler"
    for bad in (f"Bearer {token[:-1]}", "Bearer ", f"Basic {token}", f"Bearer {token} {token}"):
        await clinic.browser().refused(401, "GET", "/v1/me", authorization=bad)
    await clinic.browser("admin").refused(401, "GET", "/v1/me", authorization=f"Bearer {token}")


# -- links --------------------------------------------------------------------


async def test_whoever_scans_the_link_burns_nothing(clinic: Clinic) -> None:
    """Mail scanners fetch the address, follow forms and run scripts up to the first call."""
    booked = await clinic.book()
    before = await clinic.everything()
    scanner = clinic.browser(address="192.0.2.66")
    for method in ("GET", "HEAD", "GET", "OPTIONS", "POST"):
        await scanner.send(method, f"/j/{booked.link_id}")
    for body, status in (({}, 422), ({"secret": "x" * 43}, 404), (None, 415)):
        await scanner.refused(status, "POST", f"/v1/links/{booked.link_id}/open", body)
    for odd in ("nothing", "%00", "a" * 300, "..%2f..", "%F0%9F%92%A9"):
        assert (await scanner.send("GET", f"/j/{odd}")).status_code in {303, 404}
    assert await clinic.everything() == before
    for _ in range(3):
        await clinic.browser().post(f"/v1/links/{booked.link_id}/open", {"secret": booked.secret})
    phone = await clinic.arrive(booked)
    assert (await phone.get(f"/v1/links/{booked.link_id}/visit"))["stage"] == "waiting"


@sqlite_only
async def test_page_zero_tells_nothing_of_the_person(clinic: Clinic) -> None:
    booked = await clinic.book(person=await clinic.person(given="Quendolyn", family="Zarathustra"))
    page = await clinic.browser().send("GET", f"/j/{booked.link_id}")
    for word in ("Quendolyn", "Zarathustra", "Cough", booked.secret, booked.id, booked.person_id):
        assert word not in page.text


async def test_two_browsers_may_come_by_one_link(clinic: Clinic) -> None:
    booked = await clinic.book()
    phones = await asyncio.gather(clinic.arrive(booked), clinic.arrive(booked))
    views = [await phone.get(f"/v1/links/{booked.link_id}/visit") for phone in phones]
    assert views[0]["entry"]["id"] == views[1]["entry"]["id"]
    assert sorted("call" in view for view in views) == [False, True], "one is the patient's, the other must show it is"


async def test_no_secret_is_in_the_database(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone: Browser = await clinic.arrive(booked)
    token = phone.http.cookies[cookie("patient", booked.link_id)]
    await clinic.send_due()
    stored = "\n".join(row for rows in (await clinic.everything()).values() for row in rows)
    assert set(SQLModel.metadata.tables) == set(await clinic.everything())
    assert booked.link_id in stored
    for secret in (booked.secret, token, clinic.north.tokens["provider"], PASSWORD):
        assert secret not in stored


@sqlite_only
async def test_other_spellings_of_an_address_are_the_same_account_to_the_limit(strict: Clinic) -> None:
    for _ in range(10):
        await strict.browser().refused(401, "POST", "/v1/sessions", sign_in(password="wrong password"))
    wide = MAIL.replace("p", "\uff50")  # a full-width p is looked up as a p
    await strict.browser().refused(429, "POST", "/v1/sessions", sign_in(email=wide, password="wrong password"))


@sqlite_only
async def test_two_people_on_one_device_never_act_on_each_others_visit(clinic: Clinic) -> None:
    one, other = await clinic.book(), await clinic.book()
    tablet = clinic.browser("patient")
    for booked in (one, other):
        await tablet.post(f"/v1/links/{booked.link_id}/ready", booked.ready)
    await tablet.post("/v1/my/leave", {}, x_careroom_link=one.link_id)
    stages = {}
    for booked in (one, other):
        seen = await tablet.get(f"/v1/links/{booked.link_id}/visit", x_careroom_link=booked.link_id)
        stages[booked.id] = seen["stage"]
    assert stages == {one.id: "open", other.id: "waiting"}
    await tablet.refused(401, "GET", f"/v1/links/{one.link_id}/visit", x_careroom_link=other.link_id)


@sqlite_only
async def test_a_browser_that_is_nobody_here_yet_is_told_nothing_and_blamed_for_nothing(clinic: Clinic) -> None:
    booked = await clinic.book()
    phone = clinic.browser("patient")
    path = f"/v1/links/{booked.link_id}/visit"
    first = await phone.send("GET", path, x_careroom_link=booked.link_id)
    assert (first.status_code, first.content) == (204, b"")
    await phone.post(f"/v1/links/{booked.link_id}/ready", booked.ready)
    assert (await phone.get(path))["stage"] == "waiting"
