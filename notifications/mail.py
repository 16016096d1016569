"""The MIME form of a mail: RFC 5322, RFC 2046, RFC 6047 for calendars, RFC 8058 for one-click unsubscribe."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from notifications.message import Attachment, Email

# Long lines are legal up to 998 (RFC 5322 2.1.1); the default of 78 would turn a long address into encoded words.
POLICY = SMTP.clone(max_line_length=900)


def parse_sender(line: str) -> Address:
    """`Riverside Clinic <visits@example.org>` as an address. Raises ValueError."""
    name, address = parseaddr(line)
    if "@" not in address:
        raise ValueError("The mail sender must look like: Riverside Clinic <visits@example.org>.")
    return Address(display_name=name, addr_spec=address)


def message_id(key: str, sender: Address) -> str:
    """The same Message-ID for the same key, so that a mail sent twice is one mail to its reader."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{sender.domain}>"


def build_mime(mail: Email, sender: Address, at: datetime) -> EmailMessage:
    """The whole message, ready for the wire. A calendar stands twice: as an alternative, so that calendars offer it,
    and as a file, so that everybody else can open it."""
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(mail.key, sender)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    if mail.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for attachment in mail.attachments:
        if attachment.method:
            _offer_calendar(message, attachment)
    for attachment in mail.attachments:
        _attach(message, attachment)
    return message


def _offer_calendar(message: EmailMessage, attachment: Attachment) -> None:
    message.add_alternative(
        attachment.content.decode(),
        subtype="calendar",
        charset="utf-8",
        cte="base64",
        params={"method": attachment.method},
    )


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    # As text/calendar twice, Outlook shows two meetings; the file is application/ics for that reason.
    media_type = "application/ics" if attachment.method else attachment.media_type
    maintype, _, subtype = media_type.partition("/")
    message.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=attachment.filename)
