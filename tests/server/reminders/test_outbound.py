"""Marked personal data in every field of a visit, and not one mark in any byte that leaves: texts, mails with their
HTML and calendar files, pushes, answers, on-call texts, web answers to strangers, log and metrics."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import structlog
from sqlalchemy import update

from notifications.push import WebPush
from notifications.sms_console import SmsSink
from server.access.tables import Account
from server.appointments.schemas import BookIn
from server.appointments.service import book
from server.appointments.tables import Appointment, VisitType
from server.core import log
from server.people.tables import PersonContact
from server.push import sending
from server.reminders import dialogues, replies
from server.reminders.tables import Reminder
from server.reminders.unsubscribe import token_of
from server.tasks import ladder
from server.tasks.tables import Task
from tests.parts.clinic import Booked, Clinic, five_minutes
from tests.parts.marks import sqlite_only
from tests.parts.push_service import PushService, push_service
from tests.server.reminders.texting import CLINIC, open_all_day, says

MARKS = re.compile(r"qzxmark\w*|1951-07-13|13 Jul\w* 1951|MRN-7781", re.IGNORECASE)
PHONE, MAIL, ON_CALL = "+14155550123", "rosa@example.org", "+14155550177"


@pytest.fixture
def talkative() -> Iterator[io.StringIO]:
    """The log at its most talkative, and back to how it was."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, dict(structlog.get_config())
    out = io.StringIO()
    log.configure(json=True, stream=out)
    root.setLevel(logging.DEBUG)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as made:
        yield made


async def marked(clinic: Clinic, **values: object) -> Booked:
    """A visit whose every field holds a mark."""
    person = await clinic.person(
        given="Qzxmarkgiven", family="Qzxmarkfamily", number="MRN-7781", birth_date=date(1951, 7, 13), phone=PHONE,
        email=MAIL, needs=[{"kind": "interpreter", "detail": "Qzxmarklang"}], **values,
    )  # fmt: skip
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await unit.session.execute(
            update(VisitType).where(VisitType.id == clinic.north.visit_type).values(name="Qzxmarktype")  # type: ignore[arg-type]
        )
        doctor = await unit.get(Account, clinic.north.accounts["provider"])
        doctor.name = (await unit.dek()).seal("account", "name", doctor.id, "Dr Qzxmarkdoctor") or b""
        unit.add(doctor)
        body = BookIn(
            person_id=person, provider_id=doctor.id, visit_type_id=clinic.north.visit_type,
            start=five_minutes(clinic.clock.now()) + timedelta(hours=50), reason="Qzxmarkreason", note="Qzxmarknote",
            interpreter="Qzxmarkspoken",
        )  # fmt: skip
        made = await book(unit, clinic.house.keys, body)
    return await clinic.booked(clinic.north, made.id, person)


def unfolded(raw: bytes) -> str:
    """A mail as its reader and any server on its way can read it: headers, and every part decoded."""
    mail = message_from_bytes(raw, policy=default)
    parts = [str(value) for _, value in mail.items()]
    for part in mail.walk():
        payload = part.get_payload(decode=True)
        if isinstance(part, EmailMessage) and isinstance(payload, bytes):
            parts += [str(part.get_filename() or ""), payload.decode().replace("\r\n ", "")]
    return "\n".join([raw.decode(), *parts])


async def left(clinic: Clinic) -> str:
    """Every byte that the two sinks hold."""
    assert isinstance(clinic.house.sms, SmsSink)
    texts = [
        f"{one.sender} {one.to} {one.body}" for one in await clinic.house.sms.list() if one.direction == "outbound"
    ]
    return "\n".join([*texts, *_mails(clinic.house.settings.data_dir / "mail")])


def _mails(folder: Path) -> list[str]:
    return [unfolded(one.read_bytes()) for one in folder.glob("*.eml")]


async def work(clinic: Clinic) -> None:
    await clinic.send_due()
    await dialogues.run_out(clinic.house)
    await replies.resend(clinic.house)
    while await sending.once(clinic.house):
        pass


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
@sqlite_only
async def test_no_mark_of_a_visit_is_in_anything_that_leaves(
    clinic: Clinic, service: PushService, talkative: io.StringIO, language: str, private: bool
) -> None:
    push = WebPush(clinic.house.keys.derive("vapid"), "mailto:visits@example.org", ("127.0.0.1",))
    service.vapid_key = push.public_key
    object.__setattr__(clinic.house, "push", push)
    await open_all_day(clinic)
    phones = {"sms_number": None, "on_call": [ON_CALL]}
    assert (await clinic.staff("admin").send("PUT", "/v1/practice/phones", phones)).status_code == 200
    booked = await marked(clinic, language=language, phone_private=private)
    staff = clinic.staff("provider")
    assert MARKS.search(str(await staff.get("/v1/people?q=Qzx"))), "the marks stand where staff read them"
    browser = service.browser()
    assert (await staff.send("PUT", "/v1/push/subscription", browser.subscription)).status_code == 204
    await work(clinic)
    for typed in ("1", "2", "2", "HELP", "Qzxmarkfree words", "late 10", "my link", "3", "1"):
        await says(clinic, typed, PHONE, CLINIC)
        await work(clinic)
    await says(clinic, "Qzxmarkwords: I have chest pain", PHONE, CLINIC)
    for minutes in (1, 2):
        clinic.clock.forward(timedelta(minutes=minutes))
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await ladder.escalate(unit)
        await work(clinic)
    assert any(task.kind == "urgent-message" for task in await clinic.all(Task))
    later = (five_minutes(clinic.clock.now()) + timedelta(hours=75)).isoformat()
    for path, body in (("move", {"start": later}), ("cancel", {"reason": "prov"})):
        seen = {**body, "version": (await clinic.all(Appointment))[0].version}
        done = await clinic.staff("scheduler").send("POST", f"/v1/appointments/{booked.id}/{path}", seen)
        assert done.status_code == 200, done.text
        await work(clinic)
    (mailbox,) = {one.contact_id for one in await clinic.all(Reminder) if one.channel == "email"}
    assert len(await clinic.all(PersonContact)) == 2
    page = (await clinic.browser().send("GET", f"/v1/mail/unsubscribe/{token_of(clinic.house.keys, mailbox)}")).text
    gone = await left(clinic)
    pushed = [str(one.headers) + str(browser.open(one.body)) for one in browser.pushes]
    metrics = (await clinic.browser().send("GET", "/metrics")).text
    assert gone.count("BEGIN:VCALENDAR") >= 3, "calendar files are among what is read"
    assert "METHOD:CANCEL" in gone
    assert ON_CALL in gone
    assert pushed
    assert len(talkative.getvalue()) > 1000
    for place in (gone, page, *pushed, metrics, talkative.getvalue()):
        assert MARKS.findall(place) == []
    for place in (*pushed, metrics, talkative.getvalue()):
        for secret in (PHONE, MAIL, booked.secret, "chest pain"):
            assert secret not in place
    await push.aclose()


def test_the_reader_of_mails_sees_what_is_encoded() -> None:
    hidden = b"Subject: =?utf-8?b?UXp4bWFya3M=?=\r\nContent-Transfer-Encoding: base64\r\n\r\nUXp4bWFya2I="
    assert sorted(MARKS.findall(unfolded(hidden))) == ["Qzxmarkb", "Qzxmarks"]
