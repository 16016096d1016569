"""Web push: a push service that checks the signature, a browser that opens the words, and nothing else in them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest

from notifications.message import DeliveryError, Remedy
from notifications.push import PADDED, SERVICES, Subscription, WebPush, sealed
from notifications.words_of import LOCALES, words
from tests.parts.push_service import PushBrowser, PushService, point, push_service, unb64


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as made:
        yield made


@pytest.fixture
async def push(service: PushService) -> AsyncIterator[WebPush]:
    made = WebPush(secrets.token_bytes(32), "mailto:visits@example.org", ("127.0.0.1",))
    service.vapid_key = made.public_key
    yield made
    await made.aclose()


def subscription(browser: PushBrowser) -> Subscription:
    return Subscription(browser.endpoint, point(browser.key.public_key()), browser.auth)


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_browser_reads_that_there_is_something_and_no_more(push, service, locale):
    browser = service.browser()
    await push.send(subscription(browser), locale, life=600, urgent=True)
    (taken,) = browser.pushes
    assert browser.open(taken.body) == {"title": words(locale)["chrome"]["update"], "lang": locale}
    assert (taken.headers["TTL"], taken.headers["Urgency"]) == ("600", "high")
    assert taken.headers["Content-Encoding"] == "aes128gcm"


def test_every_push_is_equally_long_and_never_the_same_bytes(service):
    browser = service.browser()
    made = [sealed(subscription(browser), locale) for locale in LOCALES]
    assert {len(one) for one in made} == {16 + 4 + 1 + 65 + PADDED + 1 + 16}
    assert len({sealed(subscription(browser), "en") for _ in range(5)}) == 5


async def test_a_token_is_signed_once_for_each_service_and_not_for_each_push(push, service):
    first, second = service.browser(), service.browser()
    for browser in (first, second, first):
        await push.send(subscription(browser), "en", life=60, urgent=False)
    assert len({one.headers["Authorization"] for browser in (first, second) for one in browser.pushes}) == 1


async def test_the_key_is_the_same_after_a_restart_and_another_elsewhere():
    secret = secrets.token_bytes(32)
    assert WebPush(secret, "mailto:a@example.org").public_key == WebPush(secret, "mailto:b@example.org").public_key
    assert WebPush(secret, "m").public_key != WebPush(secrets.token_bytes(32), "m").public_key


async def test_another_installations_key_is_refused(service):
    service.vapid_key = WebPush(secrets.token_bytes(32), "mailto:a@example.org").public_key
    other = WebPush(secrets.token_bytes(32), "mailto:a@example.org", ("127.0.0.1",))
    with pytest.raises(DeliveryError) as refused:
        await other.send(subscription(service.browser()), "en", life=60, urgent=False)
    assert refused.value.permanent
    await other.aclose()


@pytest.mark.parametrize(
    ("status", "permanent", "remedy"),
    [
        (404, True, Remedy.BAD_ADDRESS),
        (410, True, Remedy.BAD_ADDRESS),
        (429, False, Remedy.SLOW_DOWN),
        (413, True, Remedy.OTHER_CHANNEL),
        (302, True, Remedy.OTHER_CHANNEL),
        (500, False, Remedy.RETRY),
        (503, False, Remedy.RETRY),
    ],
)
async def test_each_refusal_has_its_remedy(push, service, status, permanent, remedy):
    browser = service.browser()
    browser.answer = status
    with pytest.raises(DeliveryError) as refused:
        await push.send(subscription(browser), "en", life=60, urgent=False)
    assert (refused.value.permanent, refused.value.remedy) == (permanent, remedy)
    assert browser.name not in str(refused.value)


async def test_a_service_that_is_away_is_temporary(push):
    browser = PushBrowser("http://127.0.0.1:9", "x")
    with pytest.raises(DeliveryError) as away:
        await push.send(subscription(browser), "en", life=60, urgent=False)
    assert not away.value.permanent


@pytest.mark.parametrize(
    ("endpoint", "known"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("https://wns2-par02p.notify.windows.com/w/?token=abc", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com.example.org/", False),
        ("https://push.apple.com.example.org/", False),
        ("https://evilpush.apple.com.example.org/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://localhost/", False),
    ],
)
async def test_only_the_browsers_services_are_called(endpoint, known):
    push = WebPush(secrets.token_bytes(32), "mailto:a@example.org", SERVICES)
    assert push.accepts(endpoint) is known
    if not known:
        with pytest.raises(DeliveryError, match="no push service"):
            await push.send(Subscription(endpoint, _point(), bytes(16)), "en", life=1, urgent=False)


def _point() -> bytes:
    return WebPush(bytes(31) + b"\x07", "m").public_key


@pytest.mark.parametrize(
    ("endpoint", "key", "auth"),
    [
        ("ftp://x", _point(), bytes(16)),
        ("https://x/" + "a" * 1000, _point(), bytes(16)),
        ("https://x", _point()[:-1], bytes(16)),
        ("https://x", b"\x04" + bytes(64), bytes(16)),
        ("https://x", _point(), bytes(15)),
    ],
)
def test_what_is_no_subscription_is_refused(endpoint, key, auth):
    with pytest.raises(ValueError, match="push subscription"):
        Subscription(endpoint, key, auth)


def test_the_worked_example_of_rfc_8291_opens_here():
    """RFC 8291 appendix A: the stand-in's own reading is right, so what it accepts is right."""
    from cryptography.hazmat.primitives.asymmetric import ec

    secret = int.from_bytes(unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    browser = PushBrowser("https://push.example.net", "x", ec.derive_private_key(secret, ec.SECP256R1()))
    browser.auth = unb64("BTBZMqHH6r4Tts7J_aSIgg")
    body = unb64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    with pytest.raises(ValueError, match="Expecting value"):  # the example's words are no JSON
        browser.open(body)
