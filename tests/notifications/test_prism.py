"""What the real SDK sends for us, judged by Twilio's own OpenAPI document, which Prism serves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from notifications.message import DeliveryError, Sms
from notifications.sms_twilio import SmsTwilio
from notifications.texts import LOCALES, SMS_KEYS
from notifications.texts_lint import sample
from notifications.voice import Ring
from notifications.voice_twilio import VoiceTwilio, twiml
from notifications.words_of import words
from tests.parts.prism import Prism

ACCOUNT, TOKEN, NUMBER, SERVICE = "AC" + "0" * 32, "secret", "+14155550100", "MG" + "1" * 32
CALLBACK = "https://clinic.example.org/v1/sms/status"


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    with Prism(tmp_path_factory.mktemp("prism")) as part:
        yield part


def sender(prism: Prism, by: str = NUMBER, callback: str | None = CALLBACK) -> SmsTwilio:
    return SmsTwilio(ACCOUNT, TOKEN, by, base_url=prism.base_url, status_callback=callback)


async def test_every_text_in_every_language_is_a_request_that_twilio_takes(prism: Prism) -> None:
    twilio = sender(prism)
    for locale in LOCALES:
        for key in SMS_KEYS:
            receipt = await twilio.send(Sms("+14155550101", sample(key, locale), f"{locale}-{key}"))
            assert receipt.provider_id.startswith(("SM", "MM"))
    await twilio.aclose()
    assert prism.log.count("The request passed the validation rules") == len(LOCALES) * len(SMS_KEYS)


@pytest.mark.parametrize(("by", "callback"), [(NUMBER, None), (SERVICE, CALLBACK), (SERVICE, None)])
async def test_every_way_of_sending_is_taken(prism: Prism, by: str, callback: str | None) -> None:
    twilio = sender(prism, by, callback)
    own = Sms("+14155550101", "Riverside Clinic: hello", "k", sender="+14155550111")
    for message in (Sms("+14155550101", "Riverside Clinic: hello", "k"), own):
        assert (await twilio.send(message)).segments >= 1
    await twilio.aclose()


async def test_the_list_call_and_the_doctors_question_are_taken(prism: Prism) -> None:
    twilio = sender(prism)
    since = datetime.now(UTC) - timedelta(hours=1)
    assert await twilio.find(Sms("+14155550101", "No such words", "k"), since) is None
    assert "account" in await twilio.check()
    await twilio.aclose()


def test_prism_really_judges(prism: Prism) -> None:
    """What breaks the document is refused, so that "taken" above means something."""
    address = f"{prism.base_url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    with httpx.Client(auth=(ACCOUNT, TOKEN), trust_env=False) as client:
        for form in ({"From": NUMBER, "Body": "x"}, {"To": "+14155550101", "ScheduleType": "someday"}):
            assert client.post(address, data=form).status_code == 422, form
    assert httpx.post(address, data={"To": "+14155550101"}, trust_env=False).status_code == 401


async def test_an_account_that_is_none_is_a_channel_that_is_down(prism: Prism) -> None:
    twilio = SmsTwilio("not-an-account", TOKEN, NUMBER, base_url=prism.base_url)
    with pytest.raises(DeliveryError):
        await twilio.send(Sms("+14155550101", "Riverside Clinic: hello", "k"))
    await twilio.aclose()


async def test_every_call_in_every_language_is_a_request_that_twilio_takes(prism: Prism) -> None:
    voice = VoiceTwilio(sender(prism))
    for locale in LOCALES:
        said = words(locale)["chrome"]["ring_patient"]
        for to in ("+14155550101", "112"):
            made = await voice.ring(Ring(to, "a-room-that-nobody-guesses", said, locale, f"{locale}:{to}"))
            assert made.startswith("CA")
    await voice.hang_up("CA" + "0" * 32)
    await voice.aclose()


def test_prism_judges_calls_too(prism: Prism) -> None:
    with httpx.Client(auth=(ACCOUNT, TOKEN), trust_env=False) as client:
        address = f"{prism.base_url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
        assert client.post(address, data={"From": NUMBER}).status_code == 422


def test_the_instructions_say_the_words_and_open_one_room() -> None:
    said = twiml(Ring("+14155550101", "a-room-that-nobody-guesses", "Tom & Ana <please>", "en", "k"))
    assert 'language="en-GB">Tom &amp; Ana &lt;please&gt;</Say>' in said
    assert ">a-room-that-nobody-guesses</Conference></Dial></Response>" in said
    assert "<Say" not in twiml(Ring("+14155550101", "a-room-that-nobody-guesses", "Слова", "uk", "k"))
