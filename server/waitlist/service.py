"""The list itself: who would come earlier, and what they would take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import col

from server.appointments.machine import Status as Appt
from server.appointments.shown import reader_of, stamp
from server.appointments.tables import Appointment
from server.core.clock import zone as known_zone
from server.core.errors import Conflict, Fault, Invalid, NotFound
from server.core.ids import new_id
from server.events import AppointmentChanged
from server.people.service import open_people
from server.store.unit import Unit
from server.tasks.kinds import Priority
from server.waitlist.machine import Status
from server.waitlist.schemas import EntryOut, OpeningOut, WaitlistIn, WaitlistOut
from server.waitlist.tables import Opening, SlotOffer, WaitlistEntry

RANKS = {Priority.stat: 1, Priority.asap: 2, Priority.urgent: 3, Priority.routine: 4}
_NAMES = {rank: priority.value for priority, rank in RANKS.items()}


async def join(unit: Unit, body: WaitlistIn) -> WaitlistEntry:
    """Put a booked visit on the list, or change what it would take: the place in the list is kept.

    Raises NotFound, Conflict when the visit is not ahead any more, Invalid with pointers.
    """
    _refuse_backwards(body)
    appointment = await unit.get(Appointment, body.appointment_id)
    if appointment.status != Appt.booked or appointment.start <= unit.clock.now():
        raise Conflict("Only a booked visit that is still ahead can wait for an earlier time.")
    reader = await reader_of(unit, appointment.person_id)
    zone = known_zone(body.zone) if body.zone else reader.zone
    query = unit.select(WaitlistEntry).where(col(WaitlistEntry.appointment_id) == appointment.id)
    entry = await unit.first(query)
    now = unit.clock.now()
    if entry is None:
        entry = WaitlistEntry(
            id=new_id(), tenant=unit.tenant, appointment_id=appointment.id, person_id=appointment.person_id,
            visit_type_id=appointment.visit_type_id, zone=zone.key, created_at=now,
        )  # fmt: skip
    elif entry.ended_at is not None:
        entry.created_at, entry.ended_at, entry.moved_up = now, None, False
    entry.provider_id = None if body.any_provider else appointment.provider_id
    entry.rank, entry.standby, entry.zone = RANKS[body.priority], body.standby, zone.key
    entry.first_day, entry.last_day, entry.weekdays = body.first_day, body.last_day, sorted(set(body.weekdays))
    entry.begins, entry.ends = minutes_of(body.begins), minutes_of(body.ends)
    unit.add(entry)
    await unit.flush()
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("C", "waitlist.join", "Appointment", appointment.id, person_id=appointment.person_id)
    return entry


def _refuse_backwards(body: WaitlistIn) -> None:
    faults = []
    if body.first_day and body.last_day and body.last_day < body.first_day:
        faults.append(Fault("/last_day", "lies before the first day"))
    if minutes_of(body.ends) <= minutes_of(body.begins):
        faults.append(Fault("/ends", "lies before the beginning"))
    if faults:
        raise Invalid("The wish for an earlier time needs fixing.", errors=faults)


async def leave(unit: Unit, entry_id: str) -> None:
    """Take a visit off the list; an open offer stays open until it runs out. Raises NotFound when it is not on it."""
    entry = await unit.get(WaitlistEntry, entry_id)
    if entry.ended_at is not None:
        raise NotFound("This visit is not on the waitlist any more.")
    entry.ended_at = unit.clock.now()
    unit.add(entry)
    await unit.flush()
    unit.emit(AppointmentChanged(appointment_id=entry.appointment_id))
    unit.record("D", "waitlist.leave", "Appointment", entry.appointment_id, person_id=entry.person_id)


async def waiting(unit: Unit) -> list[WaitlistEntry]:
    """Everybody on the list whose visit is still booked, in the order in which they are asked."""
    booked = unit.select(Appointment).where(
        col(Appointment.status) == Appt.booked.value, col(Appointment.start) > unit.clock.now()
    )
    query = unit.select(WaitlistEntry).where(
        col(WaitlistEntry.ended_at).is_(None),
        col(WaitlistEntry.appointment_id).in_(booked.with_only_columns(col(Appointment.id))),
    )
    return await unit.all(query.order_by(col(WaitlistEntry.rank), col(WaitlistEntry.created_at), col(WaitlistEntry.id)))


async def states_of(unit: Unit, appointment_ids: Sequence[str]) -> dict[str, str]:
    """`waiting` for visits on the list, `moved-up` for those that took an earlier time from it."""

    async def load() -> dict[str, str]:
        query = unit.select(WaitlistEntry).where(col(WaitlistEntry.appointment_id).in_(appointment_ids))
        return {
            one.appointment_id: "moved-up" if one.moved_up else "waiting"
            for one in await unit.all(query)
            if one.moved_up or one.ended_at is None
        }

    return await unit.once((states_of, *appointment_ids), load)


async def shown(unit: Unit) -> WaitlistOut:
    """The list in its order, and what became free that is still of use or went to somebody."""
    entries = await waiting(unit)
    offers = await unit.all(unit.select(SlotOffer).where(col(SlotOffer.status) == Status.open.value))
    people = await open_people(unit, {one.person_id for one in entries})
    visits = await unit.find(Appointment, {one.appointment_id for one in entries})
    by_visit = {one.appointment_id: one for one in offers}
    query = unit.select(Opening).where(col(Opening.start) > unit.clock.now()).order_by(col(Opening.start))
    openings = await unit.all(query)
    made = await unit.all(unit.select(SlotOffer).where(col(SlotOffer.opening_id).in_([one.id for one in openings])))
    unit.record("R", "waitlist.read", "Appointment", "")
    return WaitlistOut(
        entries=[
            EntryOut(
                id=one.id, appointment_id=one.appointment_id, start=stamp(visits[one.appointment_id].start),
                version=visits[one.appointment_id].version,
                person={"id": one.person_id, "name": people[one.person_id].profile.name},
                provider_id=one.provider_id, priority=_NAMES[one.rank], standby=one.standby, zone=one.zone,
                first_day=one.first_day, last_day=one.last_day, weekdays=one.weekdays, begins=_text(one.begins),
                ends=_text(one.ends), since=stamp(one.created_at), offer=_brief(by_visit.get(one.appointment_id)),
            )
            for one in entries
        ],
        openings=[_opening(one, made) for one in openings],
    )  # fmt: skip


def suits(entry: WaitlistEntry, start: datetime) -> bool:
    """Whether a start lies in what an entry would take, by the clock on the person's wall."""
    wall = start.astimezone(ZoneInfo(entry.zone))
    minute = wall.hour * 60 + wall.minute
    return (
        (entry.first_day is None or entry.first_day <= wall.date())
        and (entry.last_day is None or wall.date() <= entry.last_day)
        and (not entry.weekdays or wall.isoweekday() in entry.weekdays)
        and entry.begins <= minute < entry.ends
    )


def minutes_of(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _brief(offer: SlotOffer | None) -> dict[str, str] | None:
    return (
        None if offer is None else {"id": offer.id, "start": stamp(offer.start), "expires_at": stamp(offer.expires_at)}
    )


def _opening(one: Opening, offers: Sequence[SlotOffer]) -> OpeningOut:
    return OpeningOut(
        id=one.id, provider_id=one.provider_id, start=stamp(one.start), end=stamp(one.end),
        state="taken" if one.taken_by else "closed" if one.closed_at else "open",
        offered=sum(offer.opening_id == one.id for offer in offers), taken_by=one.taken_by,
    )  # fmt: skip
