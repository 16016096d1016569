"""What providers say later of messages they took: kept the moment it comes, written to the message by the worker.

Reports come twice, out of order, and sometimes before our own transaction that says the message was taken. So each is
folded into one row per message, the furthest state wins (`notifications.message.later`), and the worker joins the two
when both are there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from notifications.message import DeliveryStatus, Remedy, StatusReport, later
from server.core.principal import system
from server.people import consents
from server.people.tables import ContactPoint
from server.reminders import aftermath
from server.reminders.claims import told
from server.reminders.machine import Act, Status, machine
from server.reminders.tables import ProviderReport, Reminder
from server.store.unit import Desk, Unit

KEPT = timedelta(days=7)
_AT_ONCE = 200
_LOST = (DeliveryStatus.FAILED, DeliveryStatus.UNDELIVERED)


async def keep(unit: Unit, report: StatusReport) -> None:
    """Fold one report into what is known of its message."""
    code = report.error.code[:16] if report.error else None
    remedy = report.error.remedy.value if report.error else None
    insert: Any = sqlite.insert if unit.desk.store.dialect == "sqlite" else postgresql.insert
    fresh = insert(ProviderReport).values(
        provider_ref=report.provider_id,
        status=report.status.value,
        code=code,
        remedy=remedy,
        at=unit.clock.now(),
        open=True,
    )
    await unit.session.execute(fresh.on_conflict_do_nothing(index_elements=["provider_ref"]))
    query = select(ProviderReport).where(col(ProviderReport.provider_ref) == report.provider_id).with_for_update()
    known = (await unit.session.execute(query)).scalar_one()
    furthest = later(DeliveryStatus(known.status), report.status)
    if furthest.value != known.status:
        known.status, known.code, known.remedy = furthest.value, code, remedy
        known.open, known.at = True, unit.clock.now()
        unit.add(known)
        await unit.flush()


async def apply(desk: Desk) -> bool:
    """Write reports to the messages they are about; whether there were any."""
    async with desk.unit(system(""), write=False) as unit:
        query = (
            select(col(Reminder.tenant), col(Reminder.id))
            .join(ProviderReport, col(ProviderReport.provider_ref) == col(Reminder.provider_ref))
            .where(col(ProviderReport.open).is_(True))
            .limit(_AT_ONCE)
        )
        found = [(tenant, reminder_id) for tenant, reminder_id in await unit.session.execute(query)]
    for tenant, reminder_id in found:
        async with desk.unit(system(tenant)) as unit:
            await _apply(unit, await unit.get(Reminder, reminder_id))
    return bool(found)


async def forget(unit: Unit) -> None:
    """Reports of messages that are none of ours (an answer to a text), and old ones, are let go after a week."""
    old = col(ProviderReport.at) < unit.clock.now() - KEPT
    await unit.session.execute(delete(ProviderReport).where(old))


async def _apply(unit: Unit, row: Reminder) -> None:
    query = select(ProviderReport).where(col(ProviderReport.provider_ref) == row.provider_ref).with_for_update()
    report = (await unit.session.execute(query)).scalar_one()
    await unit.session.execute(
        update(ProviderReport).where(col(ProviderReport.provider_ref) == row.provider_ref).values(open=False)
    )
    status = DeliveryStatus(report.status)
    if status is DeliveryStatus.DELIVERED and machine.allows(row.status, Act.deliver):
        now = unit.clock.now()
        await unit.move(row, machine, Act.deliver, at=now, delivered_at=now, wake_at=None, last_error=None)
        told(unit, row.id, row.channel, row.appointment_id, Act.deliver)
        if row.contact_id is not None:
            await aftermath.note_arrival(unit, [row.contact_id])
    elif status in _LOST and row.status == Status.sent:
        await _lost(unit, row, report)


async def _lost(unit: Unit, row: Reminder, report: ProviderReport) -> None:
    """It was taken and did not arrive: the contact point learns, and the next channel takes over."""
    await unit.move(
        row, machine, Act.fail_permanent, at=unit.clock.now(), wake_at=None, last_error=report.code or "undelivered"
    )
    told(unit, row.id, row.channel, row.appointment_id, Act.fail_permanent)
    if row.contact_id is not None:
        contact = await unit.get(ContactPoint, row.contact_id)
        if report.remedy == Remedy.OPTED_OUT:
            await consents.decide(unit, contact, granted=False, source="carrier")
        elif report.remedy == Remedy.BAD_ADDRESS:
            contact.failed_at = unit.clock.now()
        contact.undelivered_at = unit.clock.now()
        unit.add(contact)
        await unit.flush()
    await aftermath.another_way(unit, row)
