"""Who leads a visit of several clinicians: the one it is booked with, until a co-provider takes the lead.

Who leads may end it, put somebody back, hand it over and let guests in; a co-provider sees it, lets the patient in,
joins and leaves. Taking the lead changes places: whoever led stays in the visit as a co-provider.
"""

from __future__ import annotations

from typing import Any

from server.api.context import Context
from server.api.routing import Route
from server.appointments import claims, together
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound
from server.store.unit import expect
from server.visits import rooms, service
from server.visits.machine import Status
from server.waiting import desk
from server.waiting.schemas import VersionIn


async def lead(ctx: Context, body: VersionIn) -> dict[str, Any]:
    """A co-provider leads the visit from now on; of a group everybody's, also of who still waits."""
    unit, me = ctx.unit, ctx.principal.account_id
    visit = await service.of_clinician(unit, ctx.path("visit_id"))
    expect(visit, body.version)
    appointment = await unit.get(Appointment, visit.appointment_id)
    if appointment.provider_id == me:
        raise Conflict("You lead this visit already.")
    if visit.status == Status.planned:
        raise Conflict("The visit has not begun. Let the patient in first, or ask the desk to hand it over.")
    group = [appointment]
    if rooms.is_shared(unit, appointment):
        group += await claims.companions(unit, appointment)
    for one in group:
        await together.lead(unit, one, me)
        await desk.follow(unit, one)
    return await ctx.views.board_row(unit, appointment.id)


ROUTES = [
    Route("POST", "/v1/visits/{visit_id}/lead", lead, "visit.lead", body=VersionIn, problems=[NotFound, Conflict]),
]
