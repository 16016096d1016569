"""A provider is away: draft, look, change, apply, take back."""

from __future__ import annotations

from server.absences import service
from server.absences.schemas import AbsenceIn, AbsenceOut, AbsencesOut, SeenIn, WayIn
from server.absences.shown import shown
from server.absences.tables import Absence
from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, ImpossibleMove, NotFound, StaleVersion


async def draft(ctx: Context, body: AbsenceIn) -> AbsenceOut:
    """Who would go where while a provider is away, and why. Nothing moves and nobody is told."""
    return await shown(ctx.unit, await service.draft(ctx.unit, body))


async def read(ctx: Context) -> AbsenceOut:
    """One absence as it stands; what became of each visit while it is carried out."""
    return await shown(ctx.unit, await _absence(ctx))


async def listing(ctx: Context) -> AbsencesOut:
    """Those that were applied and are not done."""
    return AbsencesOut(absences=[await shown(ctx.unit, one) for one in await service.open_ones(ctx.unit)])


async def change(ctx: Context, body: WayIn) -> AbsenceOut:
    """Another way for one visit of a draft."""
    absence = await _absence(ctx)
    await service.change(ctx.unit, absence, ctx.path("item_id"), body.version, body.way)
    return await shown(ctx.unit, absence)


async def apply(ctx: Context, body: SeenIn) -> AbsenceOut:
    """Carry it out in ten seconds; until then it can be taken back."""
    absence = await _absence(ctx)
    await service.apply(ctx.unit, absence, body.version)
    return await shown(ctx.unit, absence)


async def undo(ctx: Context, body: SeenIn) -> AbsenceOut:
    """Take it back: a draft again."""
    absence = await _absence(ctx)
    await service.undo(ctx.unit, absence, body.version)
    return await shown(ctx.unit, absence)


async def drop(ctx: Context, body: SeenIn) -> None:
    """The draft is not wanted."""
    await service.drop(ctx.unit, await _absence(ctx), body.version)


async def _absence(ctx: Context) -> Absence:
    return await ctx.unit.get(Absence, ctx.path("absence_id"))


_ONE = "/v1/absences/{absence_id}"
_STATE = [Conflict, StaleVersion, ImpossibleMove]
ROUTES = [
    Route("POST", "/v1/absences", draft, "absence.draft", body=AbsenceIn, returns=AbsenceOut, status=201,
          problems=[NotFound]),
    Route("GET", "/v1/absences", listing, "absence.read", returns=AbsencesOut),
    Route("GET", _ONE, read, "absence.read", returns=AbsenceOut),
    Route("PUT", f"{_ONE}/items/{{item_id}}", change, "absence.write", body=WayIn, returns=AbsenceOut,
          problems=_STATE),
    Route("POST", f"{_ONE}/apply", apply, "absence.write", body=SeenIn, returns=AbsenceOut, problems=_STATE),
    Route("POST", f"{_ONE}/undo", undo, "absence.write", body=SeenIn, returns=AbsenceOut, problems=_STATE),
    Route("POST", f"{_ONE}/drop", drop, "absence.write", body=SeenIn, status=204, problems=_STATE),
]  # fmt: skip
