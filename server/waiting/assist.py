"""The desk helps somebody in: rings them, or takes their visit to the telephone for them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from notifications.numbers import show_phone
from server.access.service import practice_of
from server.api.context import Context
from server.api.routing import Route
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.events import AppointmentChanged
from server.people.service import reaches
from server.store.unit import Unit
from server.waiting import consent, service, walk_ins
from server.waiting.schemas import ConsentIn, ForThemIn, Nothing, ReadinessIn
from server.waiting.stage import Stage, latest_entry, stage_of
from server.waiting.tables import Assist


class RingOut(BaseModel):
    """`phone` is E.164 for a `tel:` link, `shown` how people of the practice's country write it."""

    phone: str
    shown: str
    others_may_read: bool


async def ring(ctx: Context, _body: Nothing) -> RingOut:
    """The number to ring; that it was asked for is kept, and every desk sees who rings."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    phones = [reach for reach in await reaches(ctx.unit, appointment.person_id) if reach.contact.system == "phone"]
    if not phones:
        raise Conflict("No telephone number is known for this person. Try the e-mail, or the person they named.")
    note(ctx.unit, appointment, "ring")
    shown = show_phone(phones[0].value, (await practice_of(ctx.unit)).region)
    return RingOut(phone=phones[0].value, shown=shown, others_may_read=phones[0].others_may_read)


async def to_phone(ctx: Context, _body: Nothing) -> dict[str, Any]:
    """The visit goes on by telephone. Who is not in line yet is checked in for; the consent was read out.

    Nothing else changes: place, provider and the way through the visit stay; the provider rings instead of admitting
    to a picture.
    """
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    stage = await stage_of(ctx.unit, ctx.settings, appointment)
    if stage in {Stage.ended, Stage.closed}:
        raise Conflict("This visit is over.")
    if stage is Stage.early:
        raise Conflict("The waiting room is not open yet. Ring them nearer the time, or move the visit.")
    entry = await latest_entry(ctx.unit, appointment.id)
    if stage is Stage.open or entry is None:
        read_out = ForThemIn(consent=ConsentIn(version=consent.VERSION), media="phone")
        await walk_ins.check_in_for(ctx.unit, ctx.settings, appointment.id, read_out)
    else:
        await service.update_readiness(ctx.unit, entry, ReadinessIn(media="phone"))
    note(ctx.unit, appointment, "phone")
    return await ctx.views.board_row(ctx.unit, appointment.id)


def note(unit: Unit, appointment: Appointment, act: str) -> None:
    """Keep what was done to help somebody in: `ring`, `phone`, `step` or `join`."""
    unit.add(
        Assist(
            id=new_id(), tenant=unit.tenant, appointment_id=appointment.id, act=act, by=unit.principal.account_id,
            at=unit.clock.now(),
        )
    )  # fmt: skip
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("E", f"assist.{act}", "Appointment", appointment.id, person_id=appointment.person_id)


_PROBLEMS = [NotFound, Conflict]
ROUTES = [
    Route("POST", "/v1/appointments/{appointment_id}/ring", ring, "assist.ring", body=Nothing, returns=RingOut,
          problems=_PROBLEMS),
    Route("POST", "/v1/appointments/{appointment_id}/to-phone", to_phone, "assist.phone", body=Nothing,
          problems=_PROBLEMS),
]  # fmt: skip
