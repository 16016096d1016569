"""Mails by SMTP submission (RFC 6409). The only file that knows aiosmtplib.

TLS is required, never merely tried: `smtp:` uses STARTTLS (RFC 3207), `smtps:` TLS from the first byte (RFC 8314).
`?tls=off` is for a mail catcher on this machine, and refused for any other host. `?ca=FILE` names a private authority.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from notifications.bounces import return_path
from notifications.dkim import DkimSigner
from notifications.mail import POLICY, build_mime, message_id, parse_sender
from notifications.message import DeliveryError, DeliveryStatus, Email, Receipt, Remedy

POOL_SIZE = 4
TIMEOUT_SECONDS = 20.0
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 3463
_UNREACHABLE = (SMTPException, OSError, ssl.SSLError, asyncio.IncompleteReadError)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to submit. `tls` is starttls, implicit or off; `ca` a PEM file trusted besides nothing else."""

    host: str
    port: int
    tls: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Raises ValueError with one sentence that never repeats the password."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        unknown = sorted(set(query) - {"tls", "ca"})
        if not parts.hostname or unknown:
            fault = f"does not know {', '.join(unknown)}" if unknown else "lacks a host"
            raise ValueError(f"MAIL_URL {fault}: smtp://user:password@host:587?tls=required.")
        wanted = query.get("tls", ["required"])[0]
        if wanted not in ("required", "off"):
            raise ValueError("MAIL_URL knows tls=required and, for a host on this machine, tls=off.")
        if wanted == "off" and not is_loopback(parts.hostname):
            raise ValueError("MAIL_URL has tls=off, which is only for a host on this machine such as 127.0.0.1.")
        implicit = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if implicit else 587),
            tls="off" if wanted == "off" else "implicit" if implicit else "starttls",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            ca=query.get("ca", [None])[0],
        )


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine (RFC 6761 6.3 for localhost)."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class MailSmtp:
    """Keeps up to POOL_SIZE connections and uses each for one mail at a time."""

    def __init__(
        self, server: SmtpServer, *, sender_address: str, now: Callable[[], datetime], bounces: str = "", dkim: str = ""
    ) -> None:
        self._server = server
        self._signer = DkimSigner.from_setting(dkim, parse_sender(sender_address).domain) if dkim else None
        self._sender = parse_sender(sender_address)
        self._bounces = bounces
        self._now = now
        self._idle: list[SMTP] = []
        self._room = asyncio.Semaphore(POOL_SIZE)

    @classmethod
    def from_url(
        cls, url: str, *, sender_address: str, now: Callable[[], datetime], bounces: str = "", dkim: str = ""
    ) -> MailSmtp:
        """See the module's head for the URL; `bounces` is the mailbox to which undelivered mails return, `dkim` the
        selector and key of a signature of ours. Raises ValueError."""
        server = SmtpServer.from_url(url)
        return cls(server, sender_address=sender_address, now=now, bounces=bounces, dkim=dkim)

    async def send(self, message: Email) -> Receipt:
        mime = build_mime(message, self._sender, self._now())
        try:
            async with self._connection() as smtp:
                if self._signer is None:
                    await smtp.send_message(mime, sender=self._envelope_sender(message), recipients=[message.to])
                else:
                    await self._send_signed(smtp, mime, message)
        except _UNREACHABLE as error:
            raise _translate(error) from error
        return Receipt(message_id(message.key, self._sender), DeliveryStatus.SENT, 1)

    async def _send_signed(self, smtp: SMTP, mime: EmailMessage, message: Email) -> None:
        """The very bytes that were signed; an address beyond ASCII takes them as UTF-8 (RFC 6531)."""
        assert self._signer is not None
        wide = not message.to.isascii()
        raw = self._signer.sign(mime.as_bytes(policy=POLICY.clone(utf8=wide)), self._now())
        options = ["SMTPUTF8", "BODY=8BITMIME"] if wide else []
        await smtp.sendmail(self._envelope_sender(message), [message.to], raw, mail_options=options)

    def _envelope_sender(self, message: Email) -> str:
        """Where the mail returns to when it cannot be delivered: an address of its own, or the sender's."""
        own = message_id(message.key, self._sender)
        return return_path(self._bounces, own) if self._bounces else self._sender.addr_spec

    async def check(self) -> str:
        try:
            async with self._connection() as smtp:
                await smtp.noop()
                transport = smtp.transport
                cipher = transport.get_extra_info("cipher") if transport else None
        except _UNREACHABLE as error:
            raise _translate(error) from error
        over = f"over {cipher[1]}" if cipher else "without TLS, on this machine only"
        return f"The mail server {self._server.host}:{self._server.port} answers {over}."

    async def aclose(self) -> None:
        idle, self._idle = self._idle, []
        for smtp in idle:
            await _quit(smtp)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        async with self._room:
            smtp = await self._reuse() or await self._connect()
            try:
                yield smtp
            except BaseException:
                smtp.close()  # its dialogue may be in any state: never lend it again
                raise
            self._idle.append(smtp)

    async def _reuse(self) -> SMTP | None:
        """An idle connection that still answers. RSET (RFC 5321 4.1.1.5) proves it before any mail is at stake."""
        while self._idle:
            smtp = self._idle.pop()
            try:
                await smtp.rset()
            except (SMTPException, OSError):
                smtp.close()
            else:
                return smtp
        return None

    async def _connect(self) -> SMTP:
        server = self._server
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            timeout=TIMEOUT_SECONDS,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=ssl.create_default_context(cafile=server.ca) if server.tls != "off" else None,
        )
        await smtp.connect()
        return smtp


async def _quit(smtp: SMTP) -> None:
    try:
        await smtp.quit()
    except (SMTPException, OSError):
        smtp.close()


def _translate(error: BaseException) -> DeliveryError:
    """Decide by the reply code, not by the class: a refused recipient may be 451 as well as 550."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return DeliveryError(False, "tls", "The mail server's certificate is not trusted.", Remedy.CONFIGURATION)
    if isinstance(error, SMTPResponseException):
        return _from_reply(error)
    if isinstance(error, aiosmtplib.SMTPNotSupported) or re.search("STARTTLS|AUTH|authentication", str(error)):
        return DeliveryError(False, "tls", "The mail server does not offer what we require.", Remedy.CONFIGURATION)
    return DeliveryError(False, type(error).__name__, "The mail server cannot be reached.", Remedy.RETRY)


def _from_reply(error: SMTPResponseException) -> DeliveryError:
    enhanced = _ENHANCED.search(str(error.message))
    code = f"{error.code} {enhanced[1]}" if enhanced else str(error.code)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError) or error.code in (530, 534, 535, 538):
        return DeliveryError(False, code, "The mail server did not accept our sign-in.", Remedy.CHANNEL_DOWN)
    if 400 <= error.code < 500:
        return DeliveryError(False, code, "The mail server asks us to try later.", Remedy.RETRY)
    if isinstance(error, aiosmtplib.SMTPRecipientRefused):
        return DeliveryError(True, code, "The mail server does not take mail for this address.", Remedy.BAD_ADDRESS)
    return DeliveryError(True, code, "The mail server refused the mail.", Remedy.OTHER_CHANNEL)
