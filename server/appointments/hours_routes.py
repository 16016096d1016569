"""Hours and the days that differ, of a provider or of the whole practice."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.appointments import availability
from server.appointments.hours_schemas import ExceptionIn, ExceptionOut, HoursIn, HoursOut
from server.appointments.wish import provider_of


async def hours(ctx: Context) -> HoursOut:
    """The hours of a provider: their own, or the practice's."""
    return await availability.hours_of(ctx.unit, await _provider(ctx))


async def set_hours(ctx: Context, body: HoursIn) -> HoursOut:
    """Replace a provider's week. Visits that are booked already stay."""
    owner = await _provider(ctx)
    await availability.set_hours(ctx.unit, owner, body)
    return await availability.hours_of(ctx.unit, owner)


async def forget_hours(ctx: Context) -> HoursOut:
    """Let the practice's hours hold for a provider again."""
    owner = await _provider(ctx)
    await availability.forget_hours(ctx.unit, owner)
    return await availability.hours_of(ctx.unit, owner)


async def add_exception(ctx: Context, body: ExceptionIn) -> ExceptionOut:
    """Close a provider's day or a stretch of it, or open extra hours."""
    return await availability.add_exception(ctx.unit, await _provider(ctx), body)


async def remove_exception(ctx: Context) -> None:
    """Take a provider's exception back."""
    await availability.remove_exception(ctx.unit, await _provider(ctx), ctx.path("exception_id"))


async def practice_hours(ctx: Context) -> HoursOut:
    """The practice's hours, which hold for every provider without their own."""
    return await availability.hours_of(ctx.unit, ctx.unit.tenant)


async def set_practice_hours(ctx: Context, body: HoursIn) -> HoursOut:
    """Replace the practice's week. Visits that are booked already stay."""
    await availability.set_hours(ctx.unit, ctx.unit.tenant, body)
    return await availability.hours_of(ctx.unit, ctx.unit.tenant)


async def add_practice_exception(ctx: Context, body: ExceptionIn) -> ExceptionOut:
    """Close the whole practice (a public holiday), or open extra hours for everybody."""
    return await availability.add_exception(ctx.unit, ctx.unit.tenant, body)


async def remove_practice_exception(ctx: Context) -> None:
    """Take an exception of the whole practice back."""
    await availability.remove_exception(ctx.unit, ctx.unit.tenant, ctx.path("exception_id"))


async def _provider(ctx: Context) -> str:
    return (await provider_of(ctx.unit, ctx.path("provider_id"))).id


_HOURS, _DAYS = "/v1/providers/{provider_id}/hours", "/v1/providers/{provider_id}/exceptions"
ROUTES = [
    Route("GET", _HOURS, hours, "hours.read", returns=HoursOut),
    Route("PUT", _HOURS, set_hours, "hours.write", body=HoursIn, returns=HoursOut),
    Route("DELETE", _HOURS, forget_hours, "hours.write", returns=HoursOut),
    Route("POST", _DAYS, add_exception, "hours.write", body=ExceptionIn, returns=ExceptionOut, status=201),
    Route("DELETE", _DAYS + "/{exception_id}", remove_exception, "hours.write", status=204),
    Route("GET", "/v1/practice/hours", practice_hours, "hours.read", returns=HoursOut),
    Route("PUT", "/v1/practice/hours", set_practice_hours, "hours.write", body=HoursIn, returns=HoursOut),
    Route("POST", "/v1/practice/exceptions", add_practice_exception, "hours.write", body=ExceptionIn,
          returns=ExceptionOut, status=201),
    Route("DELETE", "/v1/practice/exceptions/{exception_id}", remove_practice_exception, "hours.write", status=204),
]  # fmt: skip
