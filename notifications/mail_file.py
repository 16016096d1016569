"""Mails that never leave the machine: one .eml per mail, for the demo's mailbox and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import cast

from notifications.mail import build_mime, parse_sender
from notifications.message import DeliveryError, DeliveryStatus, Email, Receipt, Remedy
from notifications.spool import Spool


@dataclass(frozen=True, slots=True)
class SunkMail:
    """One mail of the folder, read back from its MIME form. `at` is UTC; `calendar` the invitation, if any."""

    id: str
    message_id: str
    sender: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    at: datetime
    text: str = field(repr=False)
    html: str = field(repr=False)
    calendar: str | None = field(repr=False)
    files: tuple[str, ...]


class MailFolder:
    """Writes each key once, atomically."""

    def __init__(self, folder: Path, *, sender_address: str, now: Callable[[], datetime]) -> None:
        self._spool = Spool(folder, ".eml")
        self._sender = parse_sender(sender_address)
        self._now = now

    async def send(self, message: Email) -> Receipt:
        name = Spool.name_of(message.key)
        content = build_mime(message, self._sender, self._now()).as_bytes()
        try:
            await asyncio.to_thread(self._spool.put_once, name, content)
        except OSError as error:
            raise _unwritable(error) from error
        return Receipt(name, DeliveryStatus.DELIVERED, 1)

    async def list(self, address: str | None = None) -> list[SunkMail]:
        """Every mail, oldest first, or only those to one address."""
        found = await asyncio.to_thread(lambda: [_read(name, content) for name, content in self._spool.items()])
        mine = [mail for mail in found if address is None or mail.to == address]
        return sorted(mine, key=lambda mail: (mail.at, mail.id))

    async def get(self, mail_id: str) -> SunkMail | None:
        """One mail by the id of its receipt."""
        return next((mail for mail in await self.list() if mail.id == mail_id), None)

    async def check(self) -> str:
        try:
            await asyncio.to_thread(self._spool.probe)
        except OSError as error:
            raise _unwritable(error) from error
        return f"Mails are kept as files in {self._spool.folder} and reach nobody."

    async def aclose(self) -> None:
        """Nothing is held open."""


def _read(name: str, content: bytes) -> SunkMail:
    mail = message_from_bytes(content, policy=default)
    parts = {part.get_content_type(): part for part in mail.walk() if not part.is_attachment()}
    return SunkMail(
        id=name,
        message_id=str(mail["Message-ID"]),
        sender=str(mail["From"]),
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        at=parsedate_to_datetime(str(mail["Date"])).astimezone(UTC),
        text=_content(parts.get("text/plain")) or "",
        html=_content(parts.get("text/html")) or "",
        calendar=_content(parts.get("text/calendar")),
        files=tuple(part.get_filename() or "" for part in mail.iter_attachments()),
    )


def _content(part: EmailMessage | None) -> str | None:
    return cast(str, part.get_content()) if part is not None else None


def _unwritable(error: OSError) -> DeliveryError:
    return DeliveryError(
        False, f"errno-{error.errno}", "The folder for mail cannot be written.", remedy=Remedy.CONFIGURATION
    )
