"""The worker: claims what is due, sends it, settles it; and keeps the waiting room honest.

No timer holds truth. The worker may be killed at any line: what it had claimed
is claimed again when the lease ends, and the message's key makes a second send
the same message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import select
from sqlmodel import col

from server.access.tables import Practice
from server.api import idempotency
from server.api.context import Ports
from server.appointments import busy
from server.core.principal import system
from server.push import sending as alerts
from server.reminders import dialogues, replies, reports, zones
from server.reminders.sending import Sender
from server.store import outbox, turns
from server.tasks import ladder
from server.visits import keeper as visits
from server.visits import ringing
from server.waiting import keeper
from server.waitlist import openings

log = structlog.get_logger(__name__)

IDLE = 1.0  # seconds between looks when nothing wakes us
AT_MOST = 0.2  # seconds from look to look when many commands do: they are looked after together
TIDY = 5.0  # seconds between looks at the waiting rooms
TUNED = timedelta(days=1)
PRUNED = timedelta(minutes=10)  # between looks for old events, which reads all of them
KEYS_LIVE = timedelta(days=1)
EVENTS_LIVE = timedelta(days=2)  # the longest sleep that is still resumed event by event


class Worker:
    """Run with `await worker.run()`; `wake()` makes it look at once; cancel the task to stop it."""

    def __init__(self, ports: Ports, *also: Callable[[Ports], Awaitable[bool]]) -> None:
        """`also`: the work of higher features, which answers whether there was any."""
        self._ports = ports
        self._also = [(partial(work, ports), asyncio.Event()) for work in also]
        self._sender = Sender(ports)
        self._zones_followed = False
        self._woken = asyncio.Event()
        self._alarmed = asyncio.Event()
        self._tune_at = ports.clock.now() + TUNED  # whoever serves has done so at the start
        self._prune_at = ports.clock.now()

    def wake(self) -> None:
        self._woken.set()
        self._alarmed.set()
        for _, woken in self._also:
            woken.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forever(self.send_due, IDLE, self._woken))
            tasks.create_task(self._forever(self.send_alerts, IDLE, self._alarmed))
            for work, woken in self._also:
                tasks.create_task(self._forever(work, IDLE, woken))
            tasks.create_task(self._forever(self._tidy_in_turn, TIDY, asyncio.Event()))

    async def _forever(self, work: asyncio.coroutines, pause: float, woken: asyncio.Event) -> None:  # type: ignore[valid-type]
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                busy = await work()  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - the database or a provider is away; say so and go on
                log.error("worker.stumbled", exc_info=error)
                busy = False
            if busy:
                continue
            try:
                async with asyncio.timeout(pause):
                    await woken.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(begun + AT_MOST - asyncio.get_running_loop().time())
            woken.clear()

    async def send_due(self) -> bool:
        """Send what is due now; whether there was anything."""
        return await self._sender.once()

    async def send_alerts(self) -> bool:
        """Wake browsers and on-call phones, send answers that were left behind, give away what was declined and not
        kept, ring phones; whether there was anything."""
        busy = await alerts.once(self._ports)
        busy |= await ringing.once(self._ports)
        busy |= await replies.resend(self._ports)
        return await dialogues.run_out(self._ports) or busy

    async def _tidy_in_turn(self) -> bool:
        return await self.tidy(in_turn=True)

    async def tidy(self, *, in_turn: bool = False) -> bool:
        """Mark who fell silent, end waits of another day, let go of holds that ran out, forget old idempotency
        keys; call louder for what nobody took; once a day look how the tables have grown. `in_turn`: only in the
        practices that no other worker has just looked after."""
        ports = self._ports
        async with ports.desk.unit(system(""), write=False) as unit:
            tenants = list((await unit.session.execute(select(col(Practice.id)))).scalars())
        pruned = ports.clock.now() >= self._prune_at
        if pruned:
            self._prune_at = ports.clock.now() + PRUNED
        faults: list[Exception] = []
        for tenant in tenants:
            try:
                if not in_turn or await self._has_turn(tenant):
                    await self._tidy(tenant, pruned=pruned)
            except Exception as error:  # noqa: BLE001 - what ails one practice must not hold back the others
                faults.append(error)
        if not self._zones_followed:  # once a start: the zone database changes with an upgrade
            await zones.follow(ports.desk)
            self._zones_followed = True
        if ports.clock.now() >= self._tune_at:
            self._tune_at = ports.clock.now() + TUNED
            await ports.desk.store.tune()
        if faults:
            raise ExceptionGroup("Practices that could not be looked after", faults)
        return False

    async def _has_turn(self, tenant: str) -> bool:
        async with self._ports.desk.unit(system(tenant)) as unit:
            return await turns.take(unit, timedelta(seconds=TIDY * 0.8))

    async def _tidy(self, tenant: str, *, pruned: bool) -> None:
        ports = self._ports
        async with ports.desk.unit(system(tenant)) as unit:
            await ladder.escalate(unit)
        await keeper.look(ports.desk, ports.settings, tenant)
        await visits.look(ports.desk, tenant)
        await openings.look(ports.desk, tenant)
        async with ports.desk.unit(system(tenant)) as unit:
            await busy.sweep(unit)
            await idempotency.forget(unit, unit.clock.now() - KEYS_LIVE)
            await reports.forget(unit)
            if pruned:
                await outbox.prune(unit.session, tenant, unit.clock.now() - EVENTS_LIVE)
