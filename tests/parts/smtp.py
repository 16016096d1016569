"""A real SMTP server that keeps what it is given, and can be told to refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.parts.ports import free_port


@dataclass(slots=True)
class Received:
    """One accepted message: the SMTP envelope and the parsed mail."""

    sender: str
    recipients: list[str]
    mail: EmailMessage


@dataclass
class Mailbox:
    """The handler: `refuse` is a reply such as `451 4.3.0 try later`, given instead of accepting."""

    received: list[Received] = field(default_factory=list)
    refuse: str = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002 - aiosmtpd's signature
        if self.refuse:
            return self.refuse
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.received.append(Received(str(envelope.mail_from), list(envelope.rcpt_tos), mail))
        return "250 2.0.0 kept"


class Smtp:
    """`with Smtp() as smtp:` then `smtp.url` is the setting MAIL_URL and `smtp.received` what came."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mailbox = Mailbox()
        self._controller = Controller(self.mailbox, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def received(self) -> list[Received]:
        return self.mailbox.received

    def __enter__(self) -> Smtp:
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._controller.stop()
