"""What is sent, and what is known of it afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+")


class DeliveryStatus(StrEnum):
    """How far a message came, in the words of GOV.UK Notify and Twilio. Listed in order for `later`."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"

    @property
    def final(self) -> bool:
        """True when nothing more is expected."""
        return self in (DeliveryStatus.FAILED, DeliveryStatus.UNDELIVERED, DeliveryStatus.DELIVERED)


_RANK = {status: rank for rank, status in enumerate(DeliveryStatus)}


def later(a: DeliveryStatus, b: DeliveryStatus) -> DeliveryStatus:
    """The further of two statuses.

    Receipts come twice and out of order, so this is a maximum over one fixed order: any order of arrival ends in
    the same place. A proof of delivery outranks a failure, because a handset that has the text has it.
    """
    return max(a, b, key=_RANK.__getitem__)


class Remedy(StrEnum):
    """What a failed delivery asks of the caller (design: reminders, table 2.1)."""

    RETRY = "retry"  # temporary: back off and try again
    RETRY_ONCE = "retry-once"  # one delayed retry, then another channel
    SLOW_DOWN = "slow-down"  # back off and lower the sender's rate
    ASK_FIRST = "ask-first"  # the answer was lost: ask `find` before sending again
    OTHER_CHANNEL = "other-channel"  # permanent on this channel
    BAD_ADDRESS = "bad-address"  # mark the number or mailbox bad, use another channel
    OPTED_OUT = "opted-out"  # record the opt-out, never retry, use another channel
    CONTENT = "content"  # filtered for what it says: alarm, no retry
    CONFIGURATION = "configuration"  # our set-up is wrong: alarm, stop this sender
    CHANNEL_DOWN = "channel-down"  # the account itself is refused: open the breaker


class DeliveryError(Exception):
    """A message was not taken, or its delivery failed.

    `permanent` says whether the same message to the same address can ever succeed; `code` is the provider's own
    code; `detail` is one sentence without personal data, safe for a log.
    """

    def __init__(self, permanent: bool, code: str, detail: str, remedy: Remedy | None = None) -> None:
        super().__init__(f"{detail} (code {code})")
        self.permanent = permanent
        self.code = code
        self.detail = detail
        self.remedy = remedy or (Remedy.OTHER_CHANNEL if permanent else Remedy.RETRY)


def _require_key(key: str) -> None:
    if not key or _CONTROL.search(key):
        raise ValueError("A message needs an idempotency key of visible characters.")


@dataclass(frozen=True, slots=True)
class Sms:
    """A text message. `to` is E.164; `key` names this message for ever: the same key is the same message.

    `sender` is the number it leaves by (E.164), None for the installation's own.
    """

    to: str = field(repr=False)
    body: str = field(repr=False)
    key: str
    sender: str | None = None

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.to):
            raise ValueError("An SMS needs a number in E.164 form, such as +14155550101.")
        if not self.body.strip():
            raise ValueError("An SMS needs a text.")
        if self.sender is not None and not _E164.fullmatch(self.sender):
            raise ValueError("An SMS leaves by a number in E.164 form, such as +14155550100.")
        _require_key(self.key)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a mail. `method` is the iTIP method (RFC 5546) when the file is a calendar."""

    filename: str
    content: bytes = field(repr=False)
    media_type: str
    method: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", self.media_type):
            raise ValueError("An attachment needs a media type such as text/calendar.")
        if not self.filename or _CONTROL.search(self.filename) or "/" in self.filename:
            raise ValueError("An attachment needs a plain file name.")


@dataclass(frozen=True, slots=True)
class Email:
    """A mail to one person. `key` becomes its Message-ID; `unsubscribe_url` its RFC 8058 one-click address."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    key: str
    attachments: tuple[Attachment, ...] = ()
    unsubscribe_url: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.to):
            raise ValueError("A mail needs one address, such as someone@example.org.")
        if not self.subject.strip() or _CONTROL.search(self.subject):
            raise ValueError("A mail needs a subject of one line.")
        if self.unsubscribe_url is not None and not re.fullmatch(r"https?://[!-~]{1,500}", self.unsubscribe_url):
            raise ValueError("The unsubscribe address must be a web address of at most 500 characters.")
        _require_key(self.key)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message. `segments` is the number of SMS parts, 1 for a mail."""

    provider_id: str
    status: DeliveryStatus
    segments: int


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A later word about a message already taken; `error` says why when it failed."""

    provider_id: str
    status: DeliveryStatus
    error: DeliveryError | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text that a patient sent to us. `opt_out` is the carrier's own reading: STOP, START, HELP or none.

    `carrier_answers`: whoever brought it answers the carriers' keywords itself (47 CFR 64.1200(a)(12) allows one).
    """

    provider_id: str
    sender: str = field(repr=False)
    to: str = field(repr=False)
    body: str = field(repr=False)
    at: datetime | None = None
    opt_out: str | None = None
    carrier_answers: bool = False
