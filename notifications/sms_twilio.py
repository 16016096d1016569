"""Texts by Twilio's Programmable Messaging API (2010-04-01). The only file that knows Twilio.

Twilio has no idempotency key for messages, so a lost answer is settled by `find`: same number, same words, since then.
Webhook signatures are computed from the configured public address, never from the one a proxy shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import ClientError, encode_basic_auth
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from notifications.message import DeliveryError, DeliveryStatus, Inbound, Receipt, Remedy, Sms, StatusReport
from notifications.sms import segments

API = "https://api.twilio.com"
TIMEOUT_SECONDS = 10.0

_STATUS = {
    "accepted": DeliveryStatus.ACCEPTED,
    "scheduled": DeliveryStatus.ACCEPTED,
    "queued": DeliveryStatus.QUEUED,
    "sending": DeliveryStatus.SENDING,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.UNDELIVERED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}

# code -> (permanent, remedy, what happened). Sentences are ours: Twilio's repeat the patient's number.
_ERRORS: dict[int, tuple[bool, Remedy, str]] = {
    21211: (True, Remedy.BAD_ADDRESS, "The number is not a valid phone number."),
    21614: (True, Remedy.BAD_ADDRESS, "The number cannot receive texts."),
    21610: (True, Remedy.OPTED_OUT, "The person has stopped texts from this sender."),
    21408: (True, Remedy.OTHER_CHANNEL, "Texts to this country are not switched on at Twilio."),
    21606: (True, Remedy.CONFIGURATION, "The sender's number cannot send this text."),
    30034: (True, Remedy.CONFIGURATION, "The sender's number is not registered with the carriers."),
    20003: (False, Remedy.CHANNEL_DOWN, "Twilio did not accept our credentials."),
    30002: (False, Remedy.CHANNEL_DOWN, "The Twilio account is suspended."),
    20429: (False, Remedy.SLOW_DOWN, "Twilio asks us to send more slowly."),
    30001: (False, Remedy.SLOW_DOWN, "The sender's queue at Twilio is full."),
    30022: (False, Remedy.SLOW_DOWN, "The carrier asks us to send more slowly."),
    30003: (False, Remedy.RETRY_ONCE, "The phone could not be reached."),
    30008: (False, Remedy.RETRY_ONCE, "The carrier gave no reason."),
    30004: (True, Remedy.OTHER_CHANNEL, "The phone blocks these texts."),
    30005: (True, Remedy.OTHER_CHANNEL, "The number is not in service."),
    30006: (True, Remedy.OTHER_CHANNEL, "The number is a landline or its carrier takes no texts."),
    30007: (True, Remedy.CONTENT, "The carrier filtered the text for what it says."),
}


def error_for(code: int, http_status: int = 0) -> DeliveryError:
    """The error for a Twilio code, from a refused request or from a status callback (then `http_status` is 0)."""
    if code in _ERRORS:
        permanent, remedy, detail = _ERRORS[code]
        return DeliveryError(permanent, str(code), detail, remedy)
    label = str(code or http_status)
    if http_status == 429:
        return DeliveryError(False, label, "Twilio asks us to send more slowly.", Remedy.SLOW_DOWN)
    if http_status in (401, 403):
        return DeliveryError(False, label, "Twilio did not accept our credentials.", Remedy.CHANNEL_DOWN)
    if 400 <= http_status < 500:
        return DeliveryError(True, label, "Twilio refused the request.", Remedy.OTHER_CHANNEL)
    return DeliveryError(False, label, "Twilio could not take the text.", Remedy.RETRY)


class _Http(AsyncTwilioHttpClient):  # type: ignore[misc]
    """Twilio's own client with a time limit that holds, a base address, and no logging of numbers and texts."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS)
        self._base_url = base_url.rstrip("/")

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        # The installed client ignores its own timeout, so it is passed with each request.
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUT_SECONDS
        if auth := kwargs.pop("auth", None):  # aiohttp drops its own parameter for this in version 4
            kwargs["headers"] = {**(kwargs.get("headers") or {}), "Authorization": encode_basic_auth(*auth)}
        if url.startswith(API):
            url = self._base_url + url.removeprefix(API)
        return await super().request(method, url, *args, **kwargs)

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Query parameters hold phone numbers: nothing is logged."""

    def log_response(self, status_code: int, response: Any) -> None:
        """Bodies hold phone numbers and texts: nothing is logged."""


class SmsTwilio:
    """Sends through one Twilio account. `sender` is an E.164 number or a messaging service (MG...)."""

    def __init__(
        self, account: str, token: str, sender: str, *, base_url: str = API, status_callback: str | None = None
    ) -> None:
        self._account, self._token, self._sender = account, token, sender
        self._base_url, self._status_callback = base_url, status_callback
        self._http: _Http | None = None

    @classmethod
    def from_url(cls, url: str, *, status_callback: str | None = None) -> SmsTwilio:
        """`twilio://ACCOUNT:TOKEN@/?from=+1...`; raises ValueError naming the missing part, never its value."""
        parts = urlsplit(url)
        query = parse_qs(parts.query.replace("+", "%2B"))
        account, token = unquote(parts.username or ""), unquote(parts.password or "")
        sender = query.get("from", [""])[0]
        missing = [name for name, value in (("ACCOUNT", account), ("TOKEN", token), ("from", sender)) if not value]
        if missing:
            raise ValueError(f"SMS_URL twilio: lacks {', '.join(missing)}: twilio://ACCOUNT:TOKEN@/?from=+14155550100.")
        base_url = query.get("base_url", [API])[0]
        return cls(account, token, sender, base_url=base_url, status_callback=status_callback)

    @property
    def number(self) -> str | None:
        return None if self._sender.startswith("MG") else self._sender

    async def send(self, message: Sms) -> Receipt:
        fields: dict[str, str] = {"to": message.to, "body": message.body}
        sender = message.sender or self._sender
        fields["messaging_service_sid" if sender.startswith("MG") else "from_"] = sender
        if self._status_callback:
            fields["status_callback"] = self._status_callback
        with in_our_words("Twilio's answer was lost; the text may be on its way."):
            sent = await self.client().messages.create_async(**fields)
        return _receipt(sent, message.body)

    async def find(self, message: Sms, since: datetime) -> Receipt | None:
        """Twilio's list by number, narrowed to this body; a minute of grace for clocks that differ."""
        try:
            found = await self.client().messages.list_async(
                to=message.to, date_sent_after=since - timedelta(minutes=1), limit=100
            )
        except TwilioException as error:
            raise _unlisted(error) from error
        except (ClientError, TimeoutError) as error:
            raise DeliveryError(False, type(error).__name__, "Twilio could not be asked.", Remedy.ASK_FIRST) from error
        return next((_receipt(sent, message.body) for sent in found if sent.body == message.body), None)

    async def check(self) -> str:
        try:
            account = await self.client().api.accounts(self._account).fetch_async()
        except TwilioRestException as error:
            raise error_for(error.code or 0, error.status) from error
        except (ClientError, TimeoutError, TwilioException) as error:
            raise DeliveryError(False, type(error).__name__, "Twilio cannot be reached.", Remedy.RETRY) from error
        return f"Twilio answers; the account is {account.status}."

    async def aclose(self) -> None:
        if self._http is not None:
            http, self._http = self._http, None
            await http.close()

    def client(self) -> Any:
        """Twilio's client on the running loop; for the adapters that share this account."""
        if self._http is None:  # made here because an aiohttp session belongs to the running loop
            self._http = _Http(self._base_url)
        return Client(self._account, self._token, http_client=self._http)


@contextmanager
def in_our_words(lost: str) -> Iterator[None]:
    """Twilio's errors as ours; `lost` says what may have happened when no answer came."""
    try:
        yield
    except TwilioRestException as error:
        raise error_for(error.code or 0, error.status) from error
    except (ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise DeliveryError(False, type(error).__name__, lost, Remedy.ASK_FIRST) from error


def _receipt(sent: Any, body: str) -> Receipt:
    counted = int(sent.num_segments or 0)  # 0 while a messaging service still chooses its number
    return Receipt(sent.sid, _STATUS.get(str(sent.status), DeliveryStatus.ACCEPTED), counted or segments(body).count)


def _unlisted(error: TwilioException) -> DeliveryError:
    """A refused list comes as a plain TwilioException with the HTTP response as its second argument."""
    response = error.args[1] if len(error.args) > 1 else None
    status = int(getattr(response, "status_code", 0))
    if status in (401, 403, 429):
        return error_for(0, status)
    return DeliveryError(False, str(status or "list"), "Twilio could not be asked.", Remedy.ASK_FIRST)


def signed_by_twilio(token: str, public_url: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether a webhook is Twilio's own. `public_url` is the configured address with its query, as Twilio called it."""
    return bool(signature) and bool(RequestValidator(token).validate(public_url, dict(form), signature))


def parse_status(form: Mapping[str, str]) -> StatusReport:
    """A status callback's form. Raises ValueError when it is none."""
    sid, word = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if not sid or word not in _STATUS:
        raise ValueError("This is not a Twilio status callback.")
    status = _STATUS[word]
    code = form.get("ErrorCode", "")
    failed = status in (DeliveryStatus.UNDELIVERED, DeliveryStatus.FAILED)
    return StatusReport(sid, status, error_for(int(code) if code.isdigit() else 0) if failed else None)


def parse_inbound(form: Mapping[str, str]) -> Inbound:
    """An incoming text's form. Raises ValueError when it is none."""
    if not form.get("MessageSid") or not form.get("From"):
        raise ValueError("This is not a Twilio message.")
    return Inbound(
        provider_id=form["MessageSid"],
        sender=form["From"],
        to=form.get("To", ""),
        body=form.get("Body", ""),
        opt_out=form.get("OptOutType"),
        carrier_answers=True,
    )
