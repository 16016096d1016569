"""Which messages a visit gets, by what and when: worked out in the transaction of what makes them necessary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.numbers import takes_texts
from server.appointments.tables import Appointment
from server.people.service import Reach
from server.reminders.rules import Rule
from server.reminders.steps import CALL, EMAIL, SMS, SYSTEM, Kind, kind_of
from server.reminders.timing import Window, clock, days_before

JUST_TOLD = timedelta(hours=1)  # a reminder so soon after the booking says nothing new


@dataclass(frozen=True, slots=True)
class Person:
    """What planning must know of somebody."""

    id: str
    zone: str
    reaches: Sequence[Reach]


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to be. `reach` is None when nothing reaches the person: then it stands on the call list."""

    step: str
    channel: str
    due: datetime
    not_after: datetime
    reach: Reach | None = None


def for_visit(
    appointment: Appointment, rules: Iterable[Rule], person: Person, channels: frozenset[str], now: datetime
) -> list[Planned]:
    """Every message of a visit by a plan, in the plan's order; what would come too late to be of use is left out."""
    found: dict[tuple[str, str], Planned] = {}
    for rule in rules:
        planned = by_rule(appointment, rule, person, channels, now)
        if planned is not None:
            found.setdefault((planned.step, planned.channel), planned)
    return list(found.values())


def by_rule(
    appointment: Appointment, rule: Rule, person: Person, channels: frozenset[str], now: datetime
) -> Planned | None:
    """The message of one rule; None when it would come too late to be of use."""
    kind = kind_of(rule.kind)
    due, not_after = _times(appointment, rule, person.zone, now)
    if not_after <= now or (rule.kind not in {"confirmation", "link"} and due < now):
        return None
    if rule.kind == "reminder" and due < now + JUST_TOLD:
        return None
    return fitted(rule.step, kind, rule.channels, max(due, now), not_after, person, channels, now, appointment.start)


def _times(appointment: Appointment, rule: Rule, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """(due, not after). A reminder is of use for half of the time it comes ahead."""
    start = appointment.start
    if rule.kind == "confirmation":
        return now, appointment.end
    due = days_before(start, zone, rule.days) if rule.days else start - timedelta(minutes=rule.minutes)
    if rule.kind == "reminder":
        return due, start - (start - due) / 2
    if rule.kind in {"link", "unconfirmed"}:
        return due, appointment.end if rule.kind == "link" else start
    return due, due + kind_of(rule.kind).life


def fitted(
    step: str, kind: Kind, wanted: Sequence[str], due: datetime, not_after: datetime, person: Person,
    channels: frozenset[str], now: datetime, start: datetime | None = None, tried: Iterable[str] = (),
) -> Planned | None:  # fmt: skip
    """The message by the best channel that may carry it at a time of use; on the call list when none does."""
    if tuple(wanted) == (CALL,):
        return Planned(step, CALL, due, not_after)
    dropped = False
    for channel, reach in ways(wanted, person, channels, preferred=kind.calendar is None or kind.counted):
        if channel in set(tried):
            continue
        at = fit(kind, channel, reach, person.zone, due, not_after, now, start)
        if at is not None:
            return Planned(step, channel, at, not_after, reach)
        dropped = True
    # Somebody who can be reached, only not at a sensible hour, needs no call; who cannot be reached needs one.
    return None if dropped or CALL in set(tried) else Planned(step, CALL, due, not_after)


def ways(
    wanted: Sequence[str], person: Person, channels: frozenset[str], *, preferred: bool = True
) -> list[tuple[str, Reach]]:
    """(channel, contact point) in the order to try: what worked last time before what did not, then as the person
    prefers, then as wanted. Only what is consented to, not known to be broken, and able to carry it. What goes by
    several channels, each with a calendar of its own, is not `preferred`: there the person's order is within one."""
    found = [
        (channel, reach)
        for channel in wanted
        if channel in channels
        for reach in person.reaches
        if reach.contact.system == SYSTEM[channel] and can(channel, reach)
    ]
    return sorted(found, key=lambda way: (not worked(*way), way[1].rank if preferred else 0))


def can(channel: str, reach: Reach) -> bool:
    """Consent and capability."""
    return may(channel, reach) and (channel != SMS or takes_texts(reach.value))


def may(channel: str, reach: Reach) -> bool:
    """Consent, and an address not known to be broken: what can change between planning and sending. STOP to a text
    forbids no call and no mail; ending mail forbids no text."""
    if reach.contact.failed_at is not None:
        return False
    if channel in {SMS, EMAIL}:
        return reach.contact.opted_out_at is None
    return not reach.others_may_read  # a voice that reads a visit's time aloud is for one person


def worked(channel: str, reach: Reach) -> bool:
    """Whether the last thing sent there arrived, as far as anybody told us."""
    lost, arrived = reach.contact.undelivered_at, reach.contact.delivered_at
    return channel not in {SMS, EMAIL} or lost is None or (arrived is not None and arrived > lost)


def window_of(kind: Kind, channel: str, reach: Reach, zone: str, due: datetime, start: datetime | None) -> Window:
    """Mail wakes nobody, so only reminders by mail keep to the day; what was asked for may come at night; a shared
    phone keeps its safe hours always."""
    near = start is not None and not kind.counted and start - due < kind.near
    quiet = not (kind.asked or near or (channel == EMAIL and not kind.counted))
    if not reach.others_may_read and reach.safe_from is None:
        return Window(zone, quiet=quiet)
    return Window(zone, clock(reach.safe_from), clock(reach.safe_to), quiet=quiet)


def fit(
    kind: Kind, channel: str, reach: Reach, zone: str, due: datetime, not_after: datetime, now: datetime,
    start: datetime | None,
) -> datetime | None:  # fmt: skip
    """When it may leave: at its time, else earlier, else (for what cannot come earlier) later while it is of use."""
    window = window_of(kind, channel, reach, zone, due, start)
    earlier = window.before(due)
    if earlier is not None and earlier >= now + (JUST_TOLD if kind.counted else timedelta()):
        return earlier
    if earlier == due:
        return due
    later = None if kind.counted else window.after(max(due, now))
    return later if later is not None and later <= not_after else None
