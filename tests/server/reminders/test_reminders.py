"""Messages are planned with the booking, sent once, and not at all when they are no longer wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from notifications.mail_file import MailFolder
from notifications.message import DeliveryError, Inbound, Receipt, Remedy, Sms
from notifications.sms_console import SmsSink, SunkSms
from server.appointments.machine import Act, machine
from server.appointments.tables import Appointment
from server.core.ids import new_id
from server.events import AppointmentBooked
from server.people.tables import ContactPoint
from server.reminders import claims, replies
from server.reminders.listeners import when_booked
from server.reminders.tables import Reminder
from server.reminders.worker import Worker
from server.tasks.tables import Task
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.marks import sqlite_only

PHONE = "+14155550123"
Hook = Callable[[], None] | None


class Killed(BaseException):
    """kill -9, as far as one coroutine can tell."""


class BadLine:
    """A real sink behind a line that fails as told: the one part of SMS that a file cannot show."""

    def __init__(
        self, sink: SmsSink, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None
    ):
        self._sink, self._before, self._after, self.number = sink, before, after, sink.number

    async def send(self, message: Sms) -> Receipt:
        if self._before:
            self._before()
        receipt = await self._sink.send(message)
        if self._after:
            self._after()
        return receipt

    async def find(self, message: Sms, since: datetime) -> Receipt | None:
        return await self._sink.find(message, since)

    async def check(self) -> str:
        return await self._sink.check()

    async def aclose(self) -> None:
        await self._sink.aclose()


def fault(permanent: bool, remedy: Remedy | None = None) -> Callable[[], None]:
    def fail() -> None:
        raise DeliveryError(permanent, "30003", "The phone could not be reached.", remedy)

    return fail


def killed() -> None:
    raise Killed


def worker_with(clinic: Clinic, **line: Callable[[], None]) -> Worker:
    assert isinstance(clinic.house.sms, SmsSink)
    return Worker(replace(clinic.house, sms=BadLine(clinic.house.sms, **line)))


@pytest.fixture(autouse=True)
def noon(clinic: Clinic) -> None:
    """It is noon where the clinic is: what night does to messages has its own tests."""
    clinic.by_day()


async def texts(clinic: Clinic, direction: str = "outbound") -> list[SunkSms]:
    assert isinstance(clinic.house.sms, SmsSink)
    return [one for one in await clinic.house.sms.list() if one.direction == direction]


async def mails(clinic: Clinic) -> list[Any]:
    assert isinstance(clinic.house.mail, MailFolder)
    return list(await clinic.house.mail.list())


async def plan(clinic: Clinic) -> dict[tuple[str, str], str]:
    return {(one.step, one.channel): one.status for one in await clinic.all(Reminder) if one.channel != "call"}


async def in_hours(clinic: Clinic, hours: int = 5, **person: Any) -> Booked:
    start = five_minutes(clinic.clock.now()) + timedelta(hours=hours)
    return await clinic.book(person=await clinic.person(**person), start=start)


async def answer(clinic: Clinic, body: str, sender: str = PHONE) -> replies.Said | None:
    inbound = Inbound(f"in-{new_id()}", sender, "+14155550100", body, clinic.clock.now())
    return await replies.handle(clinic.house, inbound)


async def lease_ends(clinic: Clinic) -> None:
    """A minute passes on the database's own clock, which no test can move."""
    long_ago = clinic.clock.now() - timedelta(days=1)
    async with clinic.house.store.engine.begin() as connection:
        await connection.execute(update(Reminder).where(col(Reminder.status) == "sending").values(wake_at=long_ago))


# -- planning -----------------------------------------------------------------


async def test_booking_plans_a_confirmation_by_each_channel_and_the_link_by_the_best(clinic: Clinic) -> None:
    booked = await in_hours(clinic)
    assert await plan(clinic) == dict.fromkeys(
        [
            ("confirmation", "sms"),
            ("confirmation", "email"),
            ("reminder.2h", "sms"),
            ("link", "sms"),
            ("rescue", "sms"),
        ],
        "scheduled",
    )
    await clinic.send_due()
    assert await plan(clinic) == {
        ("confirmation", "sms"): "delivered", ("confirmation", "email"): "delivered",
        **dict.fromkeys([("reminder.2h", "sms"), ("link", "sms"), ("rescue", "sms")], "scheduled"),
    }  # fmt: skip
    for hours in (3.5, 1.34):
        clinic.clock.forward(timedelta(hours=hours))
        await clinic.send_due()
    assert {key: state for key, state in (await plan(clinic)).items() if state != "delivered"} == {
        ("rescue", "sms"): "scheduled"
    }
    link = f"/j/{booked.link_id}#{booked.secret}"
    assert [link in one.body for one in await texts(clinic)] == [True] * 3
    assert [link in one.text for one in await mails(clinic)] == [True]
    ledger = (await clinic.staff("scheduler").get(f"/v1/appointments/{booked.id}/ledger"))["lines"]
    assert [(one["step"], one["state"], one["attempts"]) for one in ledger] == [
        ("confirmation", "delivered", 1), ("confirmation", "delivered", 1), ("reminder.2h", "delivered", 1),
        ("link", "delivered", 1), ("rescue", "scheduled", 0), ("noshow", "scheduled", 0),
    ]  # fmt: skip
    assert all(one["planned"] <= one["sent"] <= one["delivered"] for one in ledger if one["state"] == "delivered")
    assert (await clinic.row(booked))["delivery"] == {"sms": "delivered", "email": "delivered"}


async def test_a_step_is_planned_once(clinic: Clinic) -> None:
    booked = await in_hours(clinic)
    before = await clinic.everything()
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await when_booked(unit, AppointmentBooked(appointment_id=booked.id))
    assert await clinic.everything() == before


@sqlite_only
async def test_who_has_neither_phone_nor_mail_stands_on_the_call_list_at_every_step(clinic: Clinic) -> None:
    booked = await in_hours(clinic, phone=None, email=None)
    assert await plan(clinic) == {}
    await clinic.send_due()
    assert [(one.kind, one.priority, one.appointment_id) for one in await clinic.all(Task)] == [
        ("not-reached", "routine", booked.id)
    ]
    clinic.clock.forward(timedelta(hours=4.9))
    await clinic.send_due()
    steps = {one.step: one.status for one in await clinic.all(Reminder)}
    assert steps == {
        "confirmation": "sent", "reminder.2h": "cancelled", "link": "sent", "rescue": "scheduled", "noshow": "scheduled"
    }  # fmt: skip


@sqlite_only
async def test_who_cannot_be_reached_is_rung_before_every_single_step(clinic: Clinic) -> None:
    """Nine days ahead, step by step as time passes: each of them comes to a person of the staff, none is silence."""
    await in_hours(clinic, 9 * 24, phone=None, email=None)
    start = (await clinic.all(Appointment))[0].start
    await clinic.send_due()
    steps = {"confirmation": timedelta(days=9), "reminder.7d": timedelta(days=7), "reminder.48h": timedelta(hours=48)}
    steps |= {"reminder.2h": timedelta(hours=2), "link": timedelta(minutes=15), "rescue": timedelta(minutes=-3)}
    for step, ahead in steps.items():
        clinic.clock.forward(max(timedelta(), start - ahead - clinic.clock.now()) + timedelta(seconds=1))
        await clinic.send_due()
        row = next(one for one in await clinic.all(Reminder) if one.step == step)
        assert (row.channel, row.status, row.last_error) == ("call", "sent", None), step
        assert {one.kind for one in await clinic.all(Task)} >= {"not-reached"}


# -- once ---------------------------------------------------------------------


async def test_several_workers_take_each_reminder_once(clinic: Clinic) -> None:
    for number in range(12):
        person = await clinic.person(phone=f"+1415555{100 + number:04d}")
        start = five_minutes(clinic.clock.now()) + timedelta(hours=5, minutes=15 * number)
        await clinic.book(person=person, start=start, provider="provider")
    wanted = [(f"w{n}", channel) for n in range(4) for channel in ("sms", "email")]
    found = await asyncio.gather(*(claims.claim(clinic.house.desk, owner, channel, 5) for owner, channel in wanted))
    taken = [row.id for rows in found for row in rows]
    assert len(taken) == len(set(taken)) == 24
    assert await claims.claim(clinic.house.desk, "late", "sms", 5) == []
    await lease_ends(clinic)
    workers = [Worker(clinic.house) for _ in range(4)]

    async def work(worker: Worker) -> None:
        while await worker.send_due():
            pass

    await asyncio.gather(*(work(worker) for worker in workers))
    assert len(await texts(clinic)) == 12
    assert len(await mails(clinic)) == 12
    assert {one.attempts for one in await clinic.all(Reminder) if one.step == "confirmation"} == {2}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_killed_in_the_middle_of_sending_sends_once(clinic: Clinic, when: str) -> None:
    await in_hours(clinic, email=None)
    with pytest.raises(Killed):
        await worker_with(clinic, **{when: killed}).send_due()
    assert (await plan(clinic))["confirmation", "sms"] == "sending"
    await clinic.send_due()
    assert len(await texts(clinic)) == (1 if when == "after" else 0), "the lease still holds"
    await lease_ends(clinic)
    await clinic.send_due()
    assert (await plan(clinic))["confirmation", "sms"] == "delivered"
    assert len(await texts(clinic)) == 1


# -- failing ------------------------------------------------------------------


async def test_a_phone_that_is_none_is_left_alone_and_mail_takes_over(clinic: Clinic) -> None:
    booked = await in_hours(clinic)
    await worker_with(clinic, before=fault(True, Remedy.BAD_ADDRESS)).send_due()
    assert (await plan(clinic))["confirmation", "sms"] == "failed"
    clinic.clock.forward(timedelta(hours=4, minutes=50))
    await clinic.send_due()
    assert await texts(clinic) == []
    assert (await plan(clinic))["link", "sms"] == "cancelled"
    assert (await plan(clinic))["link", "email"] == "delivered"
    assert len(await mails(clinic)) == 2
    assert (await clinic.row(booked))["delivery"]["email"] == "delivered"


async def test_a_passing_fault_is_tried_again_and_then_given_up(clinic: Clinic) -> None:
    await in_hours(clinic, email=None)
    worker = worker_with(clinic, before=fault(False))
    for attempt in range(1, claims.MAX_ATTEMPTS + 1):
        assert await worker.send_due()
        row = next(one for one in await clinic.all(Reminder) if one.step == "confirmation")
        assert row.attempts == attempt
        assert row.status == ("retrying" if attempt < claims.MAX_ATTEMPTS else "failed")
        if row.status == "retrying":
            assert not await worker.send_due(), "not before its time"
        clinic.clock.forward(timedelta(minutes=16))
    assert row.last_error == "30003"
    await clinic.send_due()
    assert [one.kind for one in await clinic.all(Task)] == ["not-reached"], "nobody is met with silence"


async def test_a_message_that_cannot_be_made_does_not_hold_back_the_others(clinic: Clinic) -> None:
    broken = await in_hours(clinic, phone="+14155550141", email=None)
    async with clinic.house.store.engine.begin() as connection:
        await connection.execute(text("DELETE FROM link WHERE appointment_id = :id"), {"id": broken.id})
    await in_hours(clinic, 6, email=None)
    await clinic.send_due()
    assert [one.to for one in await texts(clinic)] == [PHONE]
    states = {one.appointment_id: one.status for one in await clinic.all(Reminder) if one.step == "confirmation"}
    assert states.pop(broken.id) == "retrying"
    assert list(states.values()) == ["delivered"]


# -- no longer wanted ---------------------------------------------------------


@pytest.mark.parametrize("how", ["cancelled", "revised", "over"])
async def test_what_is_not_wanted_any_more_is_not_sent(clinic: Clinic, how: str) -> None:
    booked = await in_hours(clinic)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        row = await unit.get(Appointment, booked.id)
        if how == "cancelled":
            await unit.move(row, machine, Act.cancel)
        elif how == "revised":
            await unit.swap(row, revision=2)
    if how == "over":
        clinic.clock.forward(timedelta(hours=6))
    await clinic.send_due()
    assert await texts(clinic) == []
    assert await mails(clinic) == []
    due = {place for place in await plan(clinic) if place[0] == "confirmation" or how == "over"}
    assert {(await plan(clinic))[place] for place in due} == {"cancelled"}


async def test_stop_is_obeyed_at_once_and_start_brings_texts_back(clinic: Clinic) -> None:
    await in_hours(clinic, email=None)
    stopped = await answer(clinic, "STOP")
    assert stopped is not None
    assert "no more texts" in str(stopped.text)
    await clinic.send_due()
    assert len(await texts(clinic)) == 1, "the one confirmation that the rules allow"
    again = await answer(clinic, "START")
    assert again is not None
    assert again.text
    await in_hours(clinic, 7, phone=PHONE, given="Ivo", email=None)
    await clinic.send_due()
    assert len(await texts(clinic)) == 3  # those to STOP and START, and the new confirmation


async def test_a_stranger_who_says_so_is_written_to_no_more(clinic: Clinic) -> None:
    await in_hours(clinic)
    await clinic.send_due()
    strange = await answer(clinic, "wrong number")
    assert strange is not None
    assert strange.kind == "not_me"
    sent = len(await texts(clinic))
    clinic.clock.forward(timedelta(hours=4, minutes=50))
    await clinic.send_due()
    assert len(await texts(clinic)) == sent, "the visit's link does not go to a stranger"
    assert (await plan(clinic))["link", "email"] == "delivered"
    assert [one.failed_at is not None for one in await clinic.all(ContactPoint) if one.system == "phone"] == [True]


# -- replies ------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "state"), [("1", "accepted"), ("2", "tentative"), ("3", "declined")])
async def test_one_character_is_an_answer(clinic: Clinic, typed: str, state: str) -> None:
    booked = await in_hours(clinic)
    await answer(clinic, typed)
    row = await clinic.row(booked)
    assert (row["participation"], row["status"], row["revision"]) == (state, "booked", 1)
    assert len(await texts(clinic)) == 1
    clinic.clock.forward(timedelta(hours=4, minutes=50))
    await clinic.send_due()
    assert (await plan(clinic))["link", "sms"] == "delivered", "an answer voids no reminder"


async def test_behind_a_shared_number_nobody_is_guessed(clinic: Clinic) -> None:
    one, other = await in_hours(clinic), await in_hours(clinic, 6, given="Ivo")
    answered = await answer(clinic, "3")
    assert answered is not None
    for booked in (one, other):
        assert (await clinic.row(booked))["participation"] == "needs-action"


@sqlite_only
async def test_a_text_from_nobody_changes_nothing_and_is_not_answered(clinic: Clinic) -> None:
    await in_hours(clinic)
    before = await clinic.everything()
    assert await answer(clinic, "1", "+14155550199") is None
    assert await clinic.everything() == before
    assert await texts(clinic) == []


@sqlite_only
async def test_a_webhook_without_twilios_signature_is_refused(clinic: Clinic) -> None:
    await in_hours(clinic)
    before = await clinic.everything()
    form = f"From={PHONE.replace('+', '%2B')}&To=%2B14155550100&Body=3&MessageSid=SM1".encode()
    for headers in ({}, {"x_twilio_signature": "AAAA"}):
        await clinic.browser().refused(
            403, "POST", "/v1/sms/inbound", form, content_type="application/x-www-form-urlencoded", **headers
        )
    assert await clinic.everything() == before
