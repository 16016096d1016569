"""The plan of a practice and of each kind of visit: which messages, by what, how long before.

Nothing stored means the plan below. An administrator stores another one for the practice or for one kind of visit; the
kind of visit wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import col

from server.reminders.steps import CALL, EMAIL, MAIL_FIRST, SMS, TEXT_FIRST, VOICE
from server.reminders.tables import ReminderPlan
from server.store.unit import Unit

PRACTICE = ""  # the owner of the plan that holds where a kind of visit has none


@dataclass(frozen=True, slots=True)
class Rule:
    """One message of a plan. `channels` in order of preference; the first one that reaches the person is used.

    `days` before at the visit's own time on the clock, or `minutes` before (negative: after) that really pass; a
    confirmation goes at once.
    """

    kind: str
    channels: tuple[str, ...]
    days: int = 0
    minutes: int = 0

    @property
    def step(self) -> str:
        """The name that makes it unique for a visit: `reminder.7d`, `reminder.48h`, `link`."""
        if self.kind != "reminder":
            return self.kind
        if self.days:
            return f"reminder.{self.days}d"
        return f"reminder.{self.minutes // 60}h" if self.minutes % 60 == 0 else f"reminder.{self.minutes}m"


DEFAULT = (
    Rule("confirmation", MAIL_FIRST),
    Rule("confirmation", (SMS, VOICE, EMAIL)),  # the text too: a wrong number is found out weeks before the visit
    Rule("reminder", MAIL_FIRST, days=7),
    Rule("reminder", TEXT_FIRST, minutes=48 * 60),
    Rule("unconfirmed", (CALL,), minutes=24 * 60),
    Rule("reminder", TEXT_FIRST, minutes=2 * 60),
    Rule("link", TEXT_FIRST, minutes=15),
    Rule("rescue", TEXT_FIRST, minutes=-3),
    Rule("noshow", (CALL,), minutes=-10),
)


async def stored(unit: Unit, owner_id: str = PRACTICE) -> ReminderPlan | None:
    return await unit.first(unit.select(ReminderPlan).where(col(ReminderPlan.owner_id) == owner_id))


async def rules_for(unit: Unit, visit_type_id: str) -> tuple[Rule, ...]:
    """The plan that holds for a kind of visit."""
    found = {plan.owner_id: plan for plan in await unit.all(_of(unit, [visit_type_id, PRACTICE]))}
    plan = found.get(visit_type_id) or found.get(PRACTICE)
    return DEFAULT if plan is None else parsed(plan.rules)


def parsed(rules: list[dict[str, Any]]) -> tuple[Rule, ...]:
    return tuple(
        Rule(one["kind"], tuple(one["channels"]), days=one.get("days", 0), minutes=one.get("minutes", 0))
        for one in rules
    )


def _of(unit: Unit, owners: list[str]) -> Any:
    return unit.select(ReminderPlan).where(col(ReminderPlan.owner_id).in_(owners))
