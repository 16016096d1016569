"""Twilio, against a real HTTP server: the form, the account, every refusal, and the webhooks."""

import logging
from datetime import UTC, datetime

import pytest
from twilio.request_validator import RequestValidator

from notifications.message import DeliveryError, DeliveryStatus, Remedy, Sms
from notifications.sender import open_sms
from notifications.sms_twilio import SmsTwilio, error_for, parse_inbound, parse_status, signed_by_twilio
from tests.notifications.twilio_stand_in import ACCOUNT, NUMBER, TOKEN, twilio_stand_in

SMS = Sms("+14155550101", "Riverside Clinic: CANARY", "visit-1")


@pytest.fixture
async def stand_in():
    async with twilio_stand_in() as server:
        yield server


@pytest.fixture
async def sender(stand_in):
    twilio = open_sms(stand_in.url, status_callback="https://clinic.example.org/hooks/sms")
    yield twilio
    await twilio.aclose()


async def test_the_form_is_what_twilio_documents(sender, stand_in):
    receipt = await sender.send(SMS)
    assert stand_in.forms == [
        {
            "To": "+14155550101",
            "From": NUMBER,
            "Body": "Riverside Clinic: CANARY",
            "StatusCallback": "https://clinic.example.org/hooks/sms",
        }
    ]
    assert (receipt.provider_id, receipt.status, receipt.segments) == ("SM" + "0" * 32, DeliveryStatus.QUEUED, 1)


async def test_a_messaging_service_takes_the_place_of_a_number(stand_in):
    service = "MG" + "1" * 32
    twilio = SmsTwilio(ACCOUNT, TOKEN, service, base_url=stand_in.base_url)
    await twilio.send(SMS)
    await twilio.aclose()
    assert stand_in.forms[0]["MessagingServiceSid"] == service
    assert "From" not in stand_in.forms[0]


@pytest.mark.parametrize(
    ("status", "code", "permanent", "remedy"),
    [
        (400, 21211, True, Remedy.BAD_ADDRESS),
        (400, 21614, True, Remedy.BAD_ADDRESS),
        (400, 21610, True, Remedy.OPTED_OUT),
        (400, 21408, True, Remedy.OTHER_CHANNEL),
        (400, 21606, True, Remedy.CONFIGURATION),
        (401, 20003, False, Remedy.CHANNEL_DOWN),
        (429, 20429, False, Remedy.SLOW_DOWN),
        (429, 99999, False, Remedy.SLOW_DOWN),
        (403, 99999, False, Remedy.CHANNEL_DOWN),
        (400, 99999, True, Remedy.OTHER_CHANNEL),
        (503, 99999, False, Remedy.RETRY),
    ],
)
async def test_each_refusal_has_its_remedy_and_no_number_in_its_words(
    sender, stand_in, status, code, permanent, remedy
):
    stand_in.refuse = (status, code)
    with pytest.raises(DeliveryError) as refused:
        await sender.send(SMS)
    assert (refused.value.permanent, refused.value.remedy, refused.value.code) == (permanent, remedy, str(code))
    assert "4155550101" not in str(refused.value)
    assert "CANARY" not in str(refused.value)
    stand_in.refuse = None
    assert (await sender.send(SMS)).segments == 1


async def test_wrong_credentials_close_the_channel(stand_in):
    twilio = SmsTwilio(ACCOUNT, "wrong", NUMBER, base_url=stand_in.base_url)
    for question in (twilio.send(SMS), twilio.check(), twilio.find(SMS, datetime.now(UTC))):
        with pytest.raises(DeliveryError) as refused:
            await question
        assert refused.value.remedy is Remedy.CHANNEL_DOWN
    await twilio.aclose()
    assert stand_in.forms == []


async def test_a_lost_answer_is_settled_by_asking(sender, stand_in):
    since = datetime.now(UTC)
    assert await sender.find(SMS, since) is None
    stand_in.lose_answer = True
    with pytest.raises(DeliveryError) as lost:
        await sender.send(SMS)
    assert lost.value.remedy is Remedy.ASK_FIRST
    assert not lost.value.permanent
    found = await sender.find(SMS, since)
    assert found is not None
    assert found.provider_id == "SM" + "0" * 32
    assert await sender.find(Sms(SMS.to, "Other words", "visit-2"), since) is None
    assert stand_in.queries[0]["To"] == SMS.to
    assert "DateSent>" in stand_in.queries[0]


async def test_a_server_that_is_away_is_temporary(stand_in):
    twilio = SmsTwilio(ACCOUNT, TOKEN, NUMBER, base_url="http://127.0.0.1:9")
    with pytest.raises(DeliveryError) as away:
        await twilio.check()
    assert (away.value.permanent, away.value.remedy) == (False, Remedy.RETRY)
    await twilio.aclose()


async def test_nothing_personal_is_logged(sender, stand_in, caplog):
    caplog.set_level(logging.DEBUG)
    await sender.send(SMS)
    await sender.find(SMS, datetime.now(UTC))
    assert "4155550101" not in caplog.text
    assert "CANARY" not in caplog.text
    assert TOKEN not in caplog.text


def test_a_webhook_is_believed_only_with_its_signature_for_our_public_address():
    url, form = (
        "https://clinic.example.org/hooks/sms?tenant=1",
        {"MessageSid": "SM1", "Body": "1", "From": "+14155550101"},
    )
    signature = RequestValidator(TOKEN).compute_signature(url, form)
    assert signed_by_twilio(TOKEN, url, form, signature)
    assert not signed_by_twilio(TOKEN, url, {**form, "Body": "2"}, signature)
    assert not signed_by_twilio(TOKEN, url.replace("https", "http"), form, signature)
    assert not signed_by_twilio("other", url, form, signature)
    assert not signed_by_twilio(TOKEN, url, form, "")


def test_the_signature_is_the_one_in_twilios_own_example():
    # https://www.twilio.com/docs/usage/security, the worked example
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310"}
    form["To"] = "+18005551212"
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signed_by_twilio("12345", url, form, "GvWf1cFY/Q7PnoempGyD5oXAezc=")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", DeliveryStatus.ACCEPTED),
        ("scheduled", DeliveryStatus.ACCEPTED),
        ("sent", DeliveryStatus.SENT),
        ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.DELIVERED),
    ],
)
def test_status_callbacks_become_reports(word, status):
    report = parse_status({"MessageSid": "SM1", "MessageStatus": word})
    assert (report.provider_id, report.status, report.error) == ("SM1", status, None)


@pytest.mark.parametrize(
    ("code", "permanent", "remedy"),
    [
        ("30003", False, Remedy.RETRY_ONCE),
        ("30005", True, Remedy.OTHER_CHANNEL),
        ("30007", True, Remedy.CONTENT),
        ("30022", False, Remedy.SLOW_DOWN),
        ("30034", True, Remedy.CONFIGURATION),
        ("", False, Remedy.RETRY),
    ],
)
def test_a_failed_delivery_says_why(code, permanent, remedy):
    report = parse_status({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": code})
    assert report.status is DeliveryStatus.UNDELIVERED
    assert report.error is not None
    assert (report.error.permanent, report.error.remedy) == (permanent, remedy)


@pytest.mark.parametrize("form", [{}, {"MessageSid": "SM1"}, {"MessageSid": "SM1", "MessageStatus": "odd"}])
def test_other_forms_are_not_status_callbacks(form):
    with pytest.raises(ValueError, match="status callback"):
        parse_status(form)


def test_an_incoming_text_is_read():
    form = {"MessageSid": "SM1", "From": "+14155550101", "To": NUMBER, "Body": "STOP", "OptOutType": "STOP"}
    inbound = parse_inbound(form)
    assert (inbound.sender, inbound.to, inbound.body, inbound.opt_out) == ("+14155550101", NUMBER, "STOP", "STOP")
    with pytest.raises(ValueError, match="not a Twilio message"):
        parse_inbound({"From": "+14155550101"})


def test_every_code_has_a_sentence_that_ends():
    for code in (21211, 21610, 21408, 20003, 20429, 30003, 30004, 30007):
        assert error_for(code).detail.endswith(".")
        assert error_for(code).code == str(code)


@pytest.mark.parametrize("url", ["twilio://", "twilio://AC1:secret@/", "twilio://AC1@/?from=+14155550100"])
def test_an_incomplete_url_names_what_it_lacks_and_no_secret(url):
    with pytest.raises(ValueError, match="lacks") as refused:
        open_sms(url)
    assert "secret" not in str(refused.value)
