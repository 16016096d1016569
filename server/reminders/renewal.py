"""A link that is lost, worn out or passed on is never a dead end: a fresh one goes out by the channel on file.

Whoever asks learns nothing: the message goes to the patient, and only to where the clinic writes anyway. Who shows a
secret that was the link's own gets a new one, and only when the message leaves in this minute. Who shows none may be
anybody: they have the link sent that is there, which voids nothing, wakes nobody, and uses up nothing of the patient's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, Field

from notifications.numbers import parse_phone
from server.access import issues, links
from server.access.schemas import Id, Shape
from server.access.service import only_practice, practice_of
from server.access.tables import Link
from server.api.context import Answer, Context
from server.api.routing import Route
from server.appointments import service as appointments
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Fault, Invalid, NotFound, TooMany
from server.core.principal import Principal, Role
from server.events import LinkChanged
from server.people.service import Reach, hold_contact, masked, people_at, unit_allows_fiction
from server.reminders import rows
from server.reminders.listeners import asked, leaves_now, plan, way_of
from server.waiting.schemas import Nothing
from server.waiting.stage import Stage, stage_of


class FreshIn(Shape):
    """`secret`: what stands in the link that was used, if any. It lets the answer say where the message went."""

    secret: str = Field(default="", max_length=128)


class FreshOut(BaseModel):
    """`sent` is null for somebody who never had the link: they are told nothing about the patient."""

    sent: bool | None
    to: str | None


class LostIn(Shape):
    phone: Annotated[str, Field(min_length=1, max_length=40)]
    link_id: Id | None = None  # of the page that was open: which practice it is


async def fresh(ctx: Context, body: FreshIn) -> Answer:
    """Send a link to the number or mailbox on file: a fresh one to who had it, else the present one once more. When
    this visit is over, that of the next one."""
    ctx.ports.limits.link_address.check(ctx.address)
    link = await ctx.unit.session.get(Link, ctx.path("link_id"))
    if link is None:
        raise NotFound("This link is not known here. Give the clinic your phone number, or call.")
    ctx.unit.become(Principal(Role.anonymous, link.tenant))
    known = links.was_given(ctx.ports.keys, link, body.secret)
    appointment = await _wanted(ctx, link)
    if appointment is None:
        return Answer(FreshOut(sent=False if known else None, to=None), 202)
    if known:
        return Answer(FreshOut(sent=True, to=masked(await _renew(ctx, appointment))), 202)
    if not await _repeat(ctx, appointment):
        raise issues.refused()
    return Answer(FreshOut(sent=None, to=None), 202)


async def renew(ctx: Context, _body: Nothing) -> Answer:
    """The same for staff, from the board or the desk."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    if await stage_of(ctx.unit, ctx.settings, appointment) in {Stage.closed, Stage.ended}:
        raise Conflict("This visit is over: its link opens nothing any more.")
    return Answer(FreshOut(sent=True, to=masked(await _renew(ctx, appointment))), 202)


async def lost(ctx: Context, body: LostIn) -> Answer:
    """Somebody has no link at all: whoever is reached at this number is sent that of their next visit.

    The answer is always the same, so nobody learns whose number the clinic has.
    """
    ctx.ports.limits.link_address.check(ctx.address)
    link = await ctx.unit.session.get(Link, body.link_id) if body.link_id else None
    tenant = link.tenant if link is not None else await only_practice(ctx.unit)
    if tenant is None:
        raise Conflict("Several clinics are here. Open the link of a message of yours, or call your clinic.")
    ctx.unit.become(Principal(Role.anonymous, tenant))
    practice = await practice_of(ctx.unit)
    try:
        phone = parse_phone(body.phone, practice.region, fictional=unit_allows_fiction(ctx.unit))
    except ValueError as error:
        raise Invalid("The phone number needs fixing.", errors=[Fault("/phone", str(error))]) from None
    _, people = await people_at(ctx.unit, ctx.ports.keys, phone)
    for appointment in await _next_of_each(ctx, people):
        if not await _repeat(ctx, appointment):
            break
    return Answer(FreshOut(sent=None, to=None), 202)


async def _next_of_each(ctx: Context, people: list[str]) -> list[Appointment]:
    found: dict[str, Appointment] = {}
    for one in await appointments.upcoming(ctx.unit, people, ctx.unit.clock.now()):
        found.setdefault(one.person_id, one)
    return list(found.values())[: issues.MOST]


async def _wanted(ctx: Context, link: Link) -> Appointment | None:
    """The link's own visit while it can be opened, else the person's next one."""
    own = await ctx.unit.get(Appointment, link.appointment_id)
    if await stage_of(ctx.unit, ctx.settings, own) not in {Stage.closed, Stage.ended}:
        return own
    coming = await appointments.upcoming(ctx.unit, [link.person_id], ctx.unit.clock.now())
    return coming[0] if coming else None


async def _renew(ctx: Context, appointment: Appointment) -> Reach:
    """A new generation, and the message with it. Raises Conflict when that would not leave now, TooMany after three of
    this hour: the link of before goes on working then."""
    unit = ctx.unit
    way = await leaves_now(unit, asked(appointment, "fresh-link"))
    if way is None:
        raise Conflict(
            "Nothing can be sent to the number or mailbox on file now. The link stays as it is: please call."
        )
    planned, reach = way
    await hold_contact(unit, reach.contact.id)
    if not await issues.take(unit, reach.contact.id, "link"):
        raise issues.refused()
    link = await links.of_appointment(unit, appointment.id)
    await unit.session.refresh(link)  # others may have renewed it while we waited for our turn
    links.renew(ctx.ports.keys, link)
    unit.add(link)
    await unit.flush()
    unit.emit(LinkChanged(appointment_id=appointment.id))
    step = f"fresh-link.{link.generation}"
    await plan(unit, asked(appointment, step), replace(planned, step=step))
    unit.record("U", "link.renew", "Appointment", appointment.id, person_id=appointment.person_id)
    return reach


async def _repeat(ctx: Context, appointment: Appointment) -> bool:
    """Have the present link sent once more; False when this number had its three of the hour. Whom nothing reaches
    stands on the call list, once."""
    unit = ctx.unit
    planned = await way_of(unit, asked(appointment, "same-link"))
    if planned is None:
        return True
    number = 0
    if planned.reach is not None:
        await hold_contact(unit, planned.reach.contact.id)
        if not await issues.take(unit, planned.reach.contact.id, "again"):
            return False
        known = await rows.of_subjects(unit, [appointment.id])
        number = 1 + sum(one.step.startswith("same-link") for one in known)
    step = f"same-link.{number}"
    await plan(unit, asked(appointment, step), replace(planned, step=step))
    unit.record("E", "link.repeat", "Appointment", appointment.id, person_id=appointment.person_id)
    return True


ROUTES = [
    Route("POST", "/v1/links/{link_id}/fresh", fresh, "link.fresh", body=FreshIn, returns=FreshOut, status=202,
          problems=[Conflict, TooMany], idempotent=False),
    Route("POST", "/v1/links/lost", lost, "link.lost", body=LostIn, returns=FreshOut, status=202,
          problems=[Conflict, TooMany], idempotent=False),
    Route("POST", "/v1/appointments/{appointment_id}/link", renew, "link.renew", body=Nothing, returns=FreshOut,
          status=202, problems=[Conflict, TooMany]),
]  # fmt: skip
