"""What a scheduler chooses from. Booking itself stands in `server.reminders.routes`, which also shows the messages."""

from __future__ import annotations

from server.access import service as access
from server.api.context import Context
from server.api.routing import Route
from server.appointments import service
from server.appointments.schemas import Named, ProvidersOut, VisitTypeOut, VisitTypesOut


async def providers(ctx: Context) -> ProvidersOut:
    """Everybody who sees patients."""
    found = await access.providers(ctx.unit)
    return ProvidersOut(providers=[Named(id=account_id, name=name) for account_id, name in found])


async def visit_types(ctx: Context) -> VisitTypesOut:
    """The kinds of visit the practice offers."""
    rows = await service.visit_types(ctx.unit)
    return VisitTypesOut(
        visit_types=[VisitTypeOut(id=r.id, name=r.name, minutes=r.minutes, modality=r.modality) for r in rows]
    )


ROUTES = [
    Route("GET", "/v1/providers", providers, "provider.list", returns=ProvidersOut),
    Route("GET", "/v1/visit-types", visit_types, "visit_type.list", returns=VisitTypesOut),
]
