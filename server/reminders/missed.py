"""Did somebody not come? Proposed to the staff, never set: after a rescue call, when the provider was there and free,
and when nothing says that the person tried, could not, or was never reached.

What speaks against it ends the proposal; what only makes it too early postpones it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from server.access.links import of_appointment as link_of
from server.appointments import pools
from server.appointments.tables import Appointment
from server.events import AppointmentCancelled, AppointmentMoved, EntryChanged, LinkOpened
from server.people.service import reaches
from server.reminders import rows
from server.reminders.machine import Status
from server.reminders.steps import CALL, SMS, kind_of
from server.reminders.tables import Reminder
from server.store.unit import Unit
from server.tasks import service as tasks
from server.tasks.kinds import Kind
from server.tasks.machine import OPEN
from server.tasks.machine import Status as Task_
from server.waiting.late import PRESENT, holds, notice_of
from server.waiting.machine import Act
from server.waiting.machine import Status as Entry
from server.waiting.tables import Assist, StaffPresence, WaitingRoomEntry

AFTER = timedelta(minutes=10)  # past the time at which the visit could have begun
ANSWER = timedelta(minutes=5)  # that the rescue call is given
AGAIN = timedelta(minutes=2)
TRIED = timedelta(hours=1)  # opening the link so long before the visit, or later, is trying to come
_FAULTS = frozenset({"site-denied", "os-denied", "absent", "in-use", "insecure", "policy"})
_UNDER_WAY = (Status.scheduled, Status.retrying, Status.sending)


@dataclass(frozen=True, slots=True)
class Facts:
    """`ready_since`: from when on the provider was there and free; None: they are not. `rescued_at`: when the rescue
    message arrived (as far as its channel tells), or somebody of the staff rang."""

    now: datetime
    start: datetime
    opened_at: datetime | None = None
    device_failed: bool = False
    undelivered: bool = False
    wished: bool = False
    ready_since: datetime | None = None
    rescued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` it is not proposed (None: it is), and when to look again (None: never)."""

    why: str | None = None
    until: datetime | None = None


def verdict(facts: Facts) -> Verdict:
    """`start` counts as the visit's time or, when the line runs late, the time that was told."""
    never = {
        "asked-otherwise": facts.wished,
        "link-opened": facts.opened_at is not None and facts.opened_at >= facts.start - TRIED,
        "device-failed": facts.device_failed,
        "undelivered": facts.undelivered,
    }
    for why, holds_ in never.items():
        if holds_:
            return Verdict(why)
    if facts.now < facts.start + AFTER:
        return Verdict("too-early", facts.start + AFTER)
    if facts.ready_since is None:
        return Verdict("provider-absent", facts.now + AGAIN)
    if facts.now < facts.ready_since + AFTER:
        return Verdict("provider-absent", facts.ready_since + AFTER)
    if facts.rescued_at is None:
        return Verdict("not-called", facts.now + AGAIN)
    if facts.now < facts.rescued_at + ANSWER:
        return Verdict("not-called", facts.rescued_at + ANSWER)
    return Verdict()


async def look(unit: Unit, appointment: Appointment) -> Verdict:
    """The verdict on a booked visit, from what is known now."""
    return verdict(await facts_of(unit, appointment))


async def facts_of(unit: Unit, appointment: Appointment) -> Facts:
    link = await link_of(unit, appointment.id)
    notice = await notice_of(unit, appointment.id)
    told = notice if notice is not None and holds(notice, appointment) else None
    sent = [one for one in await rows.of_subjects(unit, [appointment.id]) if one.revision == appointment.revision]
    sent = [one for one in sent if kind_of(one.step).text in {"visit_missed", "visit_link"} and one.channel != CALL]
    rang = await _rang(unit, appointment)
    at = [one for one in (*(_arrived(row) for row in sent if row.step == "rescue"), rang) if one is not None]
    unreachable = not await reaches(unit, appointment.person_id)
    return Facts(
        now=unit.clock.now(), start=appointment.start + timedelta(minutes=told.minutes if told else 0),
        opened_at=link.last_opened_at or link.opened_at, device_failed=bool({link.camera, link.microphone} & _FAULTS),
        undelivered=unreachable or any(one.channel == SMS and _failed(one) for one in sent),
        wished=bool(told and told.wish), ready_since=await ready_since(unit, appointment),
        rescued_at=min(at, default=None),
    )  # fmt: skip


async def ready_since(unit: Unit, appointment: Appointment) -> datetime | None:
    """From when on somebody who may see the person has been at a page of ours without a visit under way."""
    pool = appointment.pool_id
    serving = (await pools.members_of(unit, [pool]))[pool] if pool else [appointment.provider_id]
    now = unit.clock.now()
    query = select(StaffPresence).where(
        col(StaffPresence.tenant) == unit.tenant, col(StaffPresence.account_id).in_(serving),
        col(StaffPresence.last_seen) > now - PRESENT,
    )  # fmt: skip
    free = []
    for stretch in (await unit.session.execute(query)).scalars():
        ended = await _last_visit(unit, stretch.account_id, now)
        if ended is not None:
            free.append(max(stretch.since, ended))
    return min(free, default=None)


async def _last_visit(unit: Unit, account_id: str, now: datetime) -> datetime | None:
    """When the provider's last visit of these hours ended; None while one runs."""
    entry = WaitingRoomEntry
    query = unit.select(entry).where(
        col(entry.provider_id) == account_id, col(entry.status) == Entry.admitted.value,
        col(entry.closed_at) > now - timedelta(hours=4),
    )  # fmt: skip
    held = await unit.all(query)
    if any(one.finished_at is None for one in held):
        return None
    return max((one.finished_at for one in held if one.finished_at), default=now - timedelta(hours=4))


async def _rang(unit: Unit, appointment: Appointment) -> datetime | None:
    query = unit.select(Assist).where(
        col(Assist.appointment_id) == appointment.id, col(Assist.act) == "ring", col(Assist.at) >= appointment.start
    )
    found = await unit.first(query.order_by(col(Assist.at)))
    return found.at if found else None


def _arrived(row: Reminder) -> datetime | None:
    """When a message arrived; of a channel that tells nothing, when it left."""
    if row.status == Status.delivered:
        return row.delivered_at or row.sent_at
    silent = row.wake_at is None and row.last_error is None
    return row.sent_at if row.status == Status.sent and silent else None


def _failed(row: Reminder) -> bool:
    return row.status == Status.failed or (row.status == Status.sent and row.last_error is not None)


def rescue_waits(facts: Facts) -> datetime | None:
    """A rescue message says "we are waiting for you": until when it must not be said, because nobody is. None: now."""
    if facts.now < facts.start:
        return facts.start
    return facts.now + AGAIN if facts.ready_since is None else None


def key_of(appointment: Appointment) -> str:
    return f"no-show:{appointment.id}:{appointment.revision}"


async def withdraw(unit: Unit, appointment_id: str) -> None:
    """Something of them is here after all, or the visit is another one: nobody shall be called missing."""
    known = await tasks.of_appointment(unit, appointment_id, Kind.no_show)
    if known is not None and Task_(known.status) in OPEN and known.key:
        await tasks.drop(unit, known.key)


async def when_opened(unit: Unit, event: LinkOpened) -> None:
    await withdraw(unit, event.appointment_id)


async def when_entry_changed(unit: Unit, event: EntryChanged) -> None:
    if event.act == Act.check_in:
        await withdraw(unit, event.appointment_id)


async def when_changed(unit: Unit, event: AppointmentMoved | AppointmentCancelled) -> None:
    """Another time, or called off: nobody is missing at the old one."""
    await withdraw(unit, event.appointment_id)


async def look_at_many(unit: Unit, appointment_ids: set[str]) -> dict[str, datetime]:
    """By appointment: until when its rescue message has to wait."""
    waits = {}
    for one in (await unit.find(Appointment, appointment_ids)).values():
        until = rescue_waits(await facts_of(unit, one))
        if until is not None:
            waits[one.id] = until
    return waits
