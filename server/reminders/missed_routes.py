"""A person of the staff answers a proposed no-show: they did not come, or they are given another time instead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from server.access.schemas import Shape
from server.api.context import Context
from server.api.routing import Route
from server.appointments import moving, slots
from server.appointments import service as appointments
from server.appointments.schemas import MoveIn
from server.appointments.tables import Appointment, VisitType
from server.core.errors import Conflict, NotFound, SlotTaken
from server.reminders import missed
from server.store.unit import Unit, expect
from server.tasks import service as tasks
from server.tasks.kinds import Kind
from server.tasks.machine import OPEN, Status
from server.tasks.tables import Task

NOT_BEFORE = timedelta(hours=18)  # whoever could not be reached today is not expected within hours


class NoShowIn(Shape):
    """`close`: they did not come. `rebook`: the same visit at the provider's next free time, from tomorrow on."""

    version: int = Field(ge=1)
    then: Literal["close", "rebook"] = "close"


async def no_show(ctx: Context, body: NoShowIn) -> dict[str, Any]:
    """One click on what was proposed. Without a proposal, or when the facts have changed, nothing happens."""
    unit = ctx.unit
    appointment = await unit.get(Appointment, ctx.path("appointment_id"))
    expect(appointment, body.version)
    task = await _proposal(unit, appointment)
    found = await missed.look(unit, appointment)
    if found.why is not None:
        raise Conflict("Something speaks against it by now. Look at the visit again, or ring them.", why=found.why)
    await tasks.complete(unit, task.id, task.version, body.then)
    if body.then == "rebook":
        await _rebook(unit, appointment)
    else:
        await appointments.miss(unit, appointment)
    return await ctx.views.board_row(unit, appointment.id)


async def _proposal(unit: Unit, appointment: Appointment) -> Task:
    task = await tasks.of_appointment(unit, appointment.id, Kind.no_show)
    if task is None or Status(task.status) not in OPEN or task.key != missed.key_of(appointment):
        raise Conflict("Nobody is missing at this visit as far as we know. Ring them first.")
    return task


async def _rebook(unit: Unit, appointment: Appointment) -> None:
    kind = await unit.get(VisitType, appointment.visit_type_id)
    search = slots.Search([appointment.provider_id], kind, unit.clock.now() + NOT_BEFORE, appointment.person_id)
    found = await slots.next_free(unit, search)
    if not found.picks:
        raise Conflict("There is no free time soon. The desk can find one.")
    body = MoveIn(version=appointment.version, start=found.picks[0].free.start)
    await moving.move(unit, appointment, await moving.wish_for(unit, appointment, body))


ROUTES = [
    Route("POST", "/v1/appointments/{appointment_id}/no-show", no_show, "appointment.no_show", body=NoShowIn,
          problems=[NotFound, Conflict, SlotTaken]),
]  # fmt: skip
