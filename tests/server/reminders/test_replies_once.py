"""The right practice, once, whatever dies and in whatever order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col

from notifications.message import Inbound, Receipt, Sms
from notifications.sms_console import SmsSink
from server.access.tables import Practice
from server.appointments.tables import Appointment, Busy
from server.core.errors import Problem
from server.people import consents
from server.people.tables import ContactPoint
from server.reminders import dialogues, replies
from server.reminders.dialogue_tables import HeardText
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only
from tests.server.reminders.texting import (
    CLINIC,
    PHONE,
    Twilio,
    open_all_day,
    row,
    says,
    texts,
    unheard,
    visit,
)

# -- several practices on one installation --------------------------------------


async def test_the_number_that_was_texted_says_which_practice_is_meant(clinic: Clinic) -> None:
    north, south = await visit(clinic), await visit(clinic, place=clinic.south)
    for place, number in ((clinic.north, "+14155550111"), (clinic.south, "+14155550112")):
        body = {"sms_number": number, "on_call": []}
        assert (await clinic.staff("admin", place).send("PUT", "/v1/practice/phones", body)).status_code == 200
    await says(clinic, "1", to="+14155550112")
    assert [(await row(clinic, one)).participation for one in (north, south)] == ["needs-action", "accepted"]
    assert isinstance(clinic.house.sms, SmsSink)
    (answer,) = [one for one in await clinic.house.sms.list() if "Confirmed" in one.body]
    assert (answer.sender, "South Practice" in answer.body) == ("+14155550112", True)
    await says(clinic, "STOP", to="+14155550111")
    stopped = {one.tenant for one in await clinic.all(ContactPoint) if one.opted_out_at}
    assert stopped == {clinic.north.id}


async def test_practices_that_share_a_number_are_told_apart_by_who_wrote_last(clinic: Clinic) -> None:
    clinic.by_day()  # nothing is written at night
    south = await visit(clinic, place=clinic.south)
    await clinic.send_due()
    clinic.clock.forward(timedelta(minutes=5))
    north = await visit(clinic)
    await clinic.send_due()
    await says(clinic, "1")
    assert [(await row(clinic, one)).participation for one in (north, south)] == ["accepted", "needs-action"]
    await says(clinic, "STOP")
    assert {one.tenant for one in await clinic.all(ContactPoint) if one.opted_out_at} == {
        clinic.north.id,
        clinic.south.id,
    }


async def test_a_practice_that_names_the_shared_number_takes_nobodys_texts(clinic: Clinic) -> None:
    """The installation's number may have become so after a practice had named it."""
    north = await visit(clinic)
    async with clinic.house.desk.unit(clinic.south.system) as unit:
        await unit.session.execute(
            update(Practice).where(col(Practice.id) == clinic.south.id).values(sms_number=clinic.house.sms.number)
        )
    await says(clinic, "1")
    assert (await row(clinic, north)).participation == "accepted"


# -- once, whatever dies ---------------------------------------------------------


async def test_the_same_text_twice_is_one_text(clinic: Clinic) -> None:
    booked = await visit(clinic)
    inbound = Inbound("SM1", PHONE, CLINIC, "3", clinic.clock.now())
    await asyncio.gather(*(replies.handle(clinic.house, inbound) for _ in range(4)))
    assert len(await texts(clinic)) == 1
    assert len(await clinic.all(HeardText)) == 1
    assert (await row(clinic, booked)).version == 2


async def test_an_answer_that_was_not_sent_is_sent_later_and_once(clinic: Clinic) -> None:
    await visit(clinic)
    deaf = unheard(clinic)
    await replies.handle(deaf, Inbound("SM1", PHONE, CLINIC, "1", clinic.clock.now()))
    assert await texts(clinic) == []
    clinic.clock.forward(timedelta(minutes=2))
    assert await replies.resend(clinic.house)
    assert len(await texts(clinic)) == 1
    clinic.clock.forward(timedelta(hours=1))
    assert not await replies.resend(clinic.house)
    (heard,) = await clinic.all(HeardText)
    assert (heard.answer, heard.wake_at) == (None, None), "nothing of it is kept"


async def test_an_answer_that_waits_is_not_sent_after_a_stop_and_advice_is(clinic: Clinic) -> None:
    await visit(clinic)
    deaf = unheard(clinic)
    for number, body in enumerate(("1", "I have chest pain")):
        await replies.handle(deaf, Inbound(f"SM{number}", PHONE, CLINIC, body, clinic.clock.now()))
    await says(clinic, "STOP", carrier_answers=True)
    await says(clinic, "START", carrier_answers=True)
    clinic.clock.forward(timedelta(minutes=2))
    await replies.resend(clinic.house)
    (advice,) = await texts(clinic)
    assert "call 911 now" in advice


async def test_a_stop_in_another_way_ends_an_answer_that_waits(clinic: Clinic) -> None:
    await visit(clinic)
    deaf = unheard(clinic)
    await replies.handle(deaf, Inbound("SM1", PHONE, CLINIC, "1", clinic.clock.now()))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        (contact,) = await unit.all(unit.select(ContactPoint).where(col(ContactPoint.system) == "phone"))
        await consents.decide(unit, contact, granted=False, source="carrier")
    clinic.clock.forward(timedelta(minutes=2))
    await replies.resend(clinic.house)
    assert await texts(clinic) == []
    (heard,) = await clinic.all(HeardText)
    assert (heard.answer, heard.wake_at) == (None, None)


async def test_killed_between_sending_and_noting_sends_once(clinic: Clinic) -> None:
    await visit(clinic)
    sink = clinic.house.sms
    assert isinstance(sink, SmsSink)

    class Killed(BaseException):
        pass

    class Dies(Twilio):
        async def send(self, message: Sms) -> Receipt:
            await self.sink.send(message)
            raise Killed

    with pytest.raises(Killed):
        await replies.handle(
            replace(clinic.house, sms=Dies(sink)), Inbound("SM1", PHONE, CLINIC, "1", clinic.clock.now())
        )
    clinic.clock.forward(timedelta(minutes=2))
    await replies.resend(clinic.house)
    assert len(await texts(clinic)) == 1


async def test_two_machines_that_answer_each_other_come_to_an_end(clinic: Clinic) -> None:
    await visit(clinic)
    for number in range(replies.MOST_AN_HOUR + 5):
        await says(clinic, f"Thank you for your message number {number}a. We will answer soon.")
    assert len(await texts(clinic)) == replies.MOST_AN_HOUR


# -- any order of anything --------------------------------------------------------

TYPED = [
    "0", "1", "2", "3", "4x", "yes", "no puedo", "STOP", "START", "HELP", "link", "late 10", "hello", "chest pain",
    "wait",
]  # fmt: skip


@sqlite_only
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_is_typed_in_whatever_order_the_books_stay_right(clinic: Clinic, data: st.DataObject) -> None:
    phone = f"+1415555{data.draw(st.integers(100, 199)):04d}"
    if not await clinic.all(Busy):
        await open_all_day(clinic)
    booked = None
    try:
        booked = await visit(clinic, 100 + len(await clinic.all(Appointment)), phone=phone)
    except Problem:
        return  # this example's time is taken by an earlier one
    for typed in data.draw(st.lists(st.sampled_from(TYPED), min_size=1, max_size=8)):
        if typed == "wait":
            clinic.clock.forward(timedelta(minutes=11))
            await dialogues.run_out(clinic.house)
        else:
            await says(clinic, typed, phone)
    seen = await row(clinic, booked)
    taken = {one.tick for one in await clinic.all(Busy, col(Busy.appointment_id) == booked.id)}
    assert bool(taken) == (seen.status == "booked")
    if taken:
        assert min(taken) * 300 == int(seen.start.astimezone(UTC).timestamp())
    assert (seen.status == "cancelled") <= (seen.participation == "declined")
