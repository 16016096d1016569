"""Adapters are chosen by scheme; anything else gets one clear sentence."""

import pytest

from notifications.sender import open_mail, open_sms

SENDER = "Riverside Clinic <visits@riverside.example>"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("console:", "SmsConsole"),
        ("console:/tmp/sms", "SmsSink"),
        ("console:///tmp/sms", "SmsSink"),
        ("twilio://AC1:token@/?from=+14155550100", "SmsTwilio"),
    ],
)
def test_sms_by_scheme(url, kind):
    assert type(open_sms(url)).__name__ == kind


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("file:/tmp/mail", "MailFolder"),
        ("smtp://mail.example.org", "MailSmtp"),
        ("smtps://mail.example.org", "MailSmtp"),
    ],
)
def test_mail_by_scheme(url, kind):
    assert type(open_mail(url, sender_address=SENDER)).__name__ == kind


@pytest.mark.parametrize("url", ["", "pigeon://AC:secret@x", "file:/tmp/x", "/tmp/secret"])
def test_an_unknown_sms_scheme_is_one_sentence(url):
    with pytest.raises(ValueError, match="only console: and twilio: are known") as refused:
        open_sms(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "pigeon://u:secret@x", "console:"])
def test_an_unknown_mail_scheme_is_one_sentence(url):
    with pytest.raises(ValueError, match="only file:, smtp: and smtps: are known") as refused:
        open_mail(url, sender_address=SENDER)
    assert "secret" not in str(refused.value)


def test_a_mailbox_needs_a_folder_and_a_sender():
    with pytest.raises(ValueError, match="needs a folder"):
        open_mail("file:", sender_address=SENDER)
    with pytest.raises(ValueError, match="must look like"):
        open_mail("file:/tmp/mail", sender_address="Riverside Clinic")
