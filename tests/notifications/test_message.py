"""Messages refuse nonsense and keep personal data out of their repr; statuses only move forward."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.message import Attachment, DeliveryError, DeliveryStatus, Email, Remedy, Sms, later

statuses = st.sampled_from(list(DeliveryStatus))


@given(statuses, statuses, statuses)
def test_later_is_a_maximum_so_any_order_of_receipts_ends_alike(a, b, c):
    assert later(a, b) == later(b, a)
    assert later(a, later(b, c)) == later(later(a, b), c)
    assert later(a, a) == a


@given(st.permutations([DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.SENT, DeliveryStatus.DELIVERED]))
def test_receipts_in_any_order_end_delivered(order):
    state = DeliveryStatus.ACCEPTED
    for status in order:
        state = later(state, status)
    assert state is DeliveryStatus.DELIVERED
    assert state.final


def test_a_late_receipt_never_takes_a_final_state_back():
    for final in (DeliveryStatus.DELIVERED, DeliveryStatus.UNDELIVERED, DeliveryStatus.FAILED):
        for step in (DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.SENT):
            assert not step.final
            assert later(final, step) is final


@pytest.mark.parametrize(
    "number", ["", "4155550101", "+0415555", "+1 415 555 0101", "+14155550101\n", "whatsapp:+1415"]
)
def test_an_sms_needs_e164(number):
    with pytest.raises(ValueError, match="E.164"):
        Sms(number, "Hello", "k")


@pytest.mark.parametrize(("body", "key"), [(" ", "k"), ("Hello", ""), ("Hello", "a\nb")])
def test_an_sms_needs_a_text_and_a_key(body, key):
    with pytest.raises(ValueError):
        Sms("+14155550101", body, key)


@pytest.mark.parametrize(
    "change",
    [
        {"to": "nobody"},
        {"to": "a@example.org, b@example.org"},
        {"to": "a@example.org\nBcc: b@example.org"},
        {"subject": "Two\nlines"},
        {"subject": ""},
        {"unsubscribe_url": "https://example.org/ x"},
        {"unsubscribe_url": "javascript:alert(1)"},
        {"key": ""},
    ],
)
def test_a_mail_refuses_what_would_break_its_headers(change):
    good = {"to": "a@example.org", "subject": "Hi", "text": "t", "html": "<p>t</p>", "key": "k"}
    Email(**good)
    with pytest.raises(ValueError):
        Email(**{**good, **change})


def test_an_attachment_needs_a_plain_name_and_type():
    with pytest.raises(ValueError):
        Attachment("../x.ics", b"", "text/calendar")
    with pytest.raises(ValueError):
        Attachment("x.ics", b"", "calendar")


def test_personal_data_is_not_in_the_repr():
    shown = repr(Sms("+14155550101", "CANARY", "k")) + repr(
        Email("canary@example.org", "CANARY", "CANARY", "CANARY", "k", (Attachment("a.txt", b"CANARY", "text/plain"),))
    )
    assert "CANARY" not in shown
    assert "canary" not in shown
    assert "4155550101" not in shown


def test_an_error_has_a_remedy_even_when_none_is_named():
    assert DeliveryError(True, "1", "No.").remedy is Remedy.OTHER_CHANNEL
    assert DeliveryError(False, "1", "Later.").remedy is Remedy.RETRY
