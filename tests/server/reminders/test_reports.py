"""What providers say later, in any order; silence that is noticed; an old message that lost the race is corrected."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from notifications.message import DeliveryStatus, Receipt, Sms, StatusReport
from notifications.sms_twilio import error_for
from server.appointments.machine import Act, machine
from server.appointments.tables import Appointment
from server.core.principal import system
from server.events import AppointmentMoved, MessageAsked
from server.people.tables import ContactPoint
from server.reminders import reports, sending
from server.reminders.tables import ProviderReport, Reminder
from server.reminders.worker import Worker
from server.tasks.tables import Task
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only
from tests.server.reminders.test_reminders import (
    PHONE,
    Killed,
    in_hours,
    killed,
    lease_ends,
    plan,
    texts,
    worker_with,
)
from tests.server.reminders.texting import OTHER, says

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def noon(clinic: Clinic) -> None:
    clinic.by_day()


class Taken:
    """A provider that takes every text and tells later what became of it, as Twilio does."""

    async def send(self, message: Sms) -> Receipt:
        return Receipt(f"SM{message.key}", DeliveryStatus.QUEUED, 1)


def later_told(clinic: Clinic) -> Worker:
    """The clinic's worker with such a provider, from which receipts are expected."""

    class Expecting(type(clinic.house)):  # type: ignore[misc]
        def receipts(self, channel: str) -> bool:
            return channel == "sms"

    values = {name: getattr(clinic.house, name) for name in clinic.house.__dataclass_fields__}
    return Worker(replace(Expecting(**values), sms=Taken()))


async def ref_of(clinic: Clinic, step: str) -> str:
    return next(
        f"SMreminder-{one.id}" for one in await clinic.all(Reminder) if (one.step, one.channel) == (step, "sms")
    )


async def told(clinic: Clinic, ref: str, *words: str, code: int = 0) -> None:
    for word in words:
        async with clinic.house.desk.unit(system("")) as unit:
            await reports.keep(unit, StatusReport(ref, DeliveryStatus(word), error_for(code) if code else None))


@pytest.mark.parametrize("words", [("sent", "delivered"), ("delivered", "sent", "delivered"), ("delivered", "queued")])
async def test_reports_in_any_order_and_twice_end_in_the_same_place(clinic: Clinic, words: tuple[str, ...]) -> None:
    await in_hours(clinic)
    ref = await ref_of(clinic, "confirmation")
    await told(clinic, ref, words[0])  # it may even come before our own commit
    worker = later_told(clinic)
    await worker.send_due()
    await told(clinic, ref, *words[1:])
    while await worker.send_due():
        pass
    assert (await plan(clinic))["confirmation", "sms"] == "delivered"
    assert [one.open for one in await clinic.all(ProviderReport)] == [False]
    assert [one.delivered_at is not None for one in await clinic.all(ContactPoint, ContactPoint.system == "phone")] == [
        True
    ]


async def test_a_text_that_was_taken_and_did_not_arrive_goes_another_way(clinic: Clinic) -> None:
    await in_hours(clinic, email=None)
    worker = later_told(clinic)
    await worker.send_due()
    await told(clinic, await ref_of(clinic, "confirmation"), "sent", "undelivered", code=30005)
    while await worker.send_due():
        pass
    assert (await plan(clinic))["confirmation", "sms"] == "failed"
    assert [(one.kind, one.priority) for one in await clinic.all(Task)] == [("not-reached", "routine")]


async def test_no_receipt_within_a_quarter_of_an_hour_means_another_way(clinic: Clinic) -> None:
    await in_hours(clinic, email=None)
    worker = later_told(clinic)
    while await worker.send_due():
        pass
    assert await clinic.all(Task) == []
    clinic.clock.forward(timedelta(minutes=16))
    while await worker.send_due():
        pass
    line = next(one for one in await clinic.all(Reminder) if (one.step, one.channel) == ("confirmation", "sms"))
    assert (line.status, line.last_error) == ("sent", "no-receipt")
    assert [one.kind for one in await clinic.all(Task)] == ["not-reached"]


@sqlite_only
async def test_a_status_that_twilio_did_not_sign_is_refused_and_one_that_it_did_is_kept(clinic: Clinic) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    body = urlencode(form).encode()
    await clinic.browser().refused(403, "POST", "/v1/sms/status", body, content_type=FORM, x_twilio_signature="AAAA")
    assert await clinic.all(ProviderReport) == []
    object.__setattr__(clinic.house.settings, "sms_url", "twilio://AC1:token@/?from=%2B14155550100")
    signature = RequestValidator("token").compute_signature(f"{clinic.house.settings.public_url}/v1/sms/status", form)
    answer = await clinic.browser().send(
        "POST", "/v1/sms/status", body, content_type=FORM, x_twilio_signature=signature
    )
    assert answer.status_code == 204, answer.text
    assert [(one.provider_ref, one.status) for one in await clinic.all(ProviderReport)] == [("SM1", "delivered")]
    odd = urlencode({"MessageSid": "SM1", "MessageStatus": "flying"}).encode()
    signature = RequestValidator("token").compute_signature(
        f"{clinic.house.settings.public_url}/v1/sms/status", {"MessageSid": "SM1", "MessageStatus": "flying"}
    )
    await clinic.browser().refused(422, "POST", "/v1/sms/status", odd, content_type=FORM, x_twilio_signature=signature)


async def test_an_old_time_that_leaves_while_the_visit_moves_is_corrected(clinic: Clinic) -> None:
    booked = await in_hours(clinic, 30, email=None)
    moved = False

    async def move() -> None:
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            row = await unit.get(Appointment, booked.id)
            was, end = row.start, row.end
            by = timedelta(hours=1)
            await unit.move(row, machine, Act.move, start=was + by, end=end + by, revision=2)
            unit.emit(
                AppointmentMoved(appointment_id=row.id, was_provider_id=row.provider_id, was_start=was, was_end=end)
            )

    class Slow:
        """While the old text is on its way the visit moves, and the news of that overtakes it."""

        async def send(self, message: Sms) -> Receipt:
            nonlocal moved
            if not moved:
                moved = True
                await move()
                await clinic.send_due()
            return await clinic.house.sms.send(message)

    await Worker(replace(clinic.house, sms=Slow())).send_due()  # type: ignore[arg-type]
    await clinic.send_due()
    sent = [one for one in await clinic.all(Reminder) if one.channel == "sms" and one.status == "delivered"]
    assert sorted((one.step, one.revision) for one in sent) == [("confirmation", 1), ("correction.1", 2), ("moved", 2)]
    assert "correction" in (await texts(clinic))[-1].body


@pytest.mark.parametrize("lease", ["over-before", "over-after"])
async def test_a_worker_that_died_may_have_told_an_old_time(clinic: Clinic, lease: str) -> None:
    """It died between the provider's yes and its own note, and the visit moved: the right time is told after it,
    whether its lease was over before the news left or not."""
    booked = await in_hours(clinic, 30, email=None)
    with pytest.raises(Killed):
        await worker_with(clinic, after=killed).send_due()
    assert [one.body for one in await texts(clinic)], "the provider had it"
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        row = await unit.get(Appointment, booked.id)
        was, end, by = row.start, row.end, timedelta(hours=1)
        await unit.move(row, machine, Act.move, start=was + by, end=end + by, revision=2)
        event = AppointmentMoved(appointment_id=row.id, was_provider_id=row.provider_id, was_start=was, was_end=end)
        unit.emit(event)
    if lease == "over-after":
        await clinic.send_due()
        assert len(await texts(clinic)) == 2, "the news does not wait for the lease of the dead"
    await lease_ends(clinic)
    await clinic.send_due()
    rows = {(one.step, one.revision): one for one in await clinic.all(Reminder) if one.channel == "sms"}
    old = rows["confirmation", 1]
    assert (old.status, old.last_error, old.in_doubt) == ("cancelled", "moved", True)
    assert rows["moved", 2].status == "delivered"
    assert rows["correction.1", 2].status == "delivered", (
        "when the old text arrived nobody knows: the last word is right"
    )
    assert len(await texts(clinic)) == 3
    assert "correction" in (await texts(clinic))[-1].body


async def test_a_code_that_is_over_takes_no_other_way(clinic: Clinic) -> None:
    """The visit is tomorrow, but what lives ten minutes is not of use until then."""
    booked = await in_hours(clinic, 30)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        unit.emit(
            MessageAsked(
                step="code.1", person_id=booked.person_id, subject=booked.id, appointment_id=booked.id,
                facts={"code": "123456"},
            )
        )  # fmt: skip
    worker = later_told(clinic)
    while await worker.send_due():
        pass
    clinic.clock.forward(timedelta(minutes=16))
    while await worker.send_due():
        pass
    codes = [(one.channel, one.last_error) for one in await clinic.all(Reminder) if one.step == "code.1"]
    assert codes == [("sms", "no-receipt")]


async def test_what_waits_its_turn_does_not_leave_after_stop(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two texts of one batch behind a slow provider: while the first leaves, the second says STOP."""
    monkeypatch.setattr(sending, "AT_ONCE", 1)
    monkeypatch.setattr(sending, "LOOK_AGAIN", 0.0)
    for hours, phone in ((30, PHONE), (32, OTHER)):
        await in_hours(clinic, hours, phone=phone, email=None)
    sent: list[str] = []

    class OneByOne:
        async def send(self, message: Sms) -> Receipt:
            sent.append(message.to)
            if len(sent) == 1:
                await says(clinic, "STOP", OTHER if message.to == PHONE else PHONE)
            return await clinic.house.sms.send(message)

    await Worker(replace(clinic.house, sms=OneByOne())).send_due()  # type: ignore[arg-type]
    assert len(sent) == 1
    lines = [one for one in await clinic.all(Reminder) if one.step == "confirmation" and one.channel == "sms"]
    assert sorted((one.status, one.last_error) for one in lines) == [("cancelled", "opted-out"), ("delivered", None)]


async def test_one_unsolicited_text_a_day_and_mail_for_the_second(clinic: Clinic) -> None:
    person = await clinic.person(phone=PHONE)
    for minutes in (0, 45):
        start = clinic.clock.now().replace(second=0, microsecond=0) + timedelta(hours=5, minutes=minutes)
        start -= timedelta(minutes=start.minute % 5)
        await clinic.book(person=person, start=start)
    clinic.clock.forward(timedelta(hours=3, minutes=2))
    await clinic.send_due()
    clinic.clock.forward(timedelta(minutes=45))
    await clinic.send_due()
    reminders = [one for one in await clinic.all(Reminder) if one.step == "reminder.2h"]
    assert sorted((one.channel, one.status, one.last_error) for one in reminders) == [
        ("email", "delivered", None), ("sms", "cancelled", "cap"), ("sms", "delivered", None),
    ]  # fmt: skip


async def test_a_landline_is_never_texted(clinic: Clinic) -> None:
    await in_hours(clinic, phone="+442079460142", email=None)
    assert {one.channel for one in await clinic.all(Reminder)} == {"call"}
    await clinic.send_due()
    assert await texts(clinic) == []
    assert [one.kind for one in await clinic.all(Task)] == ["not-reached"]


async def test_a_worker_that_is_too_slow_takes_smaller_batches(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine so busy that nothing of a batch leaves within its time, less is taken until it does."""
    await clinic.book()
    slow = worker_with(clinic)
    monkeypatch.setattr(sending, "BEGIN_WITHIN", -1.0)
    assert await slow.send_due()
    assert await texts(clinic) == []
    assert slow._sender._batch["sms"] < sending.BATCH
    monkeypatch.setattr(sending, "BEGIN_WITHIN", 25.0)
    while await slow.send_due():
        pass
    assert await texts(clinic) != []


class BadNumber(Taken):
    """A provider by which one number may not send."""

    def __init__(self, number: str, code: int) -> None:
        self.bad, self.code, self.tried = number, code, list[str | None]()

    async def send(self, message: Sms) -> Receipt:
        self.tried.append(message.sender)
        if message.sender == self.bad:
            raise error_for(self.code, 400)
        return await super().send(message)


async def test_a_number_that_is_set_up_wrong_rests_alone(clinic: Clinic) -> None:
    bad = "+14155550112"
    body = {"sms_number": bad, "on_call": []}
    assert (await clinic.staff("admin", clinic.south).send("PUT", "/v1/practice/phones", body)).status_code == 200
    line = BadNumber(bad, 21606)
    worker = Worker(replace(clinic.house, sms=line))  # type: ignore[arg-type]
    await clinic.book(surgery=clinic.south, person=await clinic.person(clinic.south, email=None))
    while await worker.send_due():
        pass
    assert line.tried == [bad]
    await clinic.book(surgery=clinic.south, person=await clinic.person(clinic.south, email=None))
    await clinic.book(person=await clinic.person(email=None))
    while await worker.send_due():
        pass
    assert line.tried == [bad, None], "the other practice's text left, and this one's next waits"
    assert worker._sender._batch["sms"] == sending.BATCH, "which is no sign of a slow machine"
    due = [one.wake_at for one in await clinic.all(Reminder) if one.tenant == clinic.south.id and one.wake_at]
    assert min(due) > clinic.clock.now()


async def test_a_country_that_is_not_switched_on_holds_back_nobody_else(clinic: Clinic) -> None:
    line = BadNumber("+14155550112", 21408)
    body = {"sms_number": line.bad, "on_call": []}
    assert (await clinic.staff("admin", clinic.south).send("PUT", "/v1/practice/phones", body)).status_code == 200
    worker = Worker(replace(clinic.house, sms=line))  # type: ignore[arg-type]
    tried = []
    for phone in (PHONE, "+14155550124"):
        person = await clinic.person(clinic.south, email=None, phone=phone)
        await clinic.book(surgery=clinic.south, person=person)
        while await worker.send_due():
            pass
        tried.append(len(line.tried))
    assert 0 < tried[0] < tried[1]
