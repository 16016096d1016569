"""Mails that come back: each names the mail it is about, by the address it came to or by what it quotes."""

from __future__ import annotations

from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.bounces import parse_bounce, return_path
from notifications.mail import message_id
from notifications.message import DeliveryStatus, Remedy

SENDER = Address("Riverside Clinic", "visits", "example.org")
OURS = message_id("reminder-1", SENDER)
PATH = return_path("bounces@example.org", OURS)


def report(action: str, status: str, *, to: str = PATH, quoted: str = "", plain: str = "Undelivered") -> bytes:
    """A delivery report as Postfix writes it (RFC 3464 section 2), with marked personal data all over it."""
    parts = [
        f"Content-Type: text/plain\r\n\r\n{plain}: <canary@example.org>\r\n",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        "Final-Recipient: rfc822; canary@example.org\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 CANARY says no\r\n\r\n",
    ]
    if quoted:
        parts.append(f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {quoted}\r\nSubject: CANARY\r\n")
    body = "".join(f"--b\r\n{part}" for part in parts) + "--b--\r\n"
    head = f"From: MAILER-DAEMON@mx.example.org\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    return (head + kind + body).encode()


@pytest.mark.parametrize(
    ("status", "permanent", "remedy"),
    [
        ("5.1.1", True, Remedy.BAD_ADDRESS),
        ("5.1.10 (bad destination)", True, Remedy.BAD_ADDRESS),
        ("5.2.1", True, Remedy.BAD_ADDRESS),
        ("5.2.2", False, Remedy.OTHER_CHANNEL),
        ("4.4.7", False, Remedy.OTHER_CHANNEL),
        ("5.7.1", True, Remedy.OTHER_CHANNEL),
        ("nonsense", True, Remedy.BAD_ADDRESS),
    ],
)
def test_each_failure_has_its_remedy_and_no_personal_word(status, permanent, remedy):
    found = parse_bounce(report("failed", status), SENDER)
    assert found is not None
    assert (found.provider_id, found.status) == (OURS, DeliveryStatus.UNDELIVERED)
    assert found.error is not None
    assert (found.error.permanent, found.error.remedy) == (permanent, remedy)
    assert "canary" not in str(found.error).lower()


def test_the_quoted_headers_name_the_mail_when_the_address_does_not():
    found = parse_bounce(report("failed", "5.1.1", to="bounces@example.org", quoted=OURS), SENDER)
    assert found is not None
    assert found.provider_id == OURS


@pytest.mark.parametrize("upper", [False, True])
def test_a_mail_server_may_change_the_case_of_the_address(upper):
    found = parse_bounce(report("failed", "5.1.1", to=PATH.upper() if upper else PATH), SENDER)
    assert found is not None
    assert found.provider_id == OURS


def test_what_says_nothing_of_a_mail_of_ours_is_nothing():
    assert parse_bounce(report("delayed", "4.4.1"), SENDER) is None
    assert parse_bounce(report("failed", "5.1.1", to="bounces@example.org"), SENDER) is None
    strange = "<" + "a" * 40 + "@elsewhere.example>"
    assert parse_bounce(report("failed", "5.1.1", to="bounces@example.org", quoted=strange), SENDER) is None
    away = f"To: {PATH}\r\nSubject: Out of office\r\n\r\nI am away.\r\n".encode()
    assert parse_bounce(away, SENDER) is None


def test_a_delivery_is_a_delivery():
    found = parse_bounce(report("delivered", "2.0.0"), SENDER)
    assert found is not None
    assert (found.status, found.error) == (DeliveryStatus.DELIVERED, None)


def test_a_return_path_is_made_of_our_own_ids_only():
    assert f"bounces+{OURS[1:41]}@example.org" == PATH
    with pytest.raises(ValueError, match="Message-ID of ours"):
        return_path("bounces@example.org", "<x@example.org>")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_a_crash(raw):
    parse_bounce(raw, SENDER)


@given(st.integers(0, 900), st.binary(max_size=40))
def test_a_damaged_report_is_read_without_a_crash(at, noise):
    whole = report("failed", "5.1.1", quoted=OURS)
    parse_bounce(whole[:at] + noise + whole[at:], SENDER)
