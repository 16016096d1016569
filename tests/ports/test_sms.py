"""ONE suite for the SMS port, run against each adapter."""

import io
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from notifications.message import DeliveryStatus, Sms, later
from notifications.sender import SmsSender, open_sms
from notifications.sms_console import SmsConsole
from tests.notifications.twilio_stand_in import twilio_stand_in


@asynccontextmanager
async def _terminal(_):
    yield SmsConsole(io.StringIO())


@asynccontextmanager
async def _sink(folder):
    yield open_sms(f"console:{folder}/sms")


@asynccontextmanager
async def _twilio(_):
    async with twilio_stand_in() as stand_in:
        yield open_sms(stand_in.url)


@pytest.fixture(params=[_terminal, _sink, _twilio], ids=["console", "sink", "twilio"])
async def sender(request, tmp_path):
    async with request.param(tmp_path) as opened:
        yield opened
        await opened.aclose()


async def test_a_text_is_taken_and_its_segments_told(sender: SmsSender):
    for n, (body, parts) in enumerate([("Hello", 1), ("Hello " * 30, 2)]):
        receipt = await sender.send(Sms("+14155550101", body, f"k{n}"))
        assert receipt.provider_id
        assert receipt.segments == parts
        assert later(receipt.status, DeliveryStatus.ACCEPTED) is receipt.status
        assert receipt.status not in (DeliveryStatus.FAILED, DeliveryStatus.UNDELIVERED)


async def test_each_text_has_its_own_name_at_the_provider(sender: SmsSender):
    receipts = [await sender.send(Sms("+14155550101", "Hello", f"k{n}")) for n in range(3)]
    assert len({receipt.provider_id for receipt in receipts}) == 3


async def test_a_text_that_was_handed_over_is_found_and_no_other(sender: SmsSender):
    since = datetime.now(UTC) - timedelta(seconds=1)
    sms = Sms("+14155550101", "Hello", "k1")
    assert await sender.find(sms, since) is None
    receipt = await sender.send(sms)
    found = await sender.find(sms, since)
    assert found is not None
    assert found.provider_id == receipt.provider_id
    assert await sender.find(Sms("+14155550102", "Other", "k2"), since) is None


async def test_the_doctor_gets_a_sentence(sender: SmsSender):
    assert (await sender.check()).endswith(".")


async def test_closing_twice_is_quiet(sender: SmsSender):
    await sender.send(Sms("+14155550101", "Hello", "k1"))
    await sender.aclose()
    await sender.aclose()
