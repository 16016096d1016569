"""Guests of a visit: staff or the patient invite them; each has a link of their own and sees what the scope allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from notifications.numbers import show_phone
from notifications.texts import language_of
from server.access import guests, links, sessions
from server.access.schemas import Shape
from server.access.service import practice_of
from server.access.tables import Guest
from server.api.context import Answer, Context
from server.api.routing import Route, cookie, is_id
from server.appointments.machine import Status as Appt
from server.appointments.tables import Appointment
from server.core.errors import Conflict, Gone, NotFound, TooMany
from server.core.principal import ANONYMOUS, Principal, Role
from server.events import LinkChanged
from server.people.schemas import OneLine
from server.store.unit import Unit
from server.visits import guest_call, ringing, service
from server.visits.rooms import is_let_in
from server.visits.tables import VisitRing
from server.waiting.schemas import OpenIn

AFTER = timedelta(hours=2)  # a guest's link ends so long after the visit's planned end
MOST = 6  # guests of one visit
Name = Annotated[OneLine, Field(max_length=80)]


class GuestIn(Shape):
    scope: Literal["interpreter", "family", "trainee"]
    name: Name | None = None


class FamilyIn(Shape):
    name: Name | None = None


class AgreeIn(Shape):
    agreed: bool


class InvitedOut(BaseModel):
    """`url` is shown once to whoever invites, to be handed on; the database holds only a hash of its secret."""

    id: str
    scope: str
    name: str | None
    url: str
    expires_at: datetime


class GuestReady(OpenIn):
    name: Name | None = None


def ends(appointment: Appointment) -> datetime:
    return appointment.end + AFTER


def is_over(guest: Guest, appointment: Appointment, now: datetime) -> bool:
    """Taken back, past its time, or the visit is over: the link then opens nothing."""
    done = appointment.status in {Appt.cancelled, Appt.entered_in_error, Appt.fulfilled, Appt.noshow}
    return guest.ended_at is not None or done or now > ends(appointment)


# -- inviting -------------------------------------------------------------------------------------


async def invite(ctx: Context, body: GuestIn) -> InvitedOut:
    """Make a guest's link. Nobody is told by us: the address is for the one who invites to hand on."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    return await _invite(ctx, appointment, body.scope, body.name)


async def invite_family(ctx: Context, body: FamilyIn) -> InvitedOut:
    """The patient adds somebody of their own."""
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    return await _invite(ctx, appointment, Role.family.value, body.name)


async def _invite(ctx: Context, appointment: Appointment, scope: str, name: str | None) -> InvitedOut:
    guest = await invite_to(ctx, appointment, scope, name)
    url = links.url_of(ctx.ports.keys, ctx.settings.public_url, guest)
    return InvitedOut(id=guest.id, scope=scope, name=name, url=url, expires_at=ends(appointment))


async def invite_to(ctx: Context, appointment: Appointment, scope: str, name: str | None) -> Guest:
    """One guest more. Raises Conflict when the visit is over, or has its six."""
    if appointment.status not in {Appt.booked, Appt.arrived} or ctx.unit.clock.now() > ends(appointment):
        raise Conflict("This visit is over or called off: nobody can be added to it.")
    there = (await guests.at(ctx.unit, [appointment.id])).get(appointment.id, [])
    if len(there) >= MOST:
        raise Conflict(f"A visit has {MOST} guests at the most. Take a link back first.")
    guest = await guests.invite(
        ctx.unit, ctx.ports.keys, appointment_id=appointment.id, person_id=appointment.person_id, scope=scope,
        name=name, by_patient=ctx.principal.role is Role.patient,
    )  # fmt: skip
    ctx.unit.emit(LinkChanged(appointment_id=appointment.id))
    return guest


async def take_back(ctx: Context) -> None:
    """Take a guest's link back: it opens nothing any more, and who came by it is out."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    await leave(ctx, await guests.of(ctx.unit, appointment.id, ctx.path("guest_id")))


async def take_back_own(ctx: Context) -> None:
    """The patient sends a guest away, whoever invited them."""
    await leave(ctx, await guests.of(ctx.unit, ctx.principal.appointment_id, ctx.path("guest_id")))


async def leave(ctx: Context, guest: Guest) -> None:
    """They are no guest any more: out of the call, their link and sessions ended."""
    appointment_id = guest.appointment_id
    await guest_call.put_out(ctx, guest)
    if guest.interpreter_id is not None:
        await ringing.end_of(ctx.unit, await service.of_appointment(ctx.unit, appointment_id), guest.id)
    for session_id in await guests.end(ctx.unit, guest):
        ctx.unit.afterwards(partial(ctx.ports.expel, session_id))
    if guest.interpreter_id is not None:  # the one who said yes: nobody comes any more, and the board says so
        await ctx.unit.swap(await ctx.unit.get(Appointment, appointment_id), interpreter_status="needs-action")
    ctx.unit.emit(LinkChanged(appointment_id=appointment_id))


async def agree(ctx: Context, body: AgreeIn) -> Answer:
    """The patient says whether a trainee may be there. It can be changed at any time."""
    guest = await guests.of(ctx.unit, ctx.principal.appointment_id, ctx.path("guest_id"))
    if guest.scope != Role.trainee:
        raise Conflict("Only a trainee is asked for.")
    guest.agreed = body.agreed
    ctx.unit.add(guest)
    if not body.agreed:
        await guest_call.put_out(ctx, guest)
    ctx.unit.record("C", "guest.agree" if body.agreed else "guest.refuse", "Consent", guest.id,
                    person_id=ctx.principal.person_id)  # fmt: skip
    ctx.unit.emit(LinkChanged(appointment_id=guest.appointment_id))
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, guest.appointment_id))


# -- the guest's own door ---------------------------------------------------------------------------


async def open_guest(ctx: Context, body: OpenIn) -> dict[str, Any]:
    """The page's own first call. It burns nothing."""
    guest, appointment = await prove(ctx, body.secret)
    if guest.opened_at is None:
        guest.opened_at = ctx.unit.clock.now()
        ctx.unit.add(guest)
        ctx.unit.emit(LinkChanged(appointment_id=appointment.id))
        ctx.unit.record("R", f"guest.open.{guest.scope}", "Appointment", appointment.id)
    return await ctx.views.guest_view(ctx.unit, ctx.ports, guest.id)


async def ready(ctx: Context, body: GuestReady) -> Answer:
    """ "I'm here": the clinic and the patient see it. A guest sees no more than before."""
    guest, appointment = await prove(ctx, body.secret)
    if guest.offered:
        raise Conflict("Say first whether you can come.")
    if guest.here_at is None:
        guest.here_at = ctx.unit.clock.now()
        if guest.name is None and body.name:
            handle = await ctx.unit.dek(appointment.person_id)
            guest.name = handle.seal("guest", "name", guest.id, body.name)
        ctx.unit.add(guest)
        ctx.unit.emit(LinkChanged(appointment_id=appointment.id))
    cookies: dict[str, str | None] = {}
    if ctx.principal.link_id != guest.id:
        token, session = await sessions.open_visitor(
            ctx.unit, Role(guest.scope), appointment_id=appointment.id, link_id=guest.id, until=ends(appointment)
        )
        ctx.unit.become(sessions.principal_for(session))
        cookies[cookie("guest", guest.id)] = token
    return Answer(await ctx.views.guest_view(ctx.unit, ctx.ports, guest.id), cookies=cookies)


async def own_view(ctx: Context) -> Answer:
    """The visit as this guest may see it; 204 in a browser that is nobody here yet."""
    if ctx.principal.role is Role.anonymous:
        return Answer()
    if ctx.principal.link_id != ctx.path("guest_id"):
        raise NotFound("There is no such guest at this visit.")
    return Answer(await ctx.views.guest_view(ctx.unit, ctx.ports, ctx.principal.link_id))


async def prove(ctx: Context, secret: str) -> tuple[Guest, Appointment]:
    """Check the secret; the anonymous unit goes on as that guest. Raises NotFound, Gone."""
    ctx.ports.limits.link_address.check(ctx.address)
    guest = await ctx.unit.session.get(Guest, ctx.path("guest_id"))
    if guest is None:
        raise NotFound("This link does not work. Please ask whoever sent it for a new one.")
    try:
        links.prove(guest, secret)
    except NotFound:
        ctx.ports.limits.link.check(guest.id)
        ctx.unit.deny(guest.tenant, "link.secret", "Appointment", guest.appointment_id)
        raise
    ctx.unit.become(Principal(Role(guest.scope), guest.tenant, appointment_id=guest.appointment_id, link_id=guest.id))
    appointment = await ctx.unit.get(Appointment, guest.appointment_id)
    if is_over(guest, appointment, ctx.unit.clock.now()):
        raise Gone("This link has ended. Please ask whoever sent it.")
    return guest, appointment


async def guest_page(unit: Unit, guest_id: str, locale: str | None) -> dict[str, str]:
    """What the server fills into the guest's page: clinic, phone, language. Raises NotFound."""
    guest = await unit.session.get(Guest, guest_id) if is_id(guest_id) else None
    if guest is None:
        raise NotFound("This link is not known here.")
    unit.become(Principal(ANONYMOUS.role, guest.tenant))
    practice = await practice_of(unit)
    language = language_of(locale or practice.locale)
    return {
        "clinic": practice.name, "phone": show_phone(practice.phone, practice.region),
        "phone_href": f"tel:{practice.phone}", "guest_id": guest.id, "locale": language,
    }  # fmt: skip


def shown(guest: Guest, name: str | None, ring: VisitRing | None) -> dict[str, Any]:
    """A guest as patient and staff see them. `phone`: how far it is with the telephone, which is not encrypted."""
    state = "here" if guest.here_at else "opened" if guest.opened_at else "invited"
    return {
        "id": guest.id, "scope": guest.scope, "name": name, "state": state, "by_patient": guest.by_patient,
        "agreed": guest.agreed, "let_in": is_let_in(guest), "muted": guest.muted, "aside": guest.aside,
        "phone": ringing.state_of(ring) if ring else None,
    }  # fmt: skip


ROUTES = [
    Route("POST", "/v1/appointments/{appointment_id}/guests", invite, "guest.invite", body=GuestIn, returns=InvitedOut,
          status=201, problems=[Conflict]),
    Route("DELETE", "/v1/appointments/{appointment_id}/guests/{guest_id}", take_back, "guest.end", status=204),
    Route("POST", "/v1/my/guests", invite_family, "guest.invite_own", body=FamilyIn, returns=InvitedOut, status=201,
          problems=[Conflict]),
    Route("DELETE", "/v1/my/guests/{guest_id}", take_back_own, "guest.end_own", status=204),
    Route("POST", "/v1/my/guests/{guest_id}", agree, "guest.agree", body=AgreeIn, problems=[Conflict]),
    Route("POST", "/v1/guests/{guest_id}/open", open_guest, "guest.open", body=OpenIn,
          problems=[Gone, TooMany], idempotent=False),
    Route("POST", "/v1/guests/{guest_id}/ready", ready, "guest.ready", body=GuestReady,
          problems=[Gone, TooMany, Conflict], idempotent=False),
    Route("GET", "/v1/guests/{guest_id}/visit", own_view, "guest.read_own", may_be_empty=True),
]  # fmt: skip
