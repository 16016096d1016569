"""What makes messages necessary: listeners on the events of lower features, in those features' own transactions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlmodel import col

from server.access.service import practice_of
from server.appointments.tables import Appointment
from server.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentChanged,
    AppointmentHandedOver,
    AppointmentMoved,
    DeliveryChanged,
    EntryChanged,
    LateTold,
    MessageAsked,
    PatientSummoned,
)
from server.people.service import Reach, open_people, reaches_of, signs
from server.reminders import rows
from server.reminders.machine import Status
from server.reminders.planning import Person, Planned, fitted, for_visit
from server.reminders.rules import hold, rules_of
from server.reminders.steps import CALL, EMAIL, MAIL_FIRST, SMS, STEPS, TEXT_FIRST, kind_of
from server.reminders.tables import Reminder
from server.store.unit import Unit
from server.waiting.late import PRESENT
from server.waiting.machine import Act
from server.waiting.service import live_entry

ANSWERED = ("accepted", "declined")
TAKE_BACK = timedelta(seconds=10)  # whoever said that a line runs late may take it back before anything leaves
_TOLD = (Status.sending, Status.sent, Status.delivered)  # the person knows, or may know in a moment


async def when_booked(unit: Unit, event: AppointmentBooked) -> None:
    """Plan the messages of a new appointment. One text tells of a whole series; each visit has its calendar by mail."""
    await hold(unit)
    appointment = await unit.get(Appointment, event.appointment_id)
    await plan_visits(unit, [appointment], silent={("confirmation", SMS)} if event.again else ())


async def when_moved(unit: Unit, event: AppointmentMoved) -> None:
    """Another time or provider: the old plan is void, the new one is planned, and who was told the old time is told the
    new one. Somebody who chose it knows; the calendar in their mailbox does not."""
    await hold(unit)
    appointment = await unit.get(Appointment, event.appointment_id)
    known = await rows.of_subjects(unit, [appointment.id])
    await rows.void(
        unit, col(Reminder.subject) == appointment.id, col(Reminder.revision) < appointment.revision, why="moved"
    )
    told = _channels(known)
    quiet = event.by_patient or event.again
    # The same time with somebody else is said as that: the old time once more would read like a mistake.
    step = "colleague" if appointment.start == event.was_start else "moved"
    await news(unit, appointment, step, [one for one in told if one == EMAIL or not quiet])
    without = frozenset({"confirmation"} if told else ())
    await plan_visits(unit, [appointment], without=without, silent={("confirmation", SMS)} if quiet else ())


async def when_handed_over(unit: Unit, event: AppointmentHandedOver) -> None:
    """Somebody else sees a person who is here: what is planned says the same as before (no message and no calendar
    file names a provider), so it goes along to the new revision instead of being held as one of the old time."""
    appointment = await unit.get(Appointment, event.appointment_id)
    await rows.carry(unit, appointment.id, appointment.revision)


async def when_cancelled(unit: Unit, event: AppointmentCancelled) -> None:
    """Called off: nothing about it leaves any more but the news, for whom nobody told yet; calendars hear it too."""
    appointment = await unit.get(Appointment, event.appointment_id)
    known = await rows.of_subjects(unit, [appointment.id])
    await rows.void(unit, col(Reminder.subject) == appointment.id, why="called-off")
    if appointment.end > unit.clock.now():
        told = _channels(known)
        await news(unit, appointment, "cancelled", [one for one in told if one == EMAIL or event.tell])


async def when_changed(unit: Unit, event: AppointmentChanged) -> None:
    """An answer ends what asks for one, and stands in the ledger beside the message that it answers."""
    appointment = await unit.get(Appointment, event.appointment_id)
    if appointment.participation == "needs-action":
        return
    known = await rows.of_subjects(unit, [appointment.id])
    if appointment.participation in ANSWERED:
        asking = [step for step in {one.step for one in known} if kind_of(step).answered]
        await rows.void(unit, col(Reminder.subject) == appointment.id, col(Reminder.step).in_(asking), why="answered")
    await _answer(unit, appointment, known)


async def when_entry_changed(unit: Unit, event: EntryChanged) -> None:
    """The provider calls somebody whose page has been silent: they are summoned, once for each call. Whoever looks at
    the page sees and hears it there; whoever said to wait elsewhere is summoned by the forecast. Whoever is deaf or
    signs hears nothing there: a text shakes their phone when they are called, or let in without a call."""
    if event.act not in {Act.call, Act.admit}:
        return
    if await _felt_only(unit, event):
        await _summon(unit, event.appointment_id)
        return
    if event.act != Act.call:
        return
    entry = await live_entry(unit, event.appointment_id)
    if entry is None or entry.travel_minutes is not None or entry.last_seen > unit.clock.now() - PRESENT:
        return
    await _summon(unit, event.appointment_id)


async def _felt_only(unit: Unit, event: EntryChanged) -> bool:
    """They hear no chime, and have not been texted for this turn already."""
    appointment = await unit.get(Appointment, event.appointment_id)
    if not await signs(unit, appointment.person_id):
        return False
    since = unit.clock.now() - STEPS["summons"].life
    sent = [one for one in await rows.of_subjects(unit, [appointment.id]) if one.step.startswith("summons")]
    return not any(one.due > since for one in sent)


async def when_summoned(unit: Unit, event: PatientSummoned) -> None:
    """Whoever waits elsewhere should start out now."""
    await _summon(unit, event.appointment_id)


async def _summon(unit: Unit, appointment_id: str) -> None:
    appointment = await unit.get(Appointment, appointment_id)
    known = {one.step for one in await rows.of_subjects(unit, [appointment.id])}
    number = 1 + sum(step.startswith("summons") for step in known)
    person = (await people(unit, [appointment.person_id]))[appointment.person_id]
    now, kind = unit.clock.now(), STEPS["summons"]
    planned = fitted(
        f"summons.{number}", kind, kind.channels, now, now + kind.life, person, unit.desk.channels, now,
        appointment.start,
    )  # fmt: skip
    await _add(unit, appointment, [planned])


async def when_late(unit: Unit, event: LateTold) -> None:
    """A line runs late, or in time again: whoever does not see it on the page is told, and nobody is told what was
    taken back before it left."""
    appointment = await unit.get(Appointment, event.appointment_id)
    known = [one for one in await rows.of_subjects(unit, [appointment.id]) if one.step.startswith(("late", "in-time"))]
    await rows.void(unit, col(Reminder.id).in_([one.id for one in known]), why="changed")
    told = [one for one in known if one.status in _TOLD]
    newest = max(told, key=lambda one: (one.due, one.id), default=None)
    late = newest is not None and newest.step.startswith("late")
    if event.here or (event.minutes == 0 and not late):
        return
    now = unit.clock.now()
    step = f"{'late' if event.minutes else 'in-time'}.{int(now.timestamp() * 1_000_000)}"
    person = (await people(unit, [appointment.person_id]))[appointment.person_id]
    kind, due = kind_of(step), now + TAKE_BACK
    planned = fitted(
        step, kind, kind.channels, due, due + kind.life, person, unit.desk.channels, now, appointment.start
    )
    facts = {"minutes": str(event.minutes)} if event.minutes else {}
    await _add(unit, appointment, [planned], facts)


async def when_asked(unit: Unit, event: MessageAsked) -> None:
    """Another feature needs a message. Asking twice for the same subject, number and step plans it once."""
    planned = await way_of(unit, event)
    if planned is not None:
        await plan(unit, event, planned)


async def way_of(unit: Unit, event: MessageAsked) -> Planned | None:
    """How and when this message would leave, for whoever must know before they ask for it."""
    kind, now = kind_of(event.step), unit.clock.now()
    person = (await people(unit, [event.person_id]))[event.person_id]
    due = max(event.due or now, now)
    start = None
    if event.appointment_id is not None:
        start = (await unit.get(Appointment, event.appointment_id)).start
    return fitted(
        event.step, kind, kind.channels, due, event.not_after or due + kind.life, person, unit.desk.channels, now, start
    )


def asked(appointment: Appointment, step: str) -> MessageAsked:
    """That a message about this visit as it stands now is wanted."""
    return MessageAsked(
        step=step, person_id=appointment.person_id, subject=appointment.id, number=appointment.revision,
        appointment_id=appointment.id,
    )  # fmt: skip


async def leaves_now(unit: Unit, event: MessageAsked) -> tuple[Planned, Reach] | None:
    """The way by which it reaches the person in this minute; None when nothing does, or only at a later hour."""
    planned = await way_of(unit, event)
    if planned is None or planned.reach is None or planned.due > unit.clock.now():
        return None
    return planned, planned.reach


async def plan(unit: Unit, event: MessageAsked, planned: Planned) -> None:
    """Write down a message that `way_of` found a way for."""
    made = rows.row(
        unit, planned, subject=event.subject, revision=event.number, person_id=event.person_id,
        appointment_id=event.appointment_id,
    )  # fmt: skip
    made["facts"] = await rows.seal_facts(unit, made["id"], event.facts)
    await rows.add(unit, [made])
    if event.appointment_id is not None:
        unit.emit(DeliveryChanged(appointment_id=event.appointment_id))


async def plan_visits(
    unit: Unit,
    appointments: Sequence[Appointment],
    *,
    without: frozenset[str] = frozenset(),
    silent: Collection[tuple[str, str]] = (),
) -> list[Planned]:
    """Plan the messages of appointments at their present revision: a handful of queries for any number of them."""
    now, channels = unit.clock.now(), unit.desk.channels
    known = await people(unit, {one.person_id for one in appointments})
    plans = await rules_of(unit, {one.visit_type_id for one in appointments})
    made, planned = [], []
    for appointment in appointments:
        rules = [rule for rule in plans[appointment.visit_type_id] if rule.kind not in without]
        for one in for_visit(appointment, rules, known[appointment.person_id], channels, now):
            if (one.step, one.channel) in silent:
                continue
            planned.append(one)
            made.append(_row(unit, appointment, one))
    await rows.add(unit, made)
    return planned


async def people(unit: Unit, person_ids: set[str] | list[str]) -> dict[str, Person]:
    """What planning must know of these people; who has no zone on record lives by the practice's."""
    opened = await open_people(unit, person_ids)
    reached = await reaches_of(unit, person_ids)
    practice = await practice_of(unit)
    return {
        person_id: Person(person_id, one.profile.zone or practice.zone, reached[person_id])
        for person_id, one in opened.items()
    }


async def news(unit: Unit, appointment: Appointment, step: str, told: Sequence[str]) -> None:
    """Tell that a visit moved or is called off, by every channel (`told`) that told the old time."""
    person = (await people(unit, [appointment.person_id]))[appointment.person_id]
    now, kind = unit.clock.now(), kind_of(step)
    found: dict[str, Planned] = {}
    for channel in told:
        wanted = MAIL_FIRST if channel == EMAIL else TEXT_FIRST
        # A visit that is called off is news until the time at which it would have ended.
        late = max(appointment.end, now + kind.life)
        one = fitted(step, kind, wanted, now, late, person, unit.desk.channels, now, appointment.start)
        if one is not None:
            found.setdefault(one.channel, one)
    await _add(unit, appointment, list(found.values()))


def _channels(known: Sequence[Reminder]) -> list[str]:
    """The channels by which somebody was told of a visit, is being told at this moment, or may have been: by a worker
    that died before it could write it down."""
    told = [one for one in known if one.status in _TOLD or one.in_doubt]
    return sorted({one.channel for one in told if kind_of(one.step).text is not None})


async def _answer(unit: Unit, appointment: Appointment, known: Sequence[Reminder]) -> None:
    """Note on the newest message that it was answered, so that the ledger tells the whole way."""
    sent = [one for one in known if one.sent_at is not None and one.channel != CALL]
    if not sent:
        return
    newest = max(sent, key=lambda one: (one.sent_at, one.id))
    if newest.answer != appointment.participation:
        newest.answer, newest.answered_at = appointment.participation, unit.clock.now()
        unit.add(newest)


async def _add(
    unit: Unit, appointment: Appointment, planned: Sequence[Planned | None], facts: Mapping[str, str] | None = None
) -> None:
    made = [_row(unit, appointment, one) for one in planned if one is not None]
    for one in made:
        one["facts"] = await rows.seal_facts(unit, str(one["id"]), facts or {})
    await rows.add(unit, made)
    if made:
        unit.emit(DeliveryChanged(appointment_id=appointment.id))


def _row(unit: Unit, appointment: Appointment, planned: Planned) -> dict[str, object]:
    return rows.row(
        unit, planned, subject=appointment.id, revision=appointment.revision, person_id=appointment.person_id,
        appointment_id=appointment.id,
    )  # fmt: skip
