"""An interpreter joins by telephone: clinician, patient and interpreter are rung into one room.

The call in the browsers is end-to-end encrypted and no telephone can be put into it, so everybody's sound goes by
telephone meanwhile, and every page says that this is not encrypted.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import col

from server.access import guests
from server.access.schemas import Id, Shape
from server.access.tables import Guest
from server.api.context import Context
from server.api.routing import Route
from server.appointments.interpreter_tables import Interpreter
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.core.principal import Role
from server.events import LinkChanged
from server.store.unit import Unit
from server.visits import ringing, service
from server.visits.guests import invite_to
from server.visits.ringing import Purpose
from server.visits.tables import Visit, VisitRing


class InterpreterIn(Shape):
    interpreter_id: Id


async def ring_interpreter(ctx: Context, body: InterpreterIn) -> dict[str, Any]:
    """Ring an interpreter of the practice into the visit, and the two who talk as well unless they do by telephone
    already. Asked again within two minutes it is the same wish."""
    visit = await service.joinable(ctx.unit, ctx.path("visit_id"))
    appointment = await ctx.unit.get(Appointment, visit.appointment_id)
    room = await _room(ctx.unit, visit)
    guest = await _guest(ctx, appointment, body.interpreter_id)
    known = await newest(ctx.unit, guest.id)
    if known is None or known.room != room or not ringing.is_same(known, ctx.unit.clock.now()):
        ring = VisitRing(
            id=new_id(), tenant=ctx.unit.tenant, visit_id=visit.id, purpose=Purpose.interpreter.value,
            guest_id=guest.id, room=room, asked_by="provider", asked_at=ctx.unit.clock.now(), legs=[],
        )  # fmt: skip
        ctx.unit.add(ring)
        await ctx.unit.flush()
        ctx.unit.record("C", "visit.ring.interpreter", "Encounter", visit.id, person_id=appointment.person_id)
    ctx.unit.emit(LinkChanged(appointment_id=appointment.id))
    return await ctx.views.board_row(ctx.unit, appointment.id)


async def _room(unit: Unit, visit: Visit) -> str:
    """Where clinician and patient talk, or will in a moment. Raises Conflict when they cannot be rung."""
    call = await ringing.newest(unit, visit.id, Purpose.call_back)
    if call is None or not ringing.is_on(call):
        call = await ringing.ask(unit, visit, Purpose.call_back, "provider")
    if call.room is None:  # rung by an instance from before this was known
        raise Conflict("Hang up the telephone first, then ring all three of you.")
    return call.room


async def _guest(ctx: Context, appointment: Appointment, interpreter_id: str) -> Guest:
    """The interpreter as a guest of this visit, who said yes to it or is added now."""
    one = await ctx.unit.get(Interpreter, interpreter_id)
    there = (await guests.at(ctx.unit, [appointment.id])).get(appointment.id, [])
    known = next((guest for guest in there if guest.interpreter_id == one.id), None)
    if known is not None:
        return known
    if not one.active:
        raise Conflict("This interpreter is not asked any more. Choose somebody else.")
    name = (await ctx.unit.dek()).open("interpreter", "name", one.id, one.name)
    guest = await invite_to(ctx, appointment, Role.interpreter.value, name)
    guest.interpreter_id = one.id
    ctx.unit.add(guest)
    await ctx.unit.flush()
    return guest


async def newest(unit: Unit, guest_id: str) -> VisitRing | None:
    """The last time that this guest was rung."""
    query = unit.select(VisitRing).where(col(VisitRing.guest_id) == guest_id)
    return await unit.first(query.order_by(col(VisitRing.asked_at).desc(), col(VisitRing.id)))


ROUTES = [
    Route("POST", "/v1/visits/{visit_id}/interpreter", ring_interpreter, "guest.by_phone", body=InterpreterIn,
          problems=[NotFound, Conflict]),
]  # fmt: skip
