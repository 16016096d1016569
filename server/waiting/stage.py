"""Where a patient stands, in one word: worked out from appointment, entry and clock, never stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import col

from server.appointments.machine import Status as Appt
from server.appointments.service import LATE
from server.appointments.tables import Appointment
from server.settings import Settings
from server.store.unit import Unit
from server.waiting.machine import Status
from server.waiting.tables import WaitingRoomEntry


class Stage(StrEnum):
    early = "early"
    open = "open"
    waiting = "waiting"
    away = "away"
    called = "called"
    in_visit = "in-visit"
    ended = "ended"
    closed = "closed"


_IN_LINE = {Status.waiting: Stage.waiting, Status.away: Stage.away, Status.called: Stage.called}


def opens_at(settings: Settings, appointment: Appointment) -> datetime:
    """When the waiting room opens for this appointment."""
    return appointment.start - timedelta(minutes=settings.door_minutes)


async def latest_entry(unit: Unit, appointment_id: str) -> WaitingRoomEntry | None:
    query = unit.select(WaitingRoomEntry).where(col(WaitingRoomEntry.appointment_id) == appointment_id)
    return await unit.first(query.order_by(col(WaitingRoomEntry.turn).desc(), col(WaitingRoomEntry.since).desc()))


async def stage_of(unit: Unit, settings: Settings, appointment: Appointment) -> Stage:
    return stage(settings, appointment, await latest_entry(unit, appointment.id), unit.clock.now())


def stage(settings: Settings, appointment: Appointment, entry: WaitingRoomEntry | None, now: datetime) -> Stage:
    if appointment.status in {Appt.cancelled, Appt.entered_in_error}:
        return Stage.closed
    if appointment.status == Appt.fulfilled:
        return Stage.ended if now < appointment.end + timedelta(hours=settings.grace_hours) else Stage.closed
    if entry is not None and appointment.status == Appt.arrived:  # an entry that is over was expired by the worker
        if entry.status == Status.admitted:
            return Stage.in_visit
        if Status(entry.status) in _IN_LINE:
            return _IN_LINE[Status(entry.status)]
    if now > appointment.end + LATE:
        return Stage.closed
    return Stage.early if now < opens_at(settings, appointment) else Stage.open
