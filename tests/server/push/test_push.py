"""Subscriptions of staff and patients are stored sealed; what happens wakes exactly those whom it concerns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from notifications.message import DeliveryError, Receipt, Remedy, Sms
from notifications.push import WebPush
from notifications.sms_console import SmsSink
from server.push import sending
from server.push import service as alerts
from server.push.tables import Alert, PushSubscription
from server.tasks import ladder
from server.tasks.kinds import Kind, Priority
from server.tasks.service import ask
from tests.parts.clinic import Browser, Clinic
from tests.parts.marks import sqlite_only
from tests.parts.push_service import PushBrowser, PushService, push_service

ON_CALL = "+14155550177"


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as made:
        yield made


@pytest.fixture
async def woken(clinic: Clinic, service: PushService) -> AsyncIterator[Clinic]:
    """The clinic with a push sender that may call the stand-in."""
    push = WebPush(clinic.house.keys.derive("vapid"), "mailto:visits@example.org", ("127.0.0.1",))
    service.vapid_key = push.public_key
    object.__setattr__(clinic.house, "push", push)  # the app was built with this very house
    yield clinic
    await push.aclose()


async def subscribed(browser: Browser, service: PushService, locale: str = "en") -> PushBrowser:
    made = service.browser()
    body = {**made.subscription, "locale": locale}
    assert (await browser.send("PUT", "/v1/push/subscription", body)).status_code == 204
    return made


async def state(browser: Browser, subscription: PushBrowser) -> bool:
    answer = await browser.send("POST", "/v1/push/state", {"endpoint": subscription.endpoint})
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["on"])


async def sent(clinic: Clinic) -> None:
    while await sending.once(clinic.house):
        pass


async def stat(clinic: Clinic, key: str = "k") -> None:
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await ask(unit, Kind.urgent_message, Priority.stat, person_id=None, key=key)


async def escalate(clinic: Clinic, minutes: int) -> None:
    clinic.clock.forward(timedelta(minutes=minutes))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await ladder.escalate(unit)


async def test_a_stat_task_calls_browsers_and_then_phones_until_somebody_accepts(
    woken: Clinic, service: PushService
) -> None:
    provider = await subscribed(woken.staff("provider"), service)
    scheduler = await subscribed(woken.staff("scheduler"), service, "es")
    elsewhere = await subscribed(woken.staff("provider", woken.south), service)
    saved = await woken.staff("admin").send("PUT", "/v1/practice/phones", {"on_call": [ON_CALL]})
    assert saved.json() == {"sms_number": None, "on_call": [ON_CALL]}
    await stat(woken)
    await sent(woken)
    assert provider.pushes == [], "the boards ring first"
    await escalate(woken, 1)
    await sent(woken)
    assert [len(one.pushes) for one in (provider, scheduler, elsewhere)] == [1, 1, 0]
    assert scheduler.open(scheduler.pushes[0].body) == {"title": "Tiene una novedad", "lang": "es"}
    assert provider.pushes[0].headers["Urgency"] == "high"
    assert isinstance(woken.house.sms, SmsSink)
    assert await woken.house.sms.list() == []
    await escalate(woken, 2)
    await sent(woken)
    (text,) = await woken.house.sms.list()
    assert (text.to, "/board" in text.body, "North Practice" in text.body) == (ON_CALL, True, True)
    (task,) = (await woken.staff("provider").get("/v1/tasks"))["tasks"].values()
    accepted = await woken.staff("provider").send("POST", f"/v1/tasks/{task['id']}/accept", {"version": 1})
    assert accepted.status_code == 200, accepted.text
    await escalate(woken, 30)
    await sent(woken)
    assert len(await woken.house.sms.list()) == 1
    assert await woken.all(Alert) == []


async def test_an_arrival_wakes_the_one_provider_and_a_call_the_one_patient(
    woken: Clinic, service: PushService
) -> None:
    mine, other = await woken.book(provider="provider"), await woken.book(person=await woken.person(phone=None))
    provider = await subscribed(woken.staff("provider"), service)
    second = await subscribed(woken.staff("second"), service)
    patient_page = await woken.arrive(mine)
    patient = await subscribed(patient_page, service, "ar")
    stranger = await subscribed(await woken.arrive(other), service)
    await sent(woken)
    theirs = (await woken.row(other))["provider"]["id"] == woken.north.accounts["provider"]
    assert [len(one.pushes) for one in (provider, second)] == ([1, 0] if theirs else [1, 1])
    entry = (await woken.row(mine))["entry"]
    await woken.staff("provider").post(f"/v1/waiting/{entry['id']}/call", {"version": entry["version"]})
    await sent(woken)
    assert [len(one.pushes) for one in (patient, stranger)] == [1, 0]
    assert patient.open(patient.pushes[0].body) == {"title": "لديك جديد", "lang": "ar"}


async def test_the_address_of_a_browser_lies_sealed_and_leaves_with_it(woken: Clinic, service: PushService) -> None:
    staff = woken.staff("provider")
    browser = await subscribed(staff, service)
    await subscribed(staff, service)
    everything = "".join(row for rows in (await woken.everything()).values() for row in rows)
    assert browser.name not in everything
    assert "127.0.0.1" not in everything
    again = await staff.send("PUT", "/v1/push/subscription", browser.subscription)
    assert again.status_code == 204
    assert len(await woken.all(PushSubscription)) == 2, "the same browser twice is one"
    other = woken.staff("scheduler")
    assert [await state(one, browser) for one in (staff, other)] == [True, False], "it is on for who asked for it"
    assert (await other.send("POST", "/v1/push/unsubscribe", {"endpoint": browser.endpoint})).status_code == 204
    assert len(await woken.all(PushSubscription)) == 2, "nobody unsubscribes somebody else"
    assert (await staff.send("POST", "/v1/push/unsubscribe", {"endpoint": browser.endpoint})).status_code == 204
    assert len(await woken.all(PushSubscription)) == 1
    assert not await state(staff, browser)


async def test_a_browser_that_was_turned_out_or_signed_out_is_woken_no_more(
    woken: Clinic, service: PushService
) -> None:
    """The link was passed on before the patient used it: the stranger's is the first device."""
    booked = await woken.book()
    stranger = await woken.arrive(booked)
    desk, device = woken.staff("scheduler"), (await woken.row(booked))["devices"][0]["id"]
    kept = await subscribed(woken.staff("second"), service)
    theirs, staff = await subscribed(stranger, service), await subscribed(desk, service)
    assert (await desk.send("DELETE", f"/v1/appointments/{booked.id}/devices/{device}")).status_code == 200
    assert (await desk.send("DELETE", "/v1/sessions/current")).status_code == 204
    assert len(await woken.all(PushSubscription)) == 1
    async with woken.house.desk.unit(woken.north.system) as unit:
        await alerts.tell_person(unit, booked.person_id, life=timedelta(hours=1), urgent=True)
        await alerts.tell_staff(unit, life=timedelta(hours=1), urgent=True)
    await sent(woken)
    assert [len(one.pushes) for one in (theirs, staff, kept)] == [0, 0, 1]


@pytest.mark.parametrize("answer", [404, 410])
async def test_an_ended_subscription_is_forgotten(woken: Clinic, service: PushService, answer: int) -> None:
    browser = await subscribed(woken.staff("provider"), service)
    browser.answer = answer
    await stat(woken)
    await escalate(woken, 1)
    await sent(woken)
    assert (await woken.all(PushSubscription), await woken.all(Alert)) == ([], [])


async def test_a_service_that_fails_is_asked_again_and_not_for_ever(woken: Clinic, service: PushService) -> None:
    browser = await subscribed(woken.staff("provider"), service)
    browser.answer = 503
    await stat(woken)
    await escalate(woken, 1)
    await sent(woken)
    assert [one.attempts for one in await woken.all(Alert)] == [1]
    browser.answer = 201
    await sent(woken)
    assert browser.pushes == [], "not yet"
    woken.clock.forward(timedelta(minutes=1))
    await sent(woken)
    assert len(browser.pushes) == 1
    browser.answer = 503
    await stat(woken, "another")
    await escalate(woken, 1)
    for _ in range(12):
        await sent(woken)
        woken.clock.forward(timedelta(minutes=10))
    assert await woken.all(Alert) == []
    assert len(await woken.all(PushSubscription)) == 1


async def test_two_workers_send_an_alert_once_and_a_dead_ones_lease_ends(woken: Clinic, service: PushService) -> None:
    browser = await subscribed(woken.staff("provider"), service)
    await stat(woken)
    await escalate(woken, 1)
    assert len(await sending._claim(woken.house.desk)) == 1  # and dies here
    await sent(woken)
    assert browser.pushes == []
    woken.clock.forward(sending.LEASE + timedelta(seconds=1))
    await sent(woken)
    assert len(browser.pushes) == 1


class Forgetful:
    """A sink that knows a text by its number and words, as Twilio does, and that is away when told."""

    def __init__(self, sink: SmsSink) -> None:
        self.sink, self.number, self.away = sink, sink.number, False

    async def send(self, message: Sms) -> Receipt:
        if self.away:
            raise DeliveryError(False, "TimeoutError", "The answer was lost.", Remedy.ASK_FIRST)
        return await self.sink.send(message)

    async def find(self, message: Sms, since: datetime) -> Receipt | None:
        for one in await self.sink.list():
            if (one.to, one.body) == (message.to, message.body) and datetime.fromisoformat(one.at) >= since:
                return Receipt(one.id, one.status, one.segments)
        return None

    async def check(self) -> str:
        return await self.sink.check()

    async def aclose(self) -> None:
        await self.sink.aclose()


@pytest.fixture
async def on_call(clinic: Clinic) -> Forgetful:
    """The clinic with one on-call phone, and the line to it."""
    assert isinstance(clinic.house.sms, SmsSink)
    line = Forgetful(clinic.house.sms)
    object.__setattr__(clinic.house, "sms", line)
    saved = await clinic.staff("admin").send("PUT", "/v1/practice/phones", {"on_call": [ON_CALL]})
    assert saved.status_code == 200
    return line


async def text_on_call(clinic: Clinic, *, life: timedelta = timedelta(hours=1)) -> None:
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await alerts.text_on_call(unit, life=life)


async def test_a_second_emergency_is_texted_though_the_first_ones_text_reads_the_same(
    clinic: Clinic, on_call: Forgetful
) -> None:
    await text_on_call(clinic)
    await sent(clinic)
    assert len(await on_call.sink.list()) == 1
    clinic.clock.forward(timedelta(minutes=10))
    on_call.away = True
    await text_on_call(clinic)
    await sent(clinic)
    on_call.away = False
    clinic.clock.forward(timedelta(minutes=1))
    await sent(clinic)
    assert len(await on_call.sink.list()) == 2


async def test_an_emergency_waits_for_no_older_one_that_backs_off(clinic: Clinic, on_call: Forgetful) -> None:
    on_call.away = True
    await text_on_call(clinic, life=timedelta(minutes=30))
    for _ in range(5):
        await sent(clinic)
        (alert,) = await clinic.all(Alert)
        clinic.clock.forward(alert.wake_at - clinic.clock.now())
    await sent(clinic)
    (old,) = await clinic.all(Alert)
    assert old.wake_at > clinic.clock.now() + timedelta(minutes=5)
    on_call.away = False
    await text_on_call(clinic)
    (new,) = await clinic.all(Alert)
    assert (new.wake_at <= clinic.clock.now(), new.attempts) == (True, 0)
    assert new.not_after > old.not_after
    await sent(clinic)
    assert len(await on_call.sink.list()) == 1


async def test_an_emergency_that_comes_while_a_worker_texts_of_another_is_not_done_with_it(
    clinic: Clinic, on_call: Forgetful
) -> None:
    await text_on_call(clinic)
    (taken,) = await sending._claim(clinic.house.desk)
    await text_on_call(clinic, life=timedelta(minutes=5))
    await sending._send(clinic.house, taken)
    await sending._done(clinic.house, taken)
    (waiting,) = await clinic.all(Alert)
    assert waiting.not_after == taken.not_after, "the longer life of both"
    await sent(clinic)
    assert len(await on_call.sink.list()) == 2


@sqlite_only
async def test_a_bad_subscription_is_refused_in_words_and_changes_nothing(woken: Clinic, service: PushService) -> None:
    staff, good = woken.staff("provider"), service.browser().subscription
    before = await woken.everything()
    for body in (
        {**good, "endpoint": "https://example.org/push"},
        {**good, "endpoint": "http://169.254.169.254/"},
        {**good, "keys": {**good["keys"], "auth": "AAAA"}},
        {**good, "keys": {**good["keys"], "p256dh": "AAAA"}},
        {**good, "keys": {**good["keys"], "p256dh": "!!"}},
    ):
        problem = await staff.refused(422, "PUT", "/v1/push/subscription", body)
        assert problem["errors"]
    assert await woken.everything() == before


@sqlite_only
async def test_the_practices_phones_are_numbers_and_each_practices_own(woken: Clinic) -> None:
    admin = woken.staff("admin")
    problem = await admin.refused(422, "PUT", "/v1/practice/phones", {"on_call": [ON_CALL, "12"]})
    assert [fault["pointer"] for fault in problem["errors"]] == ["/on_call/1"]
    good = {"sms_number": "+14155550111", "on_call": []}
    assert (await admin.send("PUT", "/v1/practice/phones", good)).json() == good
    other = woken.staff("admin", woken.south)
    assert (await other.refused(409, "PUT", "/v1/practice/phones", good))["slug"] == "conflict"
    shared = {"sms_number": woken.house.sms.number, "on_call": []}
    before = await woken.everything()
    assert "Leave the field empty" in (await other.refused(409, "PUT", "/v1/practice/phones", shared))["detail"]
    assert await woken.everything() == before, "nobody takes what is sent to those who share the installation's number"


@sqlite_only
async def test_the_key_is_the_one_that_signs(woken: Clinic, service: PushService) -> None:
    from tests.parts.push_service import unb64

    key = (await woken.staff("provider").get("/v1/push/key"))["key"]
    assert unb64(key) == service.vapid_key == replace(woken.house).push.public_key
