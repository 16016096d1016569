"""See and change the plan of messages; what is planned for coming visits follows in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col

from server.appointments.tables import VisitType
from server.core.errors import Fault, Invalid, StaleVersion
from server.reminders import replanning
from server.reminders.plan_schemas import PlanIn, PlanOut, PlansOut, RuleIn, RuleOut
from server.reminders.rules import DEFAULT, PRACTICE, Rule, hold, parsed, rules_of, stored
from server.reminders.steps import CALL
from server.reminders.tables import ReminderPlan
from server.store.unit import Unit

_HOUR, _DAY = 60, 24 * 60
# Minutes before the start (negative: after it) that make sense for each kind, and how to say so.
_MINUTES = {
    "reminder": (15, 60 * _DAY, "must lie between 15 minutes and 60 days before the visit"),
    "unconfirmed": (_HOUR, 14 * _DAY, "must lie between 1 hour and 14 days before the visit"),
    "link": (5, _HOUR, "must lie between 5 and 60 minutes before the visit"),
    "rescue": (-30, -1, "must lie between 1 and 30 minutes after the start"),
    "noshow": (-2 * _HOUR, -5, "must lie between 5 minutes and 2 hours after the start"),
}
_FOR_STAFF = ("unconfirmed", "noshow")
_ONCE = ("unconfirmed", "link", "rescue", "noshow")
_TELLS = ("confirmation", "reminder", "link")


async def plans(unit: Unit) -> PlansOut:
    """Every plan that was entered, and the one that holds where none was."""
    rows = {row.owner_id: row for row in await unit.all(unit.select(ReminderPlan))}
    practice = _out(PRACTICE, rows.pop(PRACTICE, None))
    return PlansOut(practice=practice, visit_types={owner: _out(owner, row) for owner, row in rows.items()})


async def change(unit: Unit, owner_id: str, body: PlanIn) -> PlanOut:
    """Replace a plan. Raises Invalid with a pointer to each fault, StaleVersion when somebody else was here."""
    rules = [Rule(**{**one.model_dump(), "channels": tuple(one.channels)}) for one in body.rules]
    faults = _faults(body.rules, rules)
    if faults:
        raise Invalid("The plan needs fixing.", errors=faults)
    await _owned(unit, owner_id)
    await hold(unit, change=True)
    row = await stored(unit, owner_id)
    _as_seen(row, body.changed_at)
    before = await _all_rules(unit)
    if row is None:
        row = ReminderPlan(tenant=unit.tenant, owner_id=owner_id, rules=[], changed_at=unit.clock.now())
    row.rules, row.changed_at = [asdict(rule) | {"channels": list(rule.channels)} for rule in rules], unit.clock.now()
    unit.add(row)
    await unit.flush()
    unit.record("U", "reminder_plan.change", "PlanDefinition", owner_id or unit.tenant)
    return _out(owner_id, row, await replanning.by_plan(unit, before, await _all_rules(unit)))


async def forget(unit: Unit, owner_id: str) -> PlanOut:
    """Let the practice's plan (for the practice: the one we deliver) hold again."""
    await _owned(unit, owner_id)
    await hold(unit, change=True)
    before = await _all_rules(unit)
    mine = (col(ReminderPlan.tenant) == unit.tenant, col(ReminderPlan.owner_id) == owner_id)
    await unit.session.execute(delete(ReminderPlan).where(*mine))
    unit.record("D", "reminder_plan.forget", "PlanDefinition", owner_id or unit.tenant)
    replanned = await replanning.by_plan(unit, before, await _all_rules(unit))
    row = None if owner_id == PRACTICE else await stored(unit)
    shown = _out(PRACTICE, row, replanned)
    return shown.model_copy(update={"owner_id": owner_id, "changed_at": None})


async def _owned(unit: Unit, owner_id: str) -> None:
    """Raises NotFound for a kind of visit that is none here."""
    if owner_id != PRACTICE:
        await unit.get(VisitType, owner_id)


def _as_seen(row: ReminderPlan | None, seen: datetime | None) -> None:
    if (row.changed_at if row else None) != seen:
        raise StaleVersion("Somebody else changed this plan a moment ago. Look again, then repeat.")


async def _all_rules(unit: Unit) -> dict[str, tuple[Rule, ...]]:
    """The rules that hold for every kind of visit, also those that are not offered any more."""
    return await rules_of(unit, [one.id for one in await unit.all(unit.select(VisitType))])


def _out(owner_id: str, row: ReminderPlan | None, replanned: int = 0) -> PlanOut:
    rules = DEFAULT if row is None else parsed(row.rules)
    shown = [RuleOut(**asdict(rule) | {"channels": list(rule.channels)}) for rule in rules]
    source = "default" if row is None else "practice" if row.owner_id == PRACTICE else "visit-type"
    changed_at = row.changed_at if row else None
    return PlanOut(owner_id=owner_id, source=source, rules=shown, changed_at=changed_at, replanned=replanned)


# -- what a plan must be ------------------------------------------------------


def _faults(body: Sequence[RuleIn], rules: Sequence[Rule]) -> list[Fault]:
    faults = [fault for place, rule in enumerate(body) for fault in _of_rule(f"/rules/{place}", rule)]
    seen: Counter[tuple[str, str]] = Counter()
    for place, rule in enumerate(rules):
        key = (rule.step, "" if rule.kind in _ONCE else rule.channels[0])
        seen[key] += 1
        if seen[key] > 1:
            faults.append(Fault(f"/rules/{place}/kind", "stands in the plan twice"))
    on = {rule.kind for rule in rules if rule.on}
    if on.isdisjoint(_TELLS):
        faults.append(Fault("/rules", "leaves nothing that tells a patient of the visit: keep at least one message on"))
    rescue, noshow = (
        next((rule for rule in rules if rule.kind == kind and rule.on), None) for kind in ("rescue", "noshow")
    )
    if rescue and noshow and noshow.minutes >= rescue.minutes:
        place = rules.index(noshow)
        faults.append(Fault(f"/rules/{place}/minutes", "must come after the text to who has missed the start"))
    return faults


def _of_rule(at: str, rule: RuleIn) -> list[Fault]:
    faults = []
    if rule.kind in _FOR_STAFF and rule.channels != [CALL]:
        faults.append(Fault(f"{at}/channels", "must be the call list alone: it is for staff"))
    if rule.kind not in _FOR_STAFF and (CALL in rule.channels or len(set(rule.channels)) < len(rule.channels)):
        # Whom nothing reaches stands on the call list anyway.
        faults.append(Fault(f"{at}/channels", "must be text, call or e-mail, each once"))
    if rule.kind == "confirmation":
        if rule.days or rule.minutes:
            faults.append(Fault(f"{at}/minutes", "must be 0: a confirmation goes at once"))
    elif rule.days:
        if rule.kind != "reminder" or rule.minutes or not 1 <= rule.days <= 60:
            faults.append(Fault(f"{at}/days", "must be 1 to 60 days, for a reminder, and without minutes"))
    else:
        least, most, said = _MINUTES[rule.kind]
        if not least <= rule.minutes <= most:
            faults.append(Fault(f"{at}/minutes", said))
    return faults
