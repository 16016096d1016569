"""Send the alerts that are due: claimed by lease, sent, forgotten. A worker that dies in between leaves a row whose
lease ends. The same alert twice is the same notification; an on-call phone is texted twice rather than not at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlmodel import col

from notifications.message import DeliveryError, Remedy, Sms
from notifications.texts import render, when
from server.access.links import url_of
from server.access.service import practice_of
from server.access.tables import Guest
from server.api.context import Ports
from server.appointments.interpreter_tables import Interpreter, InterpreterRace
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.core.principal import system
from server.push import service
from server.push.tables import Alert, OnCallPhone, PushSubscription
from server.store.unit import Desk, Unit

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
AT_ONCE = 50
AGAIN = timedelta(seconds=20)  # doubled with each try


async def once(ports: Ports) -> bool:
    """Send what is due; whether there was anything."""
    claimed = await _claim(ports.desk)
    for alert in claimed:
        try:
            await _send(ports, alert)
        except DeliveryError as error:
            await _failed(ports, alert, error)
        except Exception as error:  # noqa: BLE001 - one alert that cannot be made must not hold back the others
            log.error("alert.stumbled", exc_info=error, alert=alert.id)
            await _failed(ports, alert, DeliveryError(False, "internal", "The alert could not be made."))
        else:
            await _done(ports, alert)
    return bool(claimed)


async def _claim(desk: Desk) -> list[Alert]:
    async with desk.unit(system("")) as unit:
        now = unit.clock.now()
        due = (
            select(col(Alert.id))
            .where(col(Alert.wake_at) <= now)
            .order_by(col(Alert.wake_at))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(Alert)
            .where(col(Alert.id).in_(due))
            .values(wake_at=now + LEASE, attempts=col(Alert.attempts) + 1)
            .returning(Alert)
            .execution_options(synchronize_session=False)
        )
        return list((await unit.session.execute(taken)).scalars())


async def _send(ports: Ports, alert: Alert) -> None:
    async with ports.desk.unit(system(alert.tenant), write=False) as unit:
        if unit.clock.now() > alert.not_after:
            return
        handle = await unit.dek()
        if alert.channel == service.PUSH:
            browser = await unit.get(PushSubscription, alert.target_id)
            to, locale = service.opened(handle, browser), browser.locale
        else:
            practice = await practice_of(unit)
            written = await _text(unit, ports, alert.target_id)
            if written is None:
                return
            number, text = written
        left = max(int((alert.not_after - unit.clock.now()).total_seconds()), 0)
    if alert.channel == service.PUSH:
        await ports.push.send(to, locale, life=left, urgent=alert.urgent)
        return
    message = Sms(to=number, body=text, key=f"alert-{alert.id}", sender=practice.sms_number)
    # A lost answer is not settled by `find`: these texts are all alike, and another emergency's must not stand for it.
    await ports.sms.send(message)


async def _text(unit: Unit, ports: Ports, target_id: str) -> tuple[str, str] | None:
    """(number, text) for an on-call phone or for an interpreter who is asked; None when nobody need be asked now."""
    handle, practice = await unit.dek(), await practice_of(unit)
    phone = await unit.session.get(OnCallPhone, target_id)
    if phone is not None:
        board = f"{ports.settings.public_url}/board"
        words = render("staff_alert", "sms", practice.locale, clinic=practice.name, link=board)
        return handle.open("on_call_phone", "value", phone.id, phone.value), words.text
    guest = await unit.get(Guest, target_id)
    key = await _asked(unit, guest)
    if key is None:
        return None
    one = await unit.get(Interpreter, guest.interpreter_id or "")
    facts: dict[str, str] = {"link": url_of(ports.keys, ports.settings.public_url, guest)}
    if key == "interpreter_off":
        appointment = await unit.get(Appointment, guest.appointment_id)
        facts = dict(when(appointment.start, appointment.zone, practice.locale).context())
    words = render(key, "sms", practice.locale, clinic=practice.name, **facts)
    return handle.open("interpreter", "phone", one.id, one.phone), words.text


async def _asked(unit: Unit, guest: Guest) -> str | None:
    """What an interpreter is told: to come, whether they still can, or that they need not. None: nothing any more."""
    if guest.ended_at is not None:
        return None
    if not guest.offered:
        appointment = await unit.get(Appointment, guest.appointment_id)
        return "interpreter_off" if appointment.status == Appt.cancelled else None
    race = await unit.get(InterpreterRace, guest.race_id or "")
    if race.closed_at is not None:
        return None
    return "interpreter_moved" if guest.created_at < race.created_at else "interpreter_asked"


async def _done(ports: Ports, alert: Alert) -> None:
    async with ports.desk.unit(system(alert.tenant)) as unit:
        await unit.session.execute(delete(Alert).where(col(Alert.id) == alert.id))
        unit.record("E", f"alert.sent.{alert.channel}", "Communication", alert.id)


async def _failed(ports: Ports, alert: Alert, error: DeliveryError) -> None:
    """Ended subscriptions are forgotten; what may still help is tried again; the rest is let go and said in the log."""
    async with ports.desk.unit(system(alert.tenant)) as unit:
        log.warning("alert.failed", channel=alert.channel, code=error.code)
        if alert.channel == service.PUSH and error.remedy is Remedy.BAD_ADDRESS:
            await service.forget(unit, alert.target_id)
            return
        again: datetime = unit.clock.now() + AGAIN * 2 ** (alert.attempts - 1)
        if error.permanent or again > alert.not_after:
            await unit.session.execute(delete(Alert).where(col(Alert.id) == alert.id))
            unit.record("E", f"alert.failed.{alert.channel}", "Communication", alert.id, outcome="8")
        else:
            await unit.session.execute(update(Alert).where(col(Alert.id) == alert.id).values(wake_at=again))
