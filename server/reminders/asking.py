"""What a number was last asked by text: a digit answers the newest text that asks for one, and never an older one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_
from sqlmodel import col

from notifications.texts import ASKING
from notifications.texts import neutral as neutral_key
from server.reminders.machine import Status
from server.reminders.steps import SMS, STEPS
from server.reminders.tables import Reminder
from server.store.unit import Unit
from server.waitlist import offers as waitlist
from server.waitlist.tables import SlotOffer

_WENT = (Status.sending, Status.sent, Status.delivered)  # or may have, in this moment
_OFFER = "offer"
_LATELY = timedelta(hours=1)  # an offer lives a few minutes
_TOGETHER = 10  # texts of one batch bear one instant; more than a few of them go to no number


async def last_asked(unit: Unit, contact_id: str, *, neutral: bool) -> Reminder | None:
    """The newest text to a number that asks for a digit. `neutral`: the number gets the words that name nothing. Of
    texts that left together one about a visit counts: to confirm what was not meant does less than to move it."""
    texts = {name: kind.text for name, kind in STEPS.items() if kind.text}
    asking = [name for name, text in texts.items() if (neutral_key(text) if neutral else text) in ASKING]
    at = func.coalesce(col(Reminder.sent_at), col(Reminder.at))
    query = _sent_to(unit, contact_id, asking).order_by(at.desc()).limit(_TOGETHER)
    return max(await unit.all(query), key=lambda one: (asked_at(one), not about_an_offer(one)), default=None)


def asked_at(text: Reminder) -> datetime:
    """When it left, or began to."""
    at = text.sent_at or text.at
    assert at is not None, "what was sent has the time at which its state changed"
    return at


def about_an_offer(text: Reminder) -> bool:
    """Whether it offered a free time of the waitlist; its `subject` is the offer then."""
    return text.step.partition(".")[0] == _OFFER


def about_a_choice(text: Reminder) -> bool:
    """Whether it was the menu of times for a visit that we cannot keep: its question was opened as it was planned."""
    return text.step.partition(".")[0] == "choose"


async def offers_sent(unit: Unit, contact_id: str) -> list[SlotOffer]:
    """The offers that can be taken now and whose text went to this very number."""
    query = _sent_to(unit, contact_id, [_OFFER]).where(col(Reminder.planned_at) > unit.clock.now() - _LATELY)
    rows = await unit.all(query)
    return await waitlist.live(unit, [one.subject for one in rows])


def _sent_to(unit: Unit, contact_id: str, steps: Iterable[str]) -> Select[Reminder]:
    return unit.select(Reminder).where(
        col(Reminder.contact_id) == contact_id, col(Reminder.channel) == SMS,
        col(Reminder.status).in_([one.value for one in _WENT]),
        or_(*(or_(col(Reminder.step) == name, col(Reminder.step).startswith(f"{name}.")) for name in steps)),
    )  # fmt: skip
