"""ONE suite for the mail port, run against each adapter."""

from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default

import pytest

from notifications.message import Attachment, DeliveryStatus, Email
from notifications.sender import MailSender, open_mail
from tests.notifications.tls_mail_server import TlsMailServer

SENDER = "Riverside Clinic <visits@riverside.example>"
INVITE = Attachment("visit.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text/calendar", "REQUEST")


@asynccontextmanager
async def _folder(path):
    box = open_mail(f"file:{path}/mail", sender_address=SENDER)
    yield box, lambda: [file.read_bytes() for file in sorted((path / "mail").glob("*.eml"))]


@asynccontextmanager
async def _smtp(path):
    with TlsMailServer(path) as server:
        url = f"smtp://visits:p%40ss%2Fword@127.0.0.1:{server.port}?ca={server.certificate}"
        yield open_mail(url, sender_address=SENDER), lambda: [mail.content for mail in server.script.received]


@asynccontextmanager
async def _smtps(path):
    with TlsMailServer(path, implicit=True) as server:
        url = f"smtps://visits:p%40ss%2Fword@127.0.0.1:{server.port}?ca={server.certificate}"
        yield open_mail(url, sender_address=SENDER), lambda: [mail.content for mail in server.script.received]


@pytest.fixture(params=[_folder, _smtp, _smtps], ids=["file", "smtp", "smtps"])
async def port(request, tmp_path):
    async with request.param(tmp_path) as (sender, arrived):
        yield sender, arrived
        await sender.aclose()


async def test_the_same_mail_arrives_by_every_way(port: tuple[MailSender, object]):
    sender, arrived = port
    mail = Email(
        "marta@example.org", "Su cita: mié", "Hola á", "<p>Hola á</p>", "k1", (INVITE,), "https://example.org/u/1"
    )
    receipt = await sender.send(mail)
    assert receipt.provider_id
    assert receipt.status in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)
    assert receipt.segments == 1
    [raw] = arrived()
    got = message_from_bytes(raw, policy=default)
    assert (got["To"], got["Subject"], got["From"]) == ("marta@example.org", "Su cita: mié", SENDER)
    assert got["List-Unsubscribe"] == "<https://example.org/u/1>"
    assert got.get_body(("plain",)).get_content().strip() == "Hola á"
    assert got.get_body(("html",)).get_content().strip() == "<p>Hola á</p>"
    assert [part.get_filename() for part in got.iter_attachments()] == ["visit.ics"]


async def test_a_key_sent_twice_is_one_mail_to_its_reader(port: tuple[MailSender, object]):
    sender, arrived = port
    mail = Email("marta@example.org", "Hi", "t", "<p>t</p>", "k1")
    first, second = await sender.send(mail), await sender.send(mail)
    assert first.provider_id == second.provider_id
    assert len({message_from_bytes(raw, policy=default)["Message-ID"] for raw in arrived()}) == 1


async def test_the_doctor_gets_a_sentence_and_nobody_a_mail(port: tuple[MailSender, object]):
    sender, arrived = port
    assert (await sender.check()).endswith(".")
    assert arrived() == []


async def test_closing_twice_is_quiet(port: tuple[MailSender, object]):
    sender, _ = port
    await sender.send(Email("marta@example.org", "Hi", "t", "<p>t</p>", "k1"))
    await sender.aclose()
    await sender.aclose()
