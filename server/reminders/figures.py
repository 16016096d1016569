"""How messages fare and what they cost, counted by the database. Nothing of a person is in it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import col

from server.api.context import Ports
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.reminders import prices
from server.reminders.delivery_schemas import ChannelFigures, FiguresOut, VisitFigures
from server.reminders.machine import Status
from server.reminders.steps import CALL, EMAIL, SMS
from server.reminders.tables import Reminder
from server.store.unit import Unit

_OFF = (Appt.cancelled.value, Appt.entered_in_error.value)
_JOINED = (Appt.arrived.value, Appt.fulfilled.value)


async def figures(unit: Unit, ports: Ports, days: int) -> FiguresOut:
    """Of the last `days` days, until now."""
    until = unit.clock.now()
    since = until - timedelta(days=days)
    channels = [
        await _channel(unit, ports, channel, since, until) for channel in prices.PRICED if channel in unit.desk.channels
    ]
    return FiguresOut(since=since, until=until, channels=channels, visits=await _visits(unit, since, until))


async def _channel(unit: Unit, ports: Ports, channel: str, since: datetime, until: datetime) -> ChannelFigures:
    lost = case((col(Reminder.status) == Status.failed.value, 1), else_=0)
    counted = (
        func.count(), func.count(col(Reminder.sent_at)), func.count(col(Reminder.delivered_at)),
        func.count(col(Reminder.answered_at)), func.sum(lost),
    )  # fmt: skip
    query = select(*counted).where(
        col(Reminder.tenant) == unit.tenant, col(Reminder.channel) == channel, col(Reminder.due) >= since,
        col(Reminder.due) < until, col(Reminder.status) != Status.cancelled.value,
    )  # fmt: skip
    planned, sent, delivered, answered, failed = (await unit.session.execute(query)).one()
    parts = [
        (span, await _parts(unit, channel, span.begins, span.ends))
        for span in await prices.spans(unit, channel, since, until)
    ]
    costs, unpriced = prices.total(parts)
    return ChannelFigures(
        channel=channel, planned=planned, sent=sent, delivered=delivered if knows(ports, channel, delivered) else None,
        answered=answered, failed=failed or 0, parts=sum(count for _, count in parts), unpriced=unpriced, costs=costs,
    )  # fmt: skip


def knows(ports: Ports, channel: str, delivered: int) -> bool:
    """Whether anybody says of a channel what arrived."""
    return ports.receipts(channel) or delivered > 0


async def _parts(unit: Unit, channel: str, begins: datetime, ends: datetime) -> int:
    """What was paid for by a channel between two instants: segments of texts, mails and calls one by one."""
    what = func.coalesce(func.sum(col(Reminder.segments)), 0) if channel == SMS else func.count()
    query = select(what).where(
        col(Reminder.tenant) == unit.tenant, col(Reminder.channel) == channel, col(Reminder.sent_at) >= begins,
        col(Reminder.sent_at) < ends,
    )  # fmt: skip
    return int((await unit.session.execute(query)).scalar_one())


def flag(where: ColumnElement[bool]) -> ColumnElement[int]:
    """1 for a visit of which any message is so."""
    return func.max(case((where, 1), else_=0))


def total(what: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(what), 0)


async def _visits(unit: Unit, since: datetime, until: datetime) -> VisitFigures:
    sent = col(Reminder.sent_at).is_not(None) & (col(Reminder.channel) != CALL)
    arrived = col(Reminder.delivered_at).is_not(None) & (col(Reminder.channel) != CALL)
    unsure = sent & (col(Reminder.channel) == EMAIL) & (col(Reminder.status) == Status.sent.value)
    told = col(Reminder.delivered_at).is_not(None) & (col(Reminder.channel) == CALL)
    each = (
        select(
            col(Appointment.id), flag(sent).label("sent"), flag(arrived).label("arrived"),
            flag(unsure).label("unsure"), flag(told).label("told"),
            flag(col(Appointment.participation) != "needs-action").label("answered"),
            flag(col(Appointment.status).in_(_JOINED)).label("joined"),
        )
        .join(Reminder, col(Reminder.appointment_id) == col(Appointment.id))
        .where(
            col(Appointment.tenant) == unit.tenant, col(Appointment.start) >= since, col(Appointment.start) < until,
            col(Appointment.status).not_in(_OFF),
        )
        .group_by(col(Appointment.id))
        .subquery()
    )  # fmt: skip
    c = each.c
    query = select(
        func.count(), total(c.sent), total(c.arrived), total(c.unsure * (1 - c.arrived)),
        total(c.told * (1 - c.arrived)), total(c.answered), total(c.joined),
    )  # fmt: skip
    planned, went, came, maybe, by_staff, answered, joined = (await unit.session.execute(query.select_from(each))).one()
    return VisitFigures(
        planned=planned, sent=went, arrived=came, unsure=maybe, by_staff=by_staff, answered=answered, joined=joined
    )
