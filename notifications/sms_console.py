"""Texts that never leave the machine: printed on the terminal, or kept as files for the demo's phone."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from notifications.message import DeliveryError, DeliveryStatus, Inbound, Receipt, Remedy, Sms
from notifications.sms import segments
from notifications.spool import Spool

OUTBOUND, INBOUND = "outbound", "inbound"
PRACTICE_NUMBER = "+14155550100"  # where the demo's replies go to; reserved for fiction
_REMEMBERED = 10_000


class SmsConsole:
    """Prints each text once. For a developer's terminal; there is no inbox."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._sent: OrderedDict[str, Receipt] = OrderedDict()
        self.number = PRACTICE_NUMBER

    async def send(self, message: Sms) -> Receipt:
        known = self._sent.get(message.key)
        if known:
            return known
        parts = segments(message.body).count
        print(f"SMS to {message.to} ({parts} part{'s' * (parts > 1)}): {message.body}", file=self._out, flush=True)  # noqa: T201
        receipt = Receipt(f"console-{Spool.name_of(message.key)}", DeliveryStatus.DELIVERED, parts)
        self._sent[message.key] = receipt
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        return receipt

    async def find(self, message: Sms, since: datetime) -> Receipt | None:  # noqa: ARG002 - memory has no dates
        return self._sent.get(message.key)

    async def check(self) -> str:
        return "SMS are printed on this terminal and reach nobody."

    async def aclose(self) -> None:
        """Nothing is held open."""

    @property
    def _out(self) -> TextIO:
        return self._stream or sys.stdout


@dataclass(frozen=True, slots=True)
class SunkSms:
    """One file of the sink. `at` is ISO 8601 UTC on the sink's clock; `order` grows with each write."""

    id: str
    direction: str
    sender: str = field(repr=False)
    to: str = field(repr=False)
    body: str = field(repr=False)
    at: str
    order: int
    key: str
    status: DeliveryStatus
    encoding: str
    segments: int


class SmsSink:
    """The demo's phone network: one JSON file per text. A key is kept once, whoever sends it and however often."""

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime] | None = None, number: str = PRACTICE_NUMBER
    ) -> None:
        self._spool = Spool(folder, ".json")
        self._now = now or (lambda: datetime.now(UTC))
        self.number = number

    async def send(self, message: Sms) -> Receipt:
        name = Spool.name_of(message.key)
        sunk = self._sunk(name, OUTBOUND, message.sender or self.number, message.to, message.body, message.key)
        try:
            fresh = await asyncio.to_thread(self._spool.put_once, name, _dump(sunk))
        except OSError as error:
            raise _unwritable(error) from error
        if fresh:
            return _receipt(sunk)
        return _receipt(await self._read(name) or sunk)

    async def find(self, message: Sms, since: datetime) -> Receipt | None:
        sunk = await self._read(Spool.name_of(message.key))
        return _receipt(sunk) if sunk and datetime.fromisoformat(sunk.at) >= since else None

    async def reply(self, sender: str, body: str, to: str | None = None) -> Inbound:
        """A patient's answer, as a carrier would bring it; `to` is the number that was texted. The caller passes it to
        the same handler as a webhook."""
        name = f"in-{secrets.token_hex(16)}"
        Sms(sender, body, name)  # the same checks as for a text that goes out
        sunk = self._sunk(name, INBOUND, sender, to or self.number, body, name)
        try:
            await asyncio.to_thread(self._spool.put_once, name, _dump(sunk))
        except OSError as error:
            raise _unwritable(error) from error
        return Inbound(provider_id=name, sender=sender, to=sunk.to, body=body, at=datetime.fromisoformat(sunk.at))

    async def list(self, phone: str | None = None) -> list[SunkSms]:
        """Every text in order, or only those to and from one phone (E.164)."""
        found = await asyncio.to_thread(lambda: [_load(content) for _, content in self._spool.items()])
        mine = [sunk for sunk in found if phone is None or phone in (sunk.to, sunk.sender)]
        return sorted(mine, key=lambda sunk: (sunk.order, sunk.id))

    async def check(self) -> str:
        try:
            await asyncio.to_thread(self._spool.probe)
        except OSError as error:
            raise _unwritable(error) from error
        return f"SMS are kept as files in {self._spool.folder} and reach nobody."

    async def aclose(self) -> None:
        """Nothing is held open."""

    async def _read(self, name: str) -> SunkSms | None:
        content = await asyncio.to_thread(self._spool.get, name)
        return _load(content) if content is not None else None

    def _sunk(self, name: str, direction: str, sender: str, to: str, body: str, key: str) -> SunkSms:
        parts = segments(body)
        return SunkSms(
            id=name,
            direction=direction,
            sender=sender,
            to=to,
            body=body,
            at=self._now().astimezone(UTC).isoformat(),
            order=time.time_ns(),
            key=key,
            status=DeliveryStatus.DELIVERED,
            encoding=parts.encoding,
            segments=parts.count,
        )


def _dump(sunk: SunkSms) -> bytes:
    return json.dumps(asdict(sunk), ensure_ascii=False, indent=1).encode()


def _load(content: bytes) -> SunkSms:
    fields = json.loads(content)
    return SunkSms(**{**fields, "status": DeliveryStatus(fields["status"])})


def _receipt(sunk: SunkSms) -> Receipt:
    return Receipt(sunk.id, sunk.status, sunk.segments)


def _unwritable(error: OSError) -> DeliveryError:
    return DeliveryError(
        False, f"errno-{error.errno}", "The folder for SMS cannot be written.", remedy=Remedy.CONFIGURATION
    )
