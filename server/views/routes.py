"""Snapshots for staff."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from pydantic import BaseModel, Field

from server.access import service as access
from server.access.schemas import Shape
from server.api.context import Context
from server.api.routing import Route
from server.appointments import interpreting
from server.appointments.schemas import InterpreterIn
from server.appointments.wish import YEARS
from server.core.errors import Conflict, Fault, Invalid, StaleVersion
from server.views import schedule
from server.views.projector import Projection


class DaysIn(Shape):
    """Calendar days of the practice: the first one, and how many."""

    first: date = Field(alias="from")
    days: int = Field(default=1, ge=1, le=14)


class Opening(BaseModel):
    start: str
    end: str


class OpeningsOut(BaseModel):
    """By provider id; who has no hours, not even the practice's, is left out."""

    openings: dict[str, list[Opening]]


class ScheduleRowOut(BaseModel):
    row: dict[str, Any]


async def read_board(ctx: Context) -> dict[str, Any]:
    """The day's visits, everybody waiting and everybody in a visit."""
    ctx.unit.record("R", "board.read", "Appointment", "")
    return await cast("Projection", ctx.views).board(ctx.unit)


async def read_schedule(ctx: Context, asked: DaysIn) -> dict[str, Any]:
    """The visits of some days, and of the week ahead those that need a human."""
    ctx.unit.record("R", "schedule.read", "Appointment", "")
    return await cast("Projection", ctx.views).schedule(ctx.unit, _within(asked).first, asked.days)


async def openings(ctx: Context, asked: DaysIn) -> OpeningsOut:
    """When each provider may be booked on these days."""
    providers = [provider_id for provider_id, _ in await access.providers(ctx.unit)]
    found = await schedule.openings(ctx.unit, providers, _within(asked).first, asked.days)
    return OpeningsOut.model_validate({"openings": found})


async def arrange_interpreter(ctx: Context, body: InterpreterIn) -> ScheduleRowOut:
    """Note whether somebody has agreed to interpret, or that another language (or nobody) is needed."""
    appointment = await interpreting.arrange(ctx.unit, ctx.path("appointment_id"), body)
    return ScheduleRowOut(row=await schedule.row(ctx.unit, appointment.id) or {})


def _within(asked: DaysIn) -> DaysIn:
    if asked.first.year not in YEARS:
        raise Invalid("The day lies too far away.", errors=[Fault("/from", "lies too far away")])
    return asked


ROUTES = [
    Route("GET", "/v1/board", read_board, "board.read"),
    Route("GET", "/v1/schedule", read_schedule, "schedule.read", query=DaysIn),
    Route("GET", "/v1/openings", openings, "openings.read", query=DaysIn, returns=OpeningsOut),
    Route("PUT", "/v1/appointments/{appointment_id}/interpreter", arrange_interpreter, "appointment.interpreter",
          body=InterpreterIn, returns=ScheduleRowOut, problems=[Conflict, StaleVersion]),
]  # fmt: skip
