"""What a scheduler chooses from: providers, kinds of visit, free times and holds.

Booking itself stands in `server.reminders.routes`, which also shows the messages.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from server.access import service as access
from server.api.context import Context
from server.api.routing import Route
from server.appointments import holds, slots
from server.appointments import visit_types as kinds
from server.appointments.hours_schemas import HoldOut, SlotsIn, SlotsOut
from server.appointments.schemas import HoldIn, Named, ProvidersOut, VisitTypeIn, VisitTypeOut, VisitTypesOut
from server.appointments.shown import reader_of, slots_out, stamp
from server.appointments.tables import VisitType
from server.appointments.wish import YEARS, checked, expect_offered, provider_of
from server.core.errors import Conflict, Fault, Invalid, NotFound, SlotTaken, TooMany


async def providers(ctx: Context) -> ProvidersOut:
    """Everybody who sees patients."""
    found = await access.providers(ctx.unit)
    return ProvidersOut(providers=[Named(id=account_id, name=name) for account_id, name in found])


async def visit_types(ctx: Context) -> VisitTypesOut:
    """The kinds of visit the practice offers."""
    return VisitTypesOut(visit_types=[_kind(row) for row in await kinds.offered(ctx.unit)])


async def add_visit_type(ctx: Context, body: VisitTypeIn) -> VisitTypeOut:
    """Offer another kind of visit."""
    return _kind(await kinds.add(ctx.unit, body))


async def change_visit_type(ctx: Context, body: VisitTypeIn) -> VisitTypeOut:
    """Change a kind of visit; booked visits keep their length."""
    return _kind(await kinds.change(ctx.unit, ctx.path("visit_type_id"), body))


def _kind(row: VisitType) -> VisitTypeOut:
    return VisitTypeOut(
        id=row.id, name=row.name, minutes=row.minutes, modality=row.modality, before=row.before, after=row.after,
        booked_by=row.booked_by, offered_by=row.offered_by,
    )  # fmt: skip


async def find_slots(ctx: Context, asked: SlotsIn) -> SlotsOut:
    """The three free times that fit best, on the provider's clock and on the person's."""
    unit = ctx.unit
    practice = await access.practice_of(unit)
    visit_type = await unit.get(VisitType, asked.visit_type_id)
    if asked.provider_id is not None:
        wanted = [(await provider_of(unit, asked.provider_id)).id]
        expect_offered(visit_type, asked.provider_id)
    else:
        wanted = [provider_id for provider_id, _ in await access.providers(unit)]
    reader = await reader_of(unit, asked.person_id, asked.language) if asked.person_id else None
    zone = reader.zone if reader else ZoneInfo(practice.zone)
    after = max(_instant(asked.from_, practice.zone) or unit.clock.now(), unit.clock.now())
    found = await slots.best(unit, slots.Search(wanted, visit_type, after, asked.person_id), zone)
    return SlotsOut(
        slots=await slots_out(unit, found.picks, found.zones, visit_type, reader),
        none=None if found.picks else "none-free" if found.zones else "no-hours",
        practice_zone=practice.zone, person=reader.out() if reader else None,
    )  # fmt: skip


async def hold(ctx: Context, body: HoldIn) -> HoldOut:
    """Keep a time for two minutes, so that it cannot go while it is being talked over."""
    wish = await checked(ctx.unit, body)
    made = await holds.hold(ctx.unit, wish)
    if made is None:
        raise await slots.taken(ctx.unit, wish)
    return HoldOut(
        id=made.id, provider_id=made.provider_id, visit_type_id=made.visit_type_id, start=stamp(made.start),
        end=stamp(made.end), expires_at=stamp(made.expires_at), seconds=int(holds.LIFE.total_seconds()),
    )  # fmt: skip


async def release(ctx: Context) -> None:
    """Give a held time back."""
    await holds.release(ctx.unit, ctx.path("hold_id"))


def _instant(at: datetime | None, zone: str) -> datetime | None:
    """A search may begin at a time that the clocks skip or show twice: it is only where looking begins."""
    if at is None:
        return None
    if at.year not in YEARS:
        raise Invalid("The day lies too far away.", errors=[Fault("/from", "lies too far away")])
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


ROUTES = [
    Route("GET", "/v1/providers", providers, "provider.list", returns=ProvidersOut),
    Route("GET", "/v1/visit-types", visit_types, "visit_type.list", returns=VisitTypesOut),
    Route("POST", "/v1/visit-types", add_visit_type, "visit_type.write", body=VisitTypeIn, returns=VisitTypeOut,
          status=201, problems=[Conflict, NotFound]),
    Route("PUT", "/v1/visit-types/{visit_type_id}", change_visit_type, "visit_type.write", body=VisitTypeIn,
          returns=VisitTypeOut, problems=[Conflict]),
    Route("GET", "/v1/slots", find_slots, "slot.find", query=SlotsIn, returns=SlotsOut, problems=[NotFound]),
    Route("POST", "/v1/holds", hold, "hold.create", body=HoldIn, returns=HoldOut, status=201,
          problems=[NotFound, SlotTaken, TooMany]),
    Route("DELETE", "/v1/holds/{hold_id}", release, "hold.release", status=204),
]  # fmt: skip
