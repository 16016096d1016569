"""The plan of a practice and of each kind of visit: which messages, by what, how long before.

Nothing stored means the plan below. An administrator stores another one for the practice or for one kind of visit; the
kind of visit wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import col

from server.reminders.steps import CALL, EMAIL, MAIL_FIRST, SMS, TEXT_FIRST, VOICE
from server.reminders.tables import ReminderPlan
from server.store.unit import Unit

PRACTICE = ""  # the owner of the plan that holds where a kind of visit has none


@dataclass(frozen=True, slots=True)
class Rule:
    """One message of a plan. `channels` in order of preference; the first one that reaches the person is used.

    `days` before at the visit's own time on the clock, or `minutes` before (negative: after) that really pass; a
    confirmation goes at once. One that is not `on` stands in the plan and sends nothing.
    """

    kind: str
    channels: tuple[str, ...]
    days: int = 0
    minutes: int = 0
    on: bool = True

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


async def hold(unit: Unit, *, change: bool = False) -> None:
    """Who plans and who changes the plan take turns until their transactions end, so that no visit is left with a plan
    that was changed meanwhile. Those who only plan do not wait for each other. On SQLite all writers take turns."""
    if unit.desk.store.dialect == "postgresql":
        taken = "pg_advisory_xact_lock" if change else "pg_advisory_xact_lock_shared"
        key = {"name": f"reminder-plan/{unit.tenant}"}
        await unit.session.execute(text(f"SELECT {taken}(hashtextextended(:name, 0))"), key)


async def stored(unit: Unit, owner_id: str = PRACTICE) -> ReminderPlan | None:
    return await unit.first(unit.select(ReminderPlan).where(col(ReminderPlan.owner_id) == owner_id))


async def rules_for(unit: Unit, visit_type_id: str) -> tuple[Rule, ...]:
    """The rules that hold for a kind of visit."""
    return (await rules_of(unit, [visit_type_id]))[visit_type_id]


async def rules_of(unit: Unit, visit_type_ids: Iterable[str]) -> dict[str, tuple[Rule, ...]]:
    """The same for several kinds of visit in one query."""
    wanted = sorted(set(visit_type_ids))
    query = unit.select(ReminderPlan).where(col(ReminderPlan.owner_id).in_([*wanted, PRACTICE]))
    found = {plan.owner_id: plan for plan in await unit.all(query)}
    practice = _on(found.get(PRACTICE))
    return {one: _on(found[one]) if one in found else practice for one in wanted}


async def planned_steps(unit: Unit, visit_type_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """The steps that the plan of each kind of visit has."""
    found = await rules_of(unit, visit_type_ids)
    return {one: frozenset(rule.step for rule in rules) for one, rules in found.items()}


def parsed(rules: list[dict[str, Any]]) -> tuple[Rule, ...]:
    return tuple(Rule(**{**one, "channels": tuple(one["channels"])}) for one in rules)


def _on(plan: ReminderPlan | None) -> tuple[Rule, ...]:
    return DEFAULT if plan is None else tuple(rule for rule in parsed(plan.rules) if rule.on)
