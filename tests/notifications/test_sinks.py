"""The demo's phone and mailbox: whole files, private, in order, once per key even between processes."""

import asyncio
import io
import json
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from notifications.mail_file import MailFolder
from notifications.message import Attachment, DeliveryError, Email, Remedy, Sms
from notifications.sms_console import SmsConsole, SmsSink

MORNING = datetime(2026, 11, 24, 9, tzinfo=UTC)


async def test_the_sink_keeps_one_private_json_file_per_text(tmp_path):
    sink = SmsSink(tmp_path / "sms", now=lambda: MORNING)
    await sink.send(Sms("+14155550101", "مرحبا", "k1"))
    [path] = (tmp_path / "sms").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    kept = json.loads(path.read_text())
    assert (kept["to"], kept["body"], kept["direction"]) == ("+14155550101", "مرحبا", "outbound")
    assert (kept["encoding"], kept["segments"], kept["at"]) == ("UCS-2", 1, "2026-11-24T09:00:00+00:00")


async def test_two_senders_on_one_folder_keep_a_key_once(tmp_path):
    one, two = SmsSink(tmp_path), SmsSink(tmp_path)
    sms = Sms("+14155550101", "Hello", "same")
    receipts = await asyncio.gather(*(sink.send(sms) for sink in (one, two) * 10))
    assert len(set(receipts)) == 1
    assert len(await one.list()) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{receipts[0].provider_id}.json"]


async def test_the_phone_shows_both_sides_in_order(tmp_path):
    clock = iter(MORNING + timedelta(minutes=n) for n in range(9))
    sink = SmsSink(tmp_path, now=lambda: next(clock))
    await sink.send(Sms("+14155550101", "Reply 1", "k1"))
    inbound = await sink.reply("+14155550101", "1")
    await sink.send(Sms("+14155550101", "Thank you", "k2"))
    await sink.send(Sms("+14155550102", "Somebody else", "k3"))
    mine = await sink.list("+14155550101")
    assert [(text.direction, text.body) for text in mine] == [
        ("outbound", "Reply 1"),
        ("inbound", "1"),
        ("outbound", "Thank you"),
    ]
    assert (inbound.sender, inbound.to, inbound.body) == ("+14155550101", sink.number, "1")
    assert inbound.at == MORNING + timedelta(minutes=1)
    assert len(await sink.list()) == 4


async def test_a_reply_needs_a_number_and_words(tmp_path):
    with pytest.raises(ValueError):
        await SmsSink(tmp_path).reply("Marta", "1")
    with pytest.raises(ValueError):
        await SmsSink(tmp_path).reply("+14155550101", " ")


async def test_find_looks_no_further_back_than_asked(tmp_path):
    sink, sms = SmsSink(tmp_path, now=lambda: MORNING), Sms("+14155550101", "Hello", "k1")
    await sink.send(sms)
    assert await sink.find(sms, MORNING) is not None
    assert await sink.find(sms, MORNING + timedelta(seconds=1)) is None


async def test_a_folder_that_cannot_be_is_a_configuration_fault(tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "below"
    mail = Email("a@example.org", "Hi", "t", "<p>t</p>", "k")
    box = MailFolder(folder, sender_address="C <c@example.org>", now=lambda: MORNING)
    sink = SmsSink(folder)
    for question in (sink.send(Sms("+14155550101", "Hi", "k")), sink.check(), box.send(mail), box.check()):
        with pytest.raises(DeliveryError) as refused:
            await question
        assert refused.value.remedy is Remedy.CONFIGURATION


async def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeliveryError, match="errno-28"):
        await SmsSink(tmp_path).send(Sms("+14155550101", "Hi", "k"))
    assert list(tmp_path.iterdir()) == []


async def test_the_console_prints_a_key_once():
    stream = io.StringIO()
    console = SmsConsole(stream)
    first = await console.send(Sms("+14155550101", "Hello", "k1"))
    assert await console.send(Sms("+14155550101", "Hello", "k1")) == first
    assert stream.getvalue() == "SMS to +14155550101 (1 part): Hello\n"


async def test_the_mailbox_reads_back_what_was_written(tmp_path):
    clock = iter(MORNING + timedelta(minutes=n) for n in range(9))
    box = MailFolder(tmp_path, sender_address="Riverside Clinic <visits@riverside.example>", now=lambda: next(clock))
    calendar = Attachment("visit.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text/calendar", "REQUEST")
    first = await box.send(Email("marta@example.org", "Su cita: mié", "Texto á", "<p>Texto á</p>", "k1", (calendar,)))
    await box.send(Email("paulo@example.org", "Other", "t", "<p>t</p>", "k2"))
    await box.send(Email("paulo@example.org", "Other", "t", "<p>t</p>", "k2"))
    everything = await box.list()
    assert [mail.to for mail in everything] == ["marta@example.org", "paulo@example.org"]
    mail = await box.get(first.provider_id)
    assert mail == everything[0]
    assert (mail.subject, mail.text.strip(), mail.html.strip()) == ("Su cita: mié", "Texto á", "<p>Texto á</p>")
    assert mail.sender == "Riverside Clinic <visits@riverside.example>"
    assert mail.calendar.splitlines() == ["BEGIN:VCALENDAR", "END:VCALENDAR"]
    assert (mail.files, mail.at) == (("visit.ics",), MORNING)
    assert [other.to for other in await box.list("paulo@example.org")] == ["paulo@example.org"]
    assert await box.get("none") is None
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())
