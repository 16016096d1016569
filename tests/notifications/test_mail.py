"""The MIME form: what each reader of a mail finds in it."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.mail import build_mime, message_id, parse_sender
from notifications.message import Attachment, Email

AT = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
SENDER = parse_sender("Clínica Ribeira <visits@riverside.example>")
ICS = "BEGIN:VCALENDAR\r\nSUMMARY:Visita à clínica\r\nEND:VCALENDAR\r\n".encode()
INVITE = Attachment("visit.ics", ICS, "text/calendar", "REQUEST")


def built(**change):
    fields = {"to": "marta@example.org", "subject": "Su cita", "text": "Hola", "html": "<p>Hola</p>", "key": "visit-1"}
    mail = Email(**{**fields, **change})
    return message_from_bytes(build_mime(mail, SENDER, AT).as_bytes(), policy=default)


def test_text_and_html_are_alternatives():
    mail = built()
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["From"].addresses[0].display_name == "Clínica Ribeira"
    assert mail["Date"].datetime == AT
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None


def test_a_calendar_is_offered_and_attached():
    mail = built(attachments=(INVITE, Attachment("notes.txt", b"plain", "text/plain")))
    assert mail.get_content_type() == "multipart/mixed"
    alternatives, invite, notes = mail.iter_parts()
    offered = [part.get_content_type() for part in alternatives.iter_parts()]
    assert offered == ["text/plain", "text/html", "text/calendar"]
    calendar = list(alternatives.iter_parts())[2]
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert calendar["Content-Type"].params["charset"] == "utf-8"
    assert calendar.get_payload(decode=True) == ICS
    assert (invite.get_content_type(), invite.get_filename()) == ("application/ics", "visit.ics")
    assert invite.get_payload(decode=True) == ICS
    assert (notes.get_content_type(), notes.get_filename()) == ("text/plain", "notes.txt")


def test_one_click_unsubscribe_keeps_a_long_address_whole():
    url = "https://clinic.example.org/u/" + "k" * 300
    mail = built(unsubscribe_url=url)
    assert mail["List-Unsubscribe"] == f"<{url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    raw = build_mime(Email("a@example.org", "s", "t", "h", "k", (), url), SENDER, AT).as_bytes()
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in raw


@given(st.text(min_size=1).filter(lambda key: key.isprintable()))
def test_the_message_id_follows_from_the_key(key):
    assert message_id(key, SENDER) == message_id(key, SENDER)
    assert message_id(key, SENDER) != message_id(key + "x", SENDER)
    assert built(key=key)["Message-ID"] == message_id(key, SENDER)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=400))
def test_any_words_come_back_whole_and_no_line_is_too_long(words):
    text = f"a {words} z"
    raw = build_mime(Email("a@example.org", "s", text, text, "k"), SENDER, AT).as_bytes()
    plain, html = message_from_bytes(raw, policy=default).iter_parts()
    expected = [line for line in text.splitlines() if line]
    assert [line for line in plain.get_content().splitlines() if line] == expected
    assert [line for line in html.get_content().splitlines() if line] == expected
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=120))
def test_any_subject_stays_one_header(words):
    mail = built(subject=f"s{words}")
    assert set(mail.keys()) == set(built().keys())


@pytest.mark.parametrize("line", ["", "Riverside", "Riverside <visits>", "a@b@c"])
def test_a_sender_is_an_address(line):
    with pytest.raises(ValueError):
        parse_sender(line)
