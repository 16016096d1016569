"""One click in a mail program ends mail; opening the address ends nothing (RFC 8058)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from notifications.bounces import parse_bounce, return_path
from notifications.mail import parse_sender
from notifications.mail_file import MailFolder
from server.people import consents
from server.people.tables import ContactConsent, ContactPoint, PersonContact
from server.reminders import reports
from server.reminders.tables import Reminder
from server.reminders.unsubscribe import Addresses, token_of
from tests.notifications.test_bounces import report as dsn
from tests.parts.clinic import Clinic, five_minutes
from tests.parts.marks import sqlite_only

FORM = "application/x-www-form-urlencoded"


async def booked_by_mail(clinic: Clinic, language: str = "en") -> str:
    person = await clinic.person(phone=None, language=language)
    await clinic.book(person=person, start=five_minutes(clinic.clock.now()) + timedelta(hours=48))
    (contact,) = await clinic.all(ContactPoint, col(ContactPoint.system) == "email")
    return str(contact.id)


async def test_a_post_without_cookies_ends_mail_and_a_get_changes_nothing(clinic: Clinic) -> None:
    contact_id = await booked_by_mail(clinic)
    address = f"/v1/mail/unsubscribe/{token_of(clinic.house.keys, contact_id)}"
    stranger = clinic.browser()
    before = await clinic.everything()
    asked = await stranger.send("GET", address)
    assert asked.headers["content-type"].startswith("text/html")
    assert "No more mail from North Practice?" in asked.text
    assert 'method="post"' in asked.text
    assert await clinic.everything() == before
    for kind, body in ((FORM, b"List-Unsubscribe=One-Click"), ("multipart/form-data; boundary=b", b"--b--\r\n")):
        done = await stranger.send("POST", address, body, content_type=kind)
        assert (done.status_code, "sends you no more mail" in done.text) == (200, True)
    assert {(one.granted, one.source) for one in await clinic.all(ContactConsent)} == {(False, "unsubscribe")}
    await clinic.send_due()
    assert isinstance(clinic.house.mail, MailFolder)
    assert await clinic.house.mail.list() == []


async def test_every_mail_carries_its_own_address_in_its_header(clinic: Clinic) -> None:
    contact_id = await booked_by_mail(clinic)
    await clinic.send_due()
    folder = clinic.house.settings.data_dir / "mail"
    (mail,) = [one.read_text() for one in folder.glob("*.eml")]
    assert (
        f"List-Unsubscribe: <{Addresses(clinic.house.keys, clinic.house.settings.public_url).of(contact_id)}>" in mail
    )
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail


@sqlite_only
async def test_an_address_that_we_did_not_make_does_nothing(clinic: Clinic) -> None:
    contact_id = await booked_by_mail(clinic)
    good = token_of(clinic.house.keys, contact_id)
    before = await clinic.everything()
    for token in (
        good[:-1],
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        "A" * 44,
        contact_id,
        good[22:] + good[:22],
    ):
        for method in ("GET", "POST"):
            await clinic.browser().refused(
                404, method, f"/v1/mail/unsubscribe/{token}", b"" if method == "POST" else None, content_type=FORM
            )
    assert await clinic.everything() == before


@sqlite_only
async def test_the_page_speaks_the_persons_language(clinic: Clinic) -> None:
    contact_id = await booked_by_mail(clinic, "ar")
    page = (await clinic.browser().send("GET", f"/v1/mail/unsubscribe/{token_of(clinic.house.keys, contact_id)}")).text
    assert '<html lang="ar" dir="rtl">' in page
    assert "North Practice" in page


async def test_a_purpose_that_was_refused_holds_its_messages_and_no_others(clinic: Clinic) -> None:
    contact_id = await booked_by_mail(clinic)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        mailbox = await unit.get(ContactPoint, contact_id)
        await consents.decide(unit, mailbox, granted=False, source="staff", purposes=[consents.OFFERS])
    await clinic.send_due()
    assert isinstance(clinic.house.mail, MailFolder)
    assert len(await clinic.house.mail.list()) == 1, "only offers were refused"
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        mailbox = await unit.get(ContactPoint, contact_id)
        await consents.decide(unit, mailbox, granted=False, source="staff", purposes=[consents.VISITS])
    person = (await clinic.all(PersonContact))[0].person_id
    await clinic.book(person=person, start=five_minutes(clinic.clock.now()) + timedelta(hours=72))
    await clinic.send_due()
    assert len(await clinic.house.mail.list()) == 1


async def test_a_mail_that_came_back_is_known(clinic: Clinic) -> None:
    person = await clinic.person()
    await clinic.book(person=person, start=five_minutes(clinic.clock.now()) + timedelta(hours=48))
    await clinic.send_due()
    assert isinstance(clinic.house.mail, MailFolder)
    mail = (await clinic.house.mail.list())[0]
    sender = parse_sender(clinic.house.settings.mail_from)
    path = return_path(f"bounces@{sender.domain}", mail.message_id)
    async with clinic.house.store.engine.begin() as connection:  # a mail server, unlike a folder, has only taken it
        await connection.execute(
            update(Reminder)
            .where(col(Reminder.channel) == "email", col(Reminder.status) == "delivered")
            .values(status="sent", provider_ref=mail.message_id)
        )
    report = parse_bounce(dsn("failed", "5.1.1", to=path), sender)
    assert report is not None
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await reports.keep(unit, report)
        await reports.keep(unit, report)
    await clinic.send_due()
    assert "failed" in {one.status for one in await clinic.all(Reminder, col(Reminder.channel) == "email")}
    (contact,) = await clinic.all(ContactPoint, col(ContactPoint.system) == "email")
    assert contact.failed_at is not None
