"""Claim due reminders by lease, and settle what became of each."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlmodel import col

from notifications.message import DeliveryError, DeliveryStatus, Receipt, Remedy
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.core.principal import system
from server.events import DeliveryChanged
from server.people.service import reaches
from server.people.tables import ContactPoint
from server.reminders.machine import Act, Status, machine
from server.reminders.planning import CHANNEL, Step, plan
from server.reminders.tables import Reminder
from server.store.unit import Desk, Unit

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
_ALIVE = (Appt.booked.value, Appt.arrived.value)


async def database_now(unit: Unit) -> datetime:
    """The database's clock: several workers on several machines agree on it."""
    value = (await unit.session.execute(select(func.current_timestamp()))).scalar_one()
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


async def claim(desk: Desk, owner: str, limit: int = 50) -> list[tuple[str, str]]:
    """(tenant, id) of reminders that are due and now ours until the lease ends. Each is given to one worker only."""
    async with desk.unit(system("")) as unit:
        now = await database_now(unit)
        due = (
            select(col(Reminder.id))
            .where(
                or_(
                    and_(col(Reminder.status).in_(["scheduled", "retrying"]), col(Reminder.due) <= desk.clock.now()),
                    and_(col(Reminder.status) == "sending", col(Reminder.lease_until) < now),
                )
            )
            .order_by(col(Reminder.due))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(Reminder)
            .where(col(Reminder.id).in_(due))
            .values(
                status=Status.sending.value, version=col(Reminder.version) + 1, attempts=col(Reminder.attempts) + 1,
                lease_owner=owner, lease_until=now + LEASE, at=desk.clock.now(),
            )
            .returning(col(Reminder.tenant), col(Reminder.id))
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        return [(tenant, reminder_id) for tenant, reminder_id in await unit.session.execute(taken)]


async def still_wanted(unit: Unit, reminder: Reminder) -> tuple[Appointment, ContactPoint] | None:
    """Re-read just before sending. None, and the reminder is cancelled, when the appointment moved on or its time
    passed; also when nothing may go there any more (STOP, "not me", no such number): then the other channel is tried.
    """
    appointment = await unit.get(Appointment, reminder.appointment_id)
    contact = await unit.get(ContactPoint, reminder.contact_id)
    void = (
        appointment.revision != reminder.revision
        or appointment.status not in ((Appt.cancelled.value,) if reminder.step == "cancelled" else _ALIVE)
        or unit.clock.now() > reminder.not_after
    )
    reachable = contact.opted_out_at is None and contact.failed_at is None
    if not void and reachable:
        return appointment, contact
    await _move(unit, reminder, Act.cancel, last_error="not-wanted-any-more")
    if not void:
        await _next_channel(unit, reminder)
    return None


async def settle(unit: Unit, reminder: Reminder, receipt: Receipt) -> None:
    """The provider took it."""
    act = Act.deliver if receipt.status is DeliveryStatus.DELIVERED else Act.accept
    await _move(
        unit, reminder, act, provider_ref=receipt.provider_id, segments=receipt.segments, last_error=None,
    )  # fmt: skip


async def fail(unit: Unit, reminder: Reminder, error: DeliveryError) -> None:
    """It was refused: try again later with full jitter, or give up and go to the next channel."""
    contact = await unit.get(ContactPoint, reminder.contact_id)
    if error.remedy is Remedy.OPTED_OUT:
        contact.opted_out_at = unit.clock.now()
    elif error.remedy is Remedy.BAD_ADDRESS:
        contact.failed_at = unit.clock.now()
    unit.add(contact)
    if not error.permanent and reminder.attempts < MAX_ATTEMPTS:
        ceiling = min(15 * 2**reminder.attempts, 900)
        wait = timedelta(seconds=random.uniform(1, ceiling))  # noqa: S311 - jitter, not a secret
        if unit.clock.now() + wait < reminder.not_after:
            await _move(unit, reminder, Act.fail_temporary, due=unit.clock.now() + wait, last_error=error.code[:64])
            return
    await _move(unit, reminder, Act.fail_permanent, last_error=error.code[:64])
    await _next_channel(unit, reminder)


async def _next_channel(unit: Unit, reminder: Reminder) -> None:
    """A step that failed on one channel is planned on the other, once."""
    appointment = await unit.get(Appointment, reminder.appointment_id)
    query = unit.select(Reminder).where(
        col(Reminder.appointment_id) == appointment.id, col(Reminder.revision) == reminder.revision,
        col(Reminder.step) == reminder.step,
    )  # fmt: skip
    tried = {row.channel for row in await unit.all(query)}
    for reach in await reaches(unit, appointment.person_id):
        channel = CHANNEL[reach.contact.system]
        if reach.usable and channel not in tried:
            plan(unit, appointment, Step(reminder.step, channel, unit.clock.now(), reach))
            return


async def ledger(unit: Unit, appointment_id: str) -> list[Reminder]:
    query = unit.select(Reminder).where(col(Reminder.appointment_id) == appointment_id)
    return await unit.all(query.order_by(col(Reminder.due), col(Reminder.channel)))


async def _move(unit: Unit, reminder: Reminder, act: Act, **values: object) -> None:
    await unit.move(reminder, machine, act, at=unit.clock.now(), lease_owner=None, lease_until=None, **values)
    unit.emit(DeliveryChanged(appointment_id=reminder.appointment_id))
    unit.record("U", f"reminder.{act.value}.{reminder.channel}", "CommunicationRequest", reminder.id)
