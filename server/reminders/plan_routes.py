"""The plan of messages, of the practice and of each kind of visit."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.core.errors import StaleVersion
from server.reminders import plans
from server.reminders.plan_schemas import PlanIn, PlanOut, PlansOut
from server.reminders.rules import PRACTICE


async def read(ctx: Context) -> PlansOut:
    """The plans that hold."""
    return await plans.plans(ctx.unit)


async def change(ctx: Context, body: PlanIn) -> PlanOut:
    """Replace the practice's plan; the messages of coming visits follow at once."""
    return await plans.change(ctx.unit, PRACTICE, body)


async def forget(ctx: Context) -> PlanOut:
    """Let the plan hold that comes with Careroom."""
    return await plans.forget(ctx.unit, PRACTICE)


async def change_for(ctx: Context, body: PlanIn) -> PlanOut:
    """Give a kind of visit a plan of its own, or replace it."""
    return await plans.change(ctx.unit, ctx.path("visit_type_id"), body)


async def forget_for(ctx: Context) -> PlanOut:
    """Let the practice's plan hold for a kind of visit again."""
    return await plans.forget(ctx.unit, ctx.path("visit_type_id"))


_ONE = "/v1/visit-types/{visit_type_id}/reminder-plan"
ROUTES = [
    Route("GET", "/v1/practice/reminder-plan", read, "reminder_plan.read", returns=PlansOut),
    Route("PUT", "/v1/practice/reminder-plan", change, "reminder_plan.write", body=PlanIn, returns=PlanOut,
          problems=[StaleVersion]),
    Route("DELETE", "/v1/practice/reminder-plan", forget, "reminder_plan.write", returns=PlanOut),
    Route("PUT", _ONE, change_for, "reminder_plan.write", body=PlanIn, returns=PlanOut, problems=[StaleVersion]),
    Route("DELETE", _ONE, forget_for, "reminder_plan.write", returns=PlanOut),
]  # fmt: skip
