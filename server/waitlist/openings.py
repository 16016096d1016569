"""What became free, and whom it is offered to: in rank order, a few at a time, until somebody takes it.

The nearer the time, the more are asked at once: one a day and more ahead, three on the day, ten within two hours (then
only who is on standby). An offer lives ten minutes, never past the last moment at which coming is possible. Nobody gets
more than one offer at a time, nor more than three a day, nor any at night.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from server.appointments import busy, moving
from server.appointments.availability import is_closed
from server.appointments.hours import Span
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment, VisitType
from server.appointments.wish import Wish
from server.core.clock import zone as known_zone
from server.core.errors import StaleVersion
from server.core.ids import new_id
from server.core.principal import system
from server.events import AppointmentCancelled, AppointmentChanged, AppointmentMoved, MessageAsked
from server.store.unit import Desk, Unit
from server.waitlist.machine import Act, Status, machine
from server.waitlist.service import suits, waiting
from server.waitlist.tables import Opening, SlotOffer, WaitlistEntry

LIFE = timedelta(minutes=10)
LEAD = timedelta(minutes=15)  # nobody can come sooner
SHORT = timedelta(hours=2)
DAY = timedelta(days=1)
A_DAY = 3
LATER = timedelta(minutes=15)  # when those whom it suits are asleep, or have better by now
BY_DAY = (8, 21)
LEAST = timedelta(minutes=10)  # what a visit that ended early leaves, to be worth an offer


async def when_moved(unit: Unit, event: AppointmentMoved) -> None:
    """The old time is free, unless others of its group keep it. What was offered is of use only while it is earlier."""
    appointment = await unit.get(Appointment, event.appointment_id)
    await _end_offers(unit, appointment, col(SlotOffer.start) >= appointment.start)
    if appointment.start < event.was_start:
        await _filled(unit, appointment)
    await _note(unit, event.was_provider_id, event.was_start, event.was_end)


async def when_cancelled(unit: Unit, event: AppointmentCancelled) -> None:
    appointment = await unit.get(Appointment, event.appointment_id)
    await _end_offers(unit, appointment)
    await _note(unit, appointment.provider_id, appointment.start, appointment.end)


async def when_changed(unit: Unit, event: AppointmentChanged) -> None:
    """A visit that ended early leaves the rest of its time."""
    appointment = await unit.get(Appointment, event.appointment_id)
    if appointment.status == Appt.fulfilled and appointment.end - unit.clock.now() >= LEAST + LEAD:
        await _note(unit, appointment.provider_id, _five(unit.clock.now() + LEAD), appointment.end)


async def _filled(unit: Unit, appointment: Appointment) -> None:
    """The desk gave a freed time by hand to somebody on the list: they have what they waited for, and it is nobody
    else's. Who takes an offer of it at this moment has its row, and finds the time gone: we wait for nobody here."""
    query = unit.select(Opening).where(
        col(Opening.provider_id) == appointment.provider_id, col(Opening.closed_at).is_(None),
        col(Opening.start) < appointment.end, col(Opening.end) > appointment.start,
    )  # fmt: skip
    if not await unit.all(query) or not await end_entry(unit, appointment.id):
        return
    for opening in await unit.all(query.with_for_update(skip_locked=True)):
        close(unit, opening, appointment.id)
    await unit.flush()


async def _end_offers(unit: Unit, appointment: Appointment, *where: ColumnElement[bool]) -> None:
    """What a visit was offered is off. The opening asks the next ones at its time: its row is not ours to wait for."""
    query = unit.select(SlotOffer).where(
        col(SlotOffer.appointment_id) == appointment.id, col(SlotOffer.status) == Status.open.value, *where
    )
    for offer in await unit.all(query):
        await settle(unit, offer, Act.expire)


async def _note(unit: Unit, provider_id: str, start: datetime, end: datetime) -> None:
    now = unit.clock.now()
    if start < now + LEAD or not await busy.is_free(unit, provider_id, start, end):
        return
    if await is_closed(unit, provider_id, Span(start, end)):
        return  # nobody is there then: what became free is nobody's
    unit.add(
        Opening(
            id=new_id(), tenant=unit.tenant, provider_id=provider_id, start=start, end=end, made_at=now, next_at=now
        )
    )
    await unit.flush()


async def look(desk: Desk, tenant: str) -> None:
    """The worker's look at one practice. Somebody who answers in that very moment goes first; the next look sees it."""
    with suppress(StaleVersion):
        async with desk.unit(system(tenant)) as unit:
            await work(unit)


async def work(unit: Unit) -> int:
    """Close the offers that ran out and make those that are due; how many were made."""
    now = unit.clock.now()
    over = unit.select(SlotOffer).where(col(SlotOffer.status) == Status.open.value, col(SlotOffer.expires_at) <= now)
    for offer in await unit.all(over.order_by(col(SlotOffer.id)).with_for_update(skip_locked=True)):
        await settle(unit, offer, Act.expire)
    due = unit.select(Opening).where(col(Opening.closed_at).is_(None), col(Opening.next_at) <= now)
    made = 0
    for opening in await unit.all(due.order_by(col(Opening.start), col(Opening.id)).with_for_update(skip_locked=True)):
        made += await _offer(unit, opening)
    return made


async def settle(unit: Unit, offer: SlotOffer, act: Act) -> None:
    await unit.move(offer, machine, act)
    unit.emit(AppointmentChanged(appointment_id=offer.appointment_id))
    unit.record("U", f"offer.{act.value}", "Appointment", offer.appointment_id, person_id=offer.person_id)


async def end_entry(unit: Unit, appointment_id: str) -> bool:
    """Who was waiting has moved up; False when the visit is not on the list."""
    entry = await unit.first(unit.select(WaitlistEntry).where(col(WaitlistEntry.appointment_id) == appointment_id))
    if entry is None or entry.ended_at is not None:
        return False
    entry.ended_at, entry.moved_up = unit.clock.now(), True
    unit.add(entry)
    return True


def close(unit: Unit, opening: Opening, taken_by: str | None = None) -> None:
    opening.closed_at, opening.next_at, opening.taken_by = unit.clock.now(), None, taken_by
    unit.add(opening)


async def wish_of(unit: Unit, offer: SlotOffer | Opening, appointment: Appointment) -> Wish:
    """The visit as it would stand at the offered time: its own length and zone, its own buffers around it."""
    kind = await unit.get(VisitType, appointment.visit_type_id)
    start = offer.start if isinstance(offer, SlotOffer) else offer.start
    return moving.keeping_length(Wish(offer.provider_id, kind, known_zone(appointment.zone), start), appointment)


async def _offer(unit: Unit, opening: Opening) -> int:
    """The next ones in rank order; an opening that nobody is left for, or that is gone, is closed."""
    now = unit.clock.now()
    ahead = opening.start - now
    if ahead < LEAD:
        close(unit, opening)
        return 0
    wave = 1 if ahead >= DAY else 3 if ahead >= SHORT else 10
    expires = min(now + LIFE, opening.start - LEAD + timedelta(minutes=5))
    made = 0
    candidates = await _candidates(unit, opening)
    for entry in (one for one in candidates if awake(one, now)):
        appointment = await unit.get(Appointment, entry.appointment_id)
        if not await _fits(unit, opening, appointment):
            continue
        await _make(unit, opening, entry, appointment, expires)
        made += 1
        if made == wave:
            break
    if made == 0 and not candidates:
        close(unit, opening)
    else:
        opening.next_at = expires if made else now + LATER
        unit.add(opening)
    await unit.flush()
    return made


async def _candidates(unit: Unit, opening: Opening) -> list[WaitlistEntry]:
    """Who may be asked now: not on another offer, not asked for this one before, not asked too often today."""
    now = unit.clock.now()
    asked = unit.select(SlotOffer).where(col(SlotOffer.opening_id) == opening.id)
    live = unit.select(SlotOffer).where(col(SlotOffer.status) == Status.open.value)
    skip = {one.appointment_id for query in (asked, live) for one in await unit.all(query)}
    often = (
        select(col(SlotOffer.person_id))
        .where(col(SlotOffer.tenant) == unit.tenant, col(SlotOffer.made_at) > now - DAY)
        .group_by(col(SlotOffer.person_id))
        .having(func.count() >= A_DAY)
    )
    tired = set((await unit.session.execute(often)).scalars())
    short = opening.start - now < SHORT
    return [
        one
        for one in await waiting(unit)
        if one.appointment_id not in skip
        and one.person_id not in tired
        and one.provider_id in (None, opening.provider_id)
        and (one.standby or not short)
        and suits(one, opening.start)
    ]


def awake(entry: WaitlistEntry, now: datetime) -> bool:
    """Nobody is woken for an offer, and one that waits for the morning would have run out by then."""
    return BY_DAY[0] <= now.astimezone(ZoneInfo(entry.zone)).hour < BY_DAY[1]


async def _fits(unit: Unit, opening: Opening, appointment: Appointment) -> bool:
    """Earlier than what they have, and long enough with its buffers."""
    if opening.start >= appointment.start:
        return False
    wish = await wish_of(unit, opening, appointment)
    if wish.provider_id != appointment.provider_id and not wish.visit_type.offers(wish.provider_id):
        return False
    if await is_closed(unit, wish.provider_id, Span(wish.start, wish.end)):
        return False
    return await busy.is_free(unit, wish.provider_id, wish.taken_from, wish.taken_to)


async def _make(
    unit: Unit, opening: Opening, entry: WaitlistEntry, appointment: Appointment, expires: datetime
) -> None:
    wish = await wish_of(unit, opening, appointment)
    offer = SlotOffer(
        id=new_id(), tenant=unit.tenant, opening_id=opening.id, appointment_id=appointment.id,
        person_id=entry.person_id, provider_id=wish.provider_id, start=wish.start, end=wish.end,
        made_at=unit.clock.now(), expires_at=expires, status=machine.initial.value,
    )  # fmt: skip
    unit.add(offer)
    await unit.flush()
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.emit(
        MessageAsked(
            step="offer", person_id=entry.person_id, subject=offer.id, appointment_id=appointment.id,
            facts={"start": wish.start.isoformat()}, not_after=expires,
        )
    )  # fmt: skip
    unit.record("C", "offer.make", "Appointment", appointment.id, person_id=entry.person_id)


def _five(at: datetime) -> datetime:
    """Up to the next five minutes."""
    return at + timedelta(seconds=-int(at.timestamp()) % 300, microseconds=-at.microsecond)
