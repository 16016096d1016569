"""What wakes whom, in the transaction of what happened."""

from __future__ import annotations

from datetime import timedelta

from server.appointments.pools import members_of
from server.appointments.tables import Appointment
from server.conversations.tables import Conversation
from server.events import EntryChanged, MessagePosted, SessionsEnded, TaskEscalated
from server.push import service
from server.store.unit import Unit
from server.waiting.machine import Act
from server.waiting.machine import Status as Entry

SOON = timedelta(minutes=15)  # a summons that comes later than that calls in vain
WHILE_OPEN = timedelta(hours=1)
A_DAY = timedelta(days=1)


async def when_escalated(unit: Unit, event: TaskEscalated) -> None:
    """Nobody took a `stat` task in time: browsers of the staff first, the on-call phones after them."""
    if event.by == "push":
        await service.tell_staff(unit, life=WHILE_OPEN, urgent=True)
    elif event.by == "sms":
        await service.tell_staff(unit, life=WHILE_OPEN, urgent=True)
        await service.text_on_call(unit, life=WHILE_OPEN)


async def when_entry_changed(unit: Unit, event: EntryChanged) -> None:
    """Somebody came in or was handed over: who serves that line is told. The provider calls: the patient is told."""
    appointment = await unit.get(Appointment, event.appointment_id)
    if event.act in {Act.check_in, Act.transfer}:
        serving = [appointment.provider_id]
        if appointment.pool_id:
            serving = (await members_of(unit, [appointment.pool_id]))[appointment.pool_id]
        for account_id in serving:
            await service.tell_staff(unit, life=SOON, urgent=False, account_id=account_id)
    elif event.entry_status == Entry.called:
        await service.tell_person(unit, appointment.person_id, life=SOON, urgent=True)


async def when_sessions_ended(unit: Unit, event: SessionsEnded) -> None:
    """Somebody signed out, or was turned out: their browser sleeps on."""
    await service.forget_sessions(unit, event.session_ids)


async def when_posted(unit: Unit, event: MessagePosted) -> None:
    """The care team wrote: the patient is told that there is something, not what or from whom."""
    if unit.principal.is_staff:
        conversation = await unit.get(Conversation, event.conversation_id)
        await service.tell_person(unit, conversation.person_id, life=A_DAY, urgent=False)
