"""The engine: claim a batch, look again, send, write down what became of it. Several run beside each other.

No step holds truth in memory. A worker killed at any line leaves rows whose lease ends; the next one asks the provider
what it has and sends only what is not there.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from notifications.message import DeliveryError, DeliveryStatus, Email, Receipt, Remedy, Sms
from server.api.context import Ports
from server.core.ids import new_id
from server.core.principal import system
from server.reminders import aftermath, calls, reports
from server.reminders.claims import Claimed, Outcome, claim, given_back, refused, settle
from server.reminders.letters import Held, Letter, prepare
from server.reminders.machine import Act
from server.reminders.steps import SMS
from server.reminders.timing import RECEIPT_WITHIN
from server.store.unit import Unit

log = structlog.get_logger(__name__)

BATCH, MOST = 200, 1000  # messages of a batch at first, and as many as leave within `LOOK_AGAIN` seconds
AT_ONCE = 32  # messages of a batch on the wire at the same time
BEGIN_WITHIN = 25.0  # seconds after the claim in which a send may begin: with its time limit it ends within the lease
LOOK_AGAIN = 1.0  # seconds after which a visit, a consent and a STOP are read again as a send begins
SETTLE_WITHIN = 50.0
BREAK = 60.0  # seconds for which a sender rests whose account or set-up was refused
_ALL = "*"  # the whole channel, whatever number its messages leave by
Result = tuple[Letter, Receipt | DeliveryError | None]  # None: its turn did not come in time


class Sender:
    """Sends what is due. `once()` does one round over all channels and says whether there was anything to do."""

    def __init__(self, ports: Ports, *, batch: int | None = None) -> None:
        self.owner = new_id()
        self._ports = ports
        self._most = batch or MOST
        self._batch: dict[str, int] = defaultdict(lambda: batch or BATCH)  # by channel
        # A channel, or one number of it, and when it may be tried again (monotonic).
        self._resting: dict[tuple[str, str | None], float] = {}

    async def once(self) -> bool:
        busy = await reports.apply(self._ports.desk)
        busy |= await calls.work(self._ports.desk, self.owner, BATCH)
        for channel in sorted(self._ports.desk.channels):
            busy |= await self._channel(channel)
        busy |= await aftermath.escalate(self._ports.desk, BATCH)
        return busy

    async def _channel(self, channel: str) -> bool:
        began = time.monotonic()
        if self._rest(channel, _ALL):
            return False
        granted = await self._ports.pace.take(channel, self._batch[channel])
        if not granted:
            return False
        rows: list[Claimed] = []
        used = 0
        try:
            rows = await claim(self._ports.desk, self.owner, channel, granted)
            by_tenant: dict[str, list[Claimed]] = defaultdict(list)
            for row in rows:
                by_tenant[row.tenant].append(row)
            for tenant, mine in by_tenant.items():
                used += await self._batch_of(tenant, channel, mine, began)
        finally:
            await self._ports.pace.give_back(channel, granted - used)
        return bool(rows)

    async def _batch_of(self, tenant: str, channel: str, rows: Sequence[Claimed], began: float) -> int:
        """Look again, send, settle; how many really went to the provider."""
        async with self._ports.desk.unit(system(tenant), write=False) as unit:
            made = await self._made(unit, rows)
        letters = [one for one in made if isinstance(one, Letter)]
        held = [one for one in made if isinstance(one, Held)]
        answers = await self._send_all(tenant, channel, letters, began)
        results = [one for one in answers if not isinstance(one, Held)]
        held += [one for one in answers if isinstance(one, Held)]
        await self._settle(tenant, results, held, began)
        went = sum(result is not None for _, result in results)
        resting = sum(result is None and self._rest_of(letter) > 0 for letter, result in results)
        self._fit_batch(went, len(results) - resting, channel, time.monotonic() - began)
        return went

    def _fit_batch(self, went: int, wanted: int, channel: str, took: float) -> None:
        """Batches grow while they leave within the time for which what was read counts as fresh. On a machine so busy
        that a batch is not sent within its time they shrink until it is: without this nothing at all would leave."""
        if self._rest(channel, _ALL) or not wanted:
            return
        now = self._batch[channel]
        if went < wanted:
            self._batch[channel] = max(1, now // 2)
        elif wanted >= now // 2 and (now < BATCH or took < LOOK_AGAIN):
            self._batch[channel] = min(self._most, now + now // 2 + 1)
        elif took > 2 * LOOK_AGAIN:
            self._batch[channel] = max(BATCH, now * 3 // 4)

    async def _made(self, unit: Unit, rows: Sequence[Claimed]) -> list[Letter | Held]:
        """The whole batch at once; when one of it cannot be made, one by one, so that it holds back no other."""
        try:
            return await prepare(unit, self._ports, rows)
        except DBAPIError:
            raise
        except Exception as error:  # noqa: BLE001 - one message that cannot be made must not hold back the others
            if len(rows) == 1:
                log.error("reminder.stumbled", exc_info=error, reminder=rows[0].id)
                return [Held(rows[0], "internal")]
            return [one for row in rows for one in await self._made(unit, [row])]

    async def _send_all(
        self, tenant: str, channel: str, letters: Sequence[Letter], began: float
    ) -> list[Result | Held]:
        """As many at once as `AT_ONCE` says, each as soon as one before it is done."""
        waiting, read = iter(letters), time.monotonic()
        answers: list[Result | Held] = []

        async def one(letter: Letter) -> Result | Held:
            late = time.monotonic() - began > BEGIN_WITHIN
            if late or self._rest(channel, _ALL) or self._rest_of(letter):
                return letter, None
            now = letter if time.monotonic() - read < LOOK_AGAIN else await self._again(tenant, letter)
            if not isinstance(now, Letter):
                return now or (letter, None)
            return now, await self._send(now)

        async def lane() -> None:
            for letter in waiting:
                answers.append(await one(letter))

        await asyncio.gather(*(lane() for _ in range(min(AT_ONCE, len(letters)))))
        return answers

    async def _again(self, tenant: str, letter: Letter) -> Letter | Held | None:
        """What it is now: it may have waited its turn behind a slow provider while somebody wrote STOP. None when it
        cannot be read: then it does not leave."""
        try:
            async with self._ports.desk.unit(system(tenant), write=False) as unit:
                return (await self._made(unit, [letter.row]))[0]
        except (DBAPIError, OSError) as error:
            log.warning("reminder.look_again", error=type(error).__name__)
            return None

    async def _send(self, letter: Letter) -> Receipt | DeliveryError:
        ports, row, message = self._ports, letter.row, letter.message
        try:
            if isinstance(message, Email):  # a mail sent twice has one Message-ID, so mailboxes fold the copies
                return await ports.mail.send(message)
            if row.in_doubt:
                found = await ports.sms.find(message, row.tried_at - timedelta(seconds=5))
                if found is not None:
                    return found
            return await ports.sms.send(message)
        except DeliveryError as error:
            await self._heed(row.channel, _number(letter), error)
            return error
        except Exception as error:  # noqa: BLE001 - a channel's bug is one message's failure, not the worker's
            log.error("reminder.stumbled", exc_info=error, reminder=row.id)
            return DeliveryError(False, "internal", "The channel failed.", Remedy.ASK_FIRST)

    async def _heed(self, channel: str, number: str | None, error: DeliveryError) -> None:
        """What a refusal says about the sender and not about one message."""
        if error.remedy is Remedy.SLOW_DOWN:
            await self._ports.pace.slow_down(channel)
        elif error.remedy in {Remedy.CHANNEL_DOWN, Remedy.CONFIGURATION}:
            # What is wrong with one number's set-up holds back that number's texts, not the other practices'.
            whole = error.remedy is Remedy.CHANNEL_DOWN or channel != SMS
            self._resting[channel, _ALL if whole else number] = time.monotonic() + BREAK
            log.error("sender.rests", channel=channel, code=error.code)

    def _rest(self, channel: str, number: str | None) -> float:
        """Seconds for which it still rests; 0 when it may be used."""
        return max(self._resting.get((channel, number), 0.0) - time.monotonic(), 0.0)

    def _rest_of(self, letter: Letter) -> float:
        return self._rest(letter.row.channel, _number(letter))

    async def _settle(self, tenant: str, results: Sequence[Result], held: Sequence[Held], began: float) -> None:
        """Write it all in one transaction, again and again while the lease lasts: what was sent is known to us only."""
        if not results and not held:
            return
        while True:
            try:
                async with self._ports.desk.unit(system(tenant)) as unit:
                    now = await unit.database_now()
                    outcomes = [self._outcome(letter, result, now) for letter, result in results]
                    outcomes += [aftermath.of_held(one, now) for one in held]
                    ours = await settle(unit, outcomes, self.owner)
                    await aftermath.follow(unit, ours, results, held)
            except (DBAPIError, OSError) as error:
                if time.monotonic() - began > SETTLE_WITHIN:
                    raise
                log.warning("reminder.settle_again", error=type(error).__name__)
                await asyncio.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - jitter, not a secret
                continue
            for (act, channel), count in Counter((one.act.value, one.row.channel) for one in ours).items():
                self._ports.metrics.reminders.labels(act, channel).inc(count)
            return

    def _outcome(self, letter: Letter, result: Receipt | DeliveryError | None, now: datetime) -> Outcome:
        row = letter.row
        if result is None:
            return given_back(row, now + timedelta(seconds=self._rest_of(letter)))
        if isinstance(result, Receipt):
            return _taken(row, result, now, expect_receipt=self._ports.receipts(row.channel))
        return refused(row, result, now)


def _number(letter: Letter) -> str | None:
    """The number a text leaves by, None for the installation's; a mail has none."""
    return letter.message.sender if isinstance(letter.message, Sms) else None


def _taken(row: Claimed, receipt: Receipt, now: datetime, *, expect_receipt: bool) -> Outcome:
    values = {
        "provider_ref": receipt.provider_id[:64], "segments": receipt.segments, "last_error": None, "sent_at": now
    }  # fmt: skip
    if receipt.status is DeliveryStatus.DELIVERED:
        return Outcome(row, Act.deliver, {**values, "delivered_at": now})
    return Outcome(row, Act.accept, {**values, "wake_at": now + RECEIPT_WITHIN if expect_receipt else None})
