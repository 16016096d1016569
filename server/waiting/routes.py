"""The staff's side of the waiting room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.api.context import Context
from server.api.routing import Route
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Invalid, NotFound
from server.intake.service import expect_facts
from server.waiting import assist, calibration, desk, walk_ins
from server.waiting.schemas import (
    AdmitIn,
    FiguresOut,
    ForThemIn,
    Nothing,
    SinceIn,
    TransferIn,
    TriageIn,
    VersionIn,
    WalkInIn,
)
from server.waiting.tables import WaitingRoomEntry


async def see(ctx: Context, _body: Nothing) -> dict[str, Any]:
    """Say that a person of the staff has seen who waits: alerts end, here and at everybody else's board."""
    return await _row(ctx, await desk.see(ctx.unit, ctx.path("entry_id")))


async def call(ctx: Context, body: VersionIn) -> dict[str, Any]:
    """Call somebody: the next step is to admit them or to put them back."""
    return await _row(ctx, await desk.call(ctx.unit, ctx.path("entry_id"), body.version))


async def admit(ctx: Context, body: AdmitIn) -> dict[str, Any]:
    """Let one patient in, after two identifiers were compared. Opens the visit."""
    if ctx.settings.wants_facts:
        entry = await ctx.unit.get(WaitingRoomEntry, ctx.path("entry_id"))
        await expect_facts(ctx.unit, entry.appointment_id)
    return await _row(ctx, await desk.admit(ctx.unit, ctx.path("entry_id"), body.version, list(body.identifiers)))


async def requeue(ctx: Context, body: VersionIn) -> dict[str, Any]:
    """Put somebody who was called back in line, at the same place."""
    return await _row(ctx, await desk.requeue(ctx.unit, ctx.path("entry_id"), body.version))


async def transfer(ctx: Context, body: TransferIn) -> dict[str, Any]:
    """Hand somebody who waits to another provider or pool: place, consent and what is known go along."""
    return await _row(ctx, await desk.transfer(ctx.unit, ctx.path("entry_id"), body))


async def triage(ctx: Context, body: TriageIn) -> dict[str, Any]:
    """Say how urgent somebody is, and why. The more urgent go first."""
    return await _row(ctx, await desk.triage(ctx.unit, ctx.path("entry_id"), body))


async def walk_in(ctx: Context, body: WalkInIn) -> dict[str, Any]:
    """Somebody without an appointment: a visit from now on, a link by text or mail, a place at the end."""
    appointment = await walk_ins.walk_in(ctx.unit, ctx.ports.keys, body)
    return await ctx.views.board_row(ctx.unit, appointment.id)


async def check_in_for(ctx: Context, body: ForThemIn) -> dict[str, Any]:
    """Join on a patient's behalf, who is on the telephone with the desk and agreed to the consent that was read out."""
    entry = await walk_ins.check_in_for(ctx.unit, ctx.settings, ctx.path("appointment_id"), body)
    assist.note(ctx.unit, await ctx.unit.get(Appointment, entry.appointment_id), "join")
    return await _row(ctx, entry)


async def forecast_figures(ctx: Context, asked: SinceIn) -> FiguresOut:
    """How well the forecasts kept their word, without anything of a person."""
    since = ctx.unit.clock.now() - timedelta(days=asked.days)
    return FiguresOut.model_validate(await calibration.figures(ctx.unit, since), from_attributes=True)


async def _row(ctx: Context, entry: WaitingRoomEntry) -> dict[str, Any]:
    return await ctx.views.board_row(ctx.unit, entry.appointment_id)


_PROBLEMS = [NotFound, Conflict]
ROUTES = [
    Route("GET", "/v1/waiting/forecast-figures", forecast_figures, "waiting.figures", query=SinceIn,
          returns=FiguresOut),
    Route("POST", "/v1/waiting/{entry_id}/see", see, "waiting.see", body=Nothing, problems=[NotFound]),
    Route("POST", "/v1/waiting/{entry_id}/call", call, "waiting.call", body=VersionIn, problems=_PROBLEMS),
    Route("POST", "/v1/waiting/{entry_id}/admit", admit, "waiting.admit", body=AdmitIn, problems=_PROBLEMS),
    Route("POST", "/v1/waiting/{entry_id}/requeue", requeue, "waiting.requeue", body=VersionIn, problems=_PROBLEMS),
    Route("POST", "/v1/waiting/{entry_id}/transfer", transfer, "waiting.transfer", body=TransferIn,
          problems=[*_PROBLEMS, Invalid]),
    Route("POST", "/v1/waiting/{entry_id}/triage", triage, "waiting.triage", body=TriageIn, problems=_PROBLEMS),
    Route("POST", "/v1/walk-ins", walk_in, "waiting.walk_in", body=WalkInIn, status=201, problems=[NotFound, Invalid]),
    Route("POST", "/v1/appointments/{appointment_id}/check-in", check_in_for, "waiting.check_in_for", body=ForThemIn,
          problems=[*_PROBLEMS, Invalid]),
]  # fmt: skip
