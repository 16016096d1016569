"""The schedule: the visits of some days, and of the week ahead those that need a human.

Its rows are lighter than the board's: a whole week of a clinic is shown at once. Whatever the board is told of, the
schedule is told of too, for every day; a reader drops the rows of days it does not show.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, or_
from sqlmodel import col, select

from server.access.service import practice_of, staff_names
from server.appointments import claims
from server.appointments.availability import rules_of
from server.appointments.hours import Span
from server.appointments.machine import Status
from server.appointments.tables import Appointment, VisitType
from server.people.schemas import Profile
from server.people.service import open_people, profiles
from server.reminders.tables import Reminder
from server.store.unit import Unit
from server.views.attention import attention
from server.views.board import deliveries, latest, stamp
from server.views.hanging import of_appointments
from server.waiting.tables import WaitingRoomEntry

AHEAD = timedelta(days=7)
NEAR = timedelta(hours=36)  # an unconfirmed visit farther away is no news yet
_HIDDEN = Status.entered_in_error.value
# Stands in the statement itself, so that its index is found.
_FAILED: BindParameter[str] = bindparam(None, "failed", literal_execute=True)


async def snapshot(unit: Unit, first: date, days: int) -> dict[str, Any]:
    """`{zone, from, days, rows}`: the practice's calendar days from `first` on."""
    zone = ZoneInfo((await practice_of(unit)).zone)
    window = days_of(zone, first, days)
    shown = {one.id: one for one in await _slots(
        unit, col(Appointment.start) >= window.start, col(Appointment.start) < window.end,
        col(Appointment.status) != _HIDDEN,
    )}  # fmt: skip
    perhaps = {one.id: one for one in await _slots(unit, *_perhaps_pressing(unit)) if one.id not in shown}
    every = shown | perhaps
    found = await _rows(unit, every, await profiles(unit, {one.person_id for one in every.values()}))
    near = unit.clock.now() + NEAR
    for row_id, one in perhaps.items():
        if not any(kind != "unconfirmed" or one.start < near for kind in found[row_id]["attention"]):
            del found[row_id]
    return {"zone": zone.key, "from": first.isoformat(), "days": days, "rows": found}


def days_of(zone: ZoneInfo, first: date, days: int) -> Span:
    """The instants between the first midnight and the one after the last day, on the wall clock of `zone`."""
    ends = (datetime.combine(day, time(), zone) for day in (first, first + timedelta(days=days)))
    start, end = (end.astimezone(ZoneInfo("UTC")) for end in ends)
    return Span(start, end)


class Slot(NamedTuple):
    """What the schedule shows of an appointment itself."""

    id: str
    status: str
    start: datetime
    end: datetime
    zone: str
    revision: int
    version: int
    participation: str
    visit_type_id: str
    provider_id: str
    person_id: str
    group_id: str | None
    series_id: str | None
    series_number: int | None
    note: bytes | None
    interpreter: bytes | None
    interpreter_status: str | None
    displaced: bool


_COLUMNS = tuple(getattr(Appointment, name) for name in Slot._fields)


async def _slots(unit: Unit, *where: ColumnElement[bool]) -> list[Slot]:
    return list(map(Slot._make, await unit.columns(Appointment, _COLUMNS, *where)))


def _perhaps_pressing(unit: Unit) -> tuple[ColumnElement[bool], ...]:
    """More than the visits of the week ahead that need a human: whether they do is for `attention` to say."""
    now = unit.clock.now()
    failed = select(col(Reminder.appointment_id)).where(
        col(Reminder.tenant) == unit.tenant, col(Reminder.status) == _FAILED, col(Reminder.due) > now - AHEAD
    )
    # Not `exists`: that PostgreSQL may answer by reading every message there is.
    written_to = (
        select(col(Reminder.appointment_id)).where(col(Reminder.appointment_id) == col(Appointment.id)).limit(1)
    )
    return (
        col(Appointment.start) >= now - timedelta(hours=1), col(Appointment.start) < now + AHEAD,
        or_(
            col(Appointment.status) == Status.arrived.value,
            and_(
                col(Appointment.status) == Status.booked.value,
                or_(
                    and_(col(Appointment.participation) == "needs-action", col(Appointment.start) < now + NEAR),
                    col(Appointment.participation).in_(["declined", "tentative"]),
                    col(Appointment.interpreter).is_not(None),
                    col(Appointment.displaced).is_(True),
                    col(Appointment.id).in_(failed),
                    written_to.scalar_subquery().is_(None),
                ),
            ),
        ),
    )  # fmt: skip


async def row(unit: Unit, appointment_id: str) -> dict[str, Any] | None:
    """One visit as the schedule shows it; None when it is taken off."""
    one = (await unit.find(Appointment, [appointment_id])).get(appointment_id)
    if one is None or one.status == _HIDDEN:
        return None
    slot = Slot(*(getattr(one, name) for name in Slot._fields))
    # The board's row of the same event has looked at this person already.
    people = {person.id: person.profile for person in (await open_people(unit, [one.person_id])).values()}
    return (await _rows(unit, {appointment_id: slot}, people))[appointment_id]


async def _rows(unit: Unit, by_id: dict[str, Slot], people: dict[str, Profile]) -> dict[str, dict[str, Any]]:
    """Rows by appointment id; eight queries for any number of them."""
    if not by_id:
        return {}
    appointments = by_id.values()
    beside = await claims.co_providers(unit, list(by_id))
    staff = {one.provider_id for one in appointments} | {other for many in beside.values() for other in many}
    names = await staff_names(unit, staff)
    types = await unit.find(VisitType, {one.visit_type_id for one in appointments})
    kinds = {one.id: {"id": one.id, "name": one.name, "modality": one.modality} for one in types.values()}
    who = {person_id: _person(person_id, profile) for person_id, profile in people.items()}
    seen_by = {account_id: {"id": account_id, "name": name} for account_id, name in names.items()}
    entries = latest(await of_appointments(unit, WaitingRoomEntry, list(by_id)))
    delivery = await deliveries(unit, {one.id: one.revision for one in appointments})
    cells = unit.cells()
    await cells.prefetch_cells(cell for one in appointments for cell in (one.interpreter, one.note))
    shown = {}
    for one in appointments:
        entry = entries.get(one.id)
        shown[one.id] = {
            "id": one.id, "status": one.status, "start": stamp(one.start), "end": stamp(one.end), "zone": one.zone,
            "revision": one.revision, "version": one.version, "participation": one.participation,
            "visit_type": kinds[one.visit_type_id], "provider": seen_by[one.provider_id],
            "co_providers": [seen_by[other] for other in beside.get(one.id, ())],
            "group_id": one.group_id,
            "series": {"id": one.series_id, "number": one.series_number} if one.series_id else None,
            "person": who[one.person_id],
            "note": cells.open("appointment", "note", one.id, one.note),
            "interpreter": cells.open("appointment", "interpreter", one.id, one.interpreter),
            "interpreter_status": one.interpreter_status,
            "delivery": delivery[one.id],
            "entry": {"state": entry.status, "media": entry.media, "camera": entry.camera,
                      "microphone": entry.microphone} if entry else None,
            "attention": attention(one, delivery[one.id], entry),
        }  # fmt: skip
    return shown


def _person(person_id: str, profile: Profile) -> dict[str, Any]:
    return {
        "id": person_id, "name": profile.name, "birth_date": profile.birth_date.isoformat(), "number": profile.number,
        "language": profile.language,
    }  # fmt: skip


async def openings(unit: Unit, provider_ids: Iterable[str], first: date, days: int) -> dict[str, list[dict[str, Any]]]:
    """When each provider may be booked on these days; who has no hours, not even the practice's, is left out."""
    window = days_of(ZoneInfo((await practice_of(unit)).zone), first, days)
    found = await rules_of(unit, provider_ids, window)
    return {
        provider_id: [{"start": stamp(one.start), "end": stamp(one.end)} for one in rules.openings(window)]
        for provider_id, rules in found.items()
    }
