"""The two ports, and the choice of an adapter by the scheme of a URL.

SMS_URL    console:            prints each text on the terminal
           console:/a/folder   the local sink: one JSON file per text (demo, tests)
           twilio://ACCOUNT:TOKEN@/?from=+14155550100[&base_url=...]
MAIL_URL   file:/a/folder      the local mailbox: one .eml per mail (demo, tests)
           smtp://user:password@host:587[?tls=required&ca=/a/file.pem]
           smtps://user:password@host:465
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from notifications.message import DeliveryError, Email, Receipt, Remedy, Sms

__all__ = ["Clock", "DeliveryError", "MailSender", "Remedy", "SmsSender", "open_mail", "open_sms"]

Clock = Callable[[], datetime]


class SmsSender(Protocol):
    """Sends texts. Safe to share between tasks."""

    @property
    def number(self) -> str | None:
        """The installation's own number, E.164; None when the provider chooses one for each text."""

    async def send(self, message: Sms) -> Receipt:
        """Hand the text over. Raises DeliveryError; with remedy ASK_FIRST the text may have been sent."""

    async def find(self, message: Sms, since: datetime) -> Receipt | None:
        """The receipt of this very text if it was handed over after `since`, so that a lost answer is not a second
        text. Raises DeliveryError when the question itself cannot be answered."""

    async def check(self) -> str:
        """One sentence for the doctor: what this is and that it answers. Raises DeliveryError if it does not."""

    async def aclose(self) -> None:
        """Let go of connections. A second call does nothing."""


class MailSender(Protocol):
    """Sends mails. Safe to share between tasks. A key sent twice has one Message-ID, so mailboxes fold the copies."""

    async def send(self, message: Email) -> Receipt:
        """Hand the mail over. Raises DeliveryError."""

    async def check(self) -> str:
        """One sentence for the doctor: what this is and that it answers. Raises DeliveryError if it does not."""

    async def aclose(self) -> None:
        """Let go of connections. A second call does nothing."""


def utc_now() -> datetime:
    """The clock used unless the caller brings its own."""
    return datetime.now(UTC)


def _folder(parts: SplitResult) -> Path:
    return Path(unquote(parts.path)).expanduser()


def open_sms(url: str, *, status_callback: str | None = None, now: Clock = utc_now) -> SmsSender:
    """The SMS sender a URL names. `status_callback` is the public address for delivery receipts, if any.

    Raises ValueError with one sentence (and never the URL, which holds a secret).
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        from notifications.sms_console import SmsConsole, SmsSink

        return SmsSink(_folder(parts), now=now) if parts.path else SmsConsole()
    if parts.scheme == "twilio":
        from notifications.sms_twilio import SmsTwilio

        return SmsTwilio.from_url(url, status_callback=status_callback)
    raise ValueError(f"SMS_URL begins with {parts.scheme or 'no scheme'}:, but only console: and twilio: are known.")


def open_mail(url: str, *, sender_address: str, now: Clock = utc_now, bounces: str = "", dkim: str = "") -> MailSender:
    """The mail sender a URL names. `sender_address` is the From line: `Riverside Clinic <visits@example.org>`;
    `bounces` the mailbox to which undelivered mails return, each by an address of its own; `dkim` the selector and the
    key file by which mails are signed where the relay does not.

    Raises ValueError with one sentence (and never the URL, which may hold a password).
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        from notifications.mail_file import MailFolder

        if not parts.path:
            raise ValueError("MAIL_URL file: needs a folder, such as file:/var/lib/careroom/mail.")
        return MailFolder(_folder(parts), sender_address=sender_address, now=now)
    if parts.scheme in ("smtp", "smtps"):
        from notifications.mail_smtp import MailSmtp

        return MailSmtp.from_url(url, sender_address=sender_address, now=now, bounces=bounces, dkim=dkim)
    raise ValueError(
        f"MAIL_URL begins with {parts.scheme or 'no scheme'}:, but only file:, smtp: and smtps: are known."
    )
