"""What follows from what became of a message: contact points learn, another channel takes over, staff are asked, and
who was told an old time is told the right one. In the transaction that writes the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import literal_column, or_, select, update
from sqlmodel import col

from notifications.message import DeliveryError, Receipt, Remedy
from server.appointments.tables import Appointment
from server.core.principal import system
from server.people import consents
from server.people.tables import ContactPoint
from server.reminders import rows
from server.reminders.claims import Outcome, given_back, refused
from server.reminders.letters import Held, Letter
from server.reminders.listeners import news, people
from server.reminders.machine import Act, Status
from server.reminders.planning import fitted
from server.reminders.steps import ANY, OVER, kind_of
from server.reminders.tables import Reminder
from server.store.unit import Desk, Unit

_BROKEN = {Remedy.BAD_ADDRESS}
_IN_VAIN = {Remedy.OTHER_CHANNEL, Remedy.RETRY_ONCE, Remedy.CONTENT}


def of_held(held: Held, now: datetime) -> Outcome:
    """The outcome of a message that does not leave (now)."""
    if held.until is not None:
        return given_back(held.row, held.until, held.why)
    if held.why == "internal":
        return refused(held.row, DeliveryError(False, held.why, "It could not be made."), now)
    return Outcome(held.row, Act.cancel, {"last_error": held.why, "in_doubt": held.row.in_doubt})


async def follow(
    unit: Unit,
    ours: Sequence[Outcome],
    results: Sequence[tuple[Letter, Receipt | DeliveryError | None]],
    held: Sequence[Held],
) -> None:
    """Everything that follows from a batch, for the outcomes that were ours to write."""
    mine = {one.row.id: one for one in ours}
    got = {letter.row.id: result for letter, result in results}
    errors = {key: error for key, error in got.items() if key in mine and isinstance(error, DeliveryError)}
    arrived = [one for one in ours if one.act is Act.deliver]
    await _learn(unit, arrived, [(mine[key], error) for key, error in errors.items()])
    elsewhere = {one.row.id for one in held if one.elsewhere}
    for one in ours:
        if one.act is Act.fail_permanent or one.row.id in elsewhere:
            await another_way(unit, one.row)
    left = [one for one in ours if one.act in {Act.accept, Act.deliver}]
    doubtful = [one for one in ours if one.act is Act.cancel and one.row.in_doubt]
    await _correct(unit, [*left, *doubtful])


async def _learn(unit: Unit, arrived: Sequence[Outcome], failed: Sequence[tuple[Outcome, DeliveryError]]) -> None:
    """Contact points remember what worked, what did not, and what must never be tried again."""
    now = unit.clock.now()
    points: set[str] = {one.row.contact_id for one in arrived}
    if points:
        await note_arrival(unit, points)
    for one, error in failed:
        values: dict[str, object] = {}
        if error.remedy is Remedy.OPTED_OUT:
            contact = await unit.get(ContactPoint, one.row.contact_id)
            await consents.decide(unit, contact, granted=False, source="carrier")
        elif error.remedy in _BROKEN:
            values["failed_at"] = now
        elif error.remedy in _IN_VAIN:
            values["undelivered_at"] = now
        if values:
            point = col(ContactPoint.id) == one.row.contact_id
            await unit.session.execute(update(ContactPoint).where(point).values(**values))


async def note_arrival(unit: Unit, contact_ids: Iterable[str]) -> None:
    """Only where it is news: a contact point that always works is not written to with every message."""
    arrived, lost = col(ContactPoint.delivered_at), col(ContactPoint.undelivered_at)
    await unit.session.execute(
        update(ContactPoint)
        .where(unit.among(col(ContactPoint.id), contact_ids), or_(arrived.is_(None), lost > arrived))
        .values(delivered_at=unit.clock.now())
        .execution_options(synchronize_session=False)
    )


async def another_way(unit: Unit, row: object) -> None:
    """The same step by the next channel that was not tried; when there is none it stands on the call list."""
    failed = row if isinstance(row, Reminder) else await unit.get(Reminder, row.id)  # type: ignore[attr-defined]
    known = await unit.all(
        unit.select(Reminder).where(
            col(Reminder.subject) == failed.subject, col(Reminder.revision) == failed.revision,
            col(Reminder.step) == failed.step,
        )
    )  # fmt: skip
    if any(one.id != failed.id and one.status in _GOES for one in known):
        return  # it went, or goes, by another channel anyway
    person = (await people(unit, [failed.person_id]))[failed.person_id]
    now, kind = unit.clock.now(), kind_of(failed.step)
    start = (await unit.get(Appointment, failed.appointment_id)).start if failed.appointment_id else None
    not_after = failed.not_after
    if start is not None and not kind.fleeting:
        not_after = max(not_after, start)
    if not_after <= now:
        return  # nobody is helped by it any more
    planned = fitted(
        failed.step, kind, kind.channels, now, not_after, person, unit.desk.channels, now, start,
        tried={one.channel for one in known},
    )  # fmt: skip
    if planned is None:
        return
    made = rows.row(
        unit, planned, subject=failed.subject, revision=failed.revision, person_id=failed.person_id,
        appointment_id=failed.appointment_id,
    )  # fmt: skip
    if failed.facts is not None:
        text = (await unit.dek()).open("reminder", "facts", failed.id, failed.facts)
        made["facts"] = (await unit.dek()).seal("reminder", "facts", made["id"], text)
    await rows.add(unit, [made])


_GOES = (Status.scheduled, Status.retrying, Status.sending, Status.sent, Status.delivered)


async def _correct(unit: Unit, left: Sequence[Outcome]) -> None:
    """A message about an old time lost the race against the change: the right time follows it, whatever came between.

    The change itself planned its news while this message was leaving; where that has gone out already, this one may
    have arrived after it.
    """
    left = [one for one in left if one.row.appointment_id and kind_of(one.row.step).wanted != ANY]
    about = {one.row.appointment_id for one in left}
    if not about:
        return
    found = await unit.session.execute(
        select(col(Appointment.id), col(Appointment.revision), col(Appointment.status)).where(
            unit.among(col(Appointment.id), about), col(Appointment.tenant) == unit.tenant
        )
    )
    present = {appointment_id: (revision, status) for appointment_id, revision, status in found}
    for one in left:
        revision, status = present.get(one.row.appointment_id, (one.row.revision, ""))
        if revision == one.row.revision and status not in OVER - kind_of(one.row.step).wanted:
            continue
        appointment = await unit.get(Appointment, one.row.appointment_id)
        over = status in OVER
        if await _news_is_ahead(unit, appointment, "cancelled" if over else "moved", one.row.channel):
            continue
        await news(unit, appointment, f"{'cancelled' if over else 'correction'}.{one.row.revision}", [one.row.channel])


async def _news_is_ahead(unit: Unit, appointment: Appointment, step: str, channel: str) -> bool:
    query = unit.select(Reminder).where(
        col(Reminder.subject) == appointment.id, col(Reminder.revision) == appointment.revision,
        col(Reminder.step).like(f"{step}%"), col(Reminder.channel) == channel,
        col(Reminder.status).in_([one.value for one in rows.WAITING]),
    )  # fmt: skip
    return await unit.first(query) is not None


async def escalate(desk: Desk, limit: int) -> bool:
    """A text was taken and nothing was heard of it: the next channel, and in the end the call list."""
    async with desk.unit(system(""), write=False) as unit:
        now = await unit.database_now()
        query = (
            select(col(Reminder.tenant), col(Reminder.id))
            .where(literal_column("status = 'sent'"), rows.wakes(now))  # as `ix_reminder_silent` says it
            .limit(limit)
        )
        silent = [(tenant, reminder_id) for tenant, reminder_id in await unit.session.execute(query)]
    for tenant, reminder_id in silent:
        async with desk.unit(system(tenant)) as unit:
            row = await unit.get(Reminder, reminder_id)
            if row.status != Status.sent or row.wake_at is None:
                continue  # the receipt came, or another worker was here
            await unit.swap(row, wake_at=None, last_error="no-receipt")
            await note_silence(unit, row)
            await another_way(unit, row)
    return bool(silent)


async def note_silence(unit: Unit, row: Reminder) -> None:
    if row.contact_id is not None:
        contact = await unit.get(ContactPoint, row.contact_id)
        contact.undelivered_at = unit.clock.now()
        unit.add(contact)
        await unit.flush()
