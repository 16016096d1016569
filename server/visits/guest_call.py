"""A guest in the call: the provider lets them in, mutes them, speaks with them aside, and sends them out again.

What the relay is told follows from the guests' rows alone (`bounds`), so that a worker that was replaced is told the
same. A guest has no way but the relay: who is out of it sees and hears nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pydantic import Field

from media.engine import Away
from media.policy import KINDS, Kind, Standing, may_send
from server.access import guests
from server.access.schemas import Shape
from server.access.tables import Guest
from server.api.context import Context, Ports
from server.api.routing import Route
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound
from server.core.principal import Role, system
from server.events import LinkChanged
from server.people.service import who_sign
from server.store.unit import Unit
from server.visits import rooms, service
from server.visits.machine import Status
from server.visits.seats import guest_seat, patient_seat
from server.visits.tables import Visit


class AdmitIn(Shape):
    admitted: bool


class MuteIn(Shape):
    muted: bool


class AsideIn(Shape):
    """Those whom the provider takes aside; nobody: all are together again."""

    guests: list[str] = Field(max_length=6)


async def seated(unit: Unit, guest_id: str, visit: Visit) -> bool:
    """Whether this guest has a seat in this visit now."""
    guest = await unit.session.get(Guest, guest_id)
    here = guest is not None and guest.appointment_id == visit.appointment_id and guest.tenant == visit.tenant
    return visit.status == Status.in_progress and here and guest is not None and rooms.is_let_in(guest)


async def admit(ctx: Context, body: AdmitIn) -> dict[str, Any]:
    """Let a guest into the call, or send them out of it, to wait again. Raises NotFound, Conflict."""
    visit, guest = await _of_host(ctx)
    if not body.admitted:
        await put_out(ctx, guest)
    elif guest.admitted_at is None:
        _may_come(ctx, guest)
        rooms.expect_place(await rooms.room(ctx.unit, visit))
        guest.admitted_at = ctx.unit.clock.now()
        await _changed(ctx.unit, guest, "guest.admit")
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


def _may_come(ctx: Context, guest: Guest) -> None:
    if "relay" not in ctx.ports.media.capabilities.routes:
        raise Conflict("This clinic has no media relay, and a call of three needs one. Ask your administrator.")
    if guest.here_at is None:
        raise Conflict("This guest has not come yet: they open their link and say that they are here.")
    if guest.scope == Role.trainee and guest.agreed is not True:
        raise Conflict("The patient has not said yes to a trainee. Ask them first.")


async def mute(ctx: Context, body: MuteIn) -> dict[str, Any]:
    """Mute a guest, or let them speak again: their sound ends at the relay, whatever their page does."""
    visit, guest = await _of_host(ctx)
    if guest.muted != body.muted:
        guest.muted = body.muted
        await _changed(ctx.unit, guest, "guest.mute" if body.muted else "guest.unmute")
        await ctx.unit.flush()
        now = await rooms.room(ctx.unit, visit)
        with suppress(Away):  # a relay that is away carries nobody
            await ctx.ports.media.set_publish(now.id, guest_seat(guest.id), _kinds(now, guest))
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


async def aside(ctx: Context, body: AsideIn) -> dict[str, Any]:
    """Speak with some guests alone, for instance to brief an interpreter: nobody else hears or sees them or the
    provider, and they hear nobody else. With nobody named all are together again.
    """
    visit = await service.joinable(ctx.unit, ctx.path("visit_id"))
    there = {one.id: one for one in await at_visit(ctx.unit, visit)}
    for guest_id in body.guests:
        if guest_id not in there:
            raise NotFound("There is no such guest at this visit.")
        if visit.status != Status.in_progress or not rooms.is_let_in(there[guest_id]):
            raise Conflict("Let this guest into the call first.")
    for guest in there.values():
        if guest.aside != (guest.id in body.guests):
            guest.aside = not guest.aside
            await _changed(ctx.unit, guest, "guest.aside" if guest.aside else "guest.together")
    await ctx.unit.flush()
    now = await rooms.room(ctx.unit, visit)
    with suppress(Away):
        await ctx.ports.media.set_rooms(now.id, _apart(now))
    return await ctx.views.board_row(ctx.unit, visit.appointment_id)


async def put_out(ctx: Context, guest: Guest) -> None:
    """Out of the call at once: nothing reaches them any more, and the pages of the others make new keys."""
    if guest.admitted_at is None:
        return
    guest.admitted_at, guest.aside = None, False
    await _changed(ctx.unit, guest, "guest.put_out")
    now = await rooms.room(ctx.unit, await service.of_appointment(ctx.unit, guest.appointment_id))
    open_now = await rooms.guest_subjects(ctx.unit, [guest.id])
    ctx.unit.afterwards(partial(ctx.ports.call_line.put_out, now.id, guest_seat(guest.id), open_now))


async def bound(ports: Ports, visit: Visit, seat: str) -> bool:
    """Tell the relay once more what holds for this call. False when `seat` is of somebody who was sent out meanwhile
    (a guest, a member of a group who waits again, a co-provider no more): then they are out of it again.

    In a unit of its own: what was read before the relay answered may be old by now.
    """
    async with ports.desk.unit(system(visit.tenant), write=False) as unit:
        now = await rooms.room(unit, visit)
        signing = await _signing(unit, now)
    if seat not in now.seats:
        await ports.media.evict(now.id, seat)
        return False
    for one, kinds in sending(now).items():
        if kinds != KINDS:
            await ports.media.set_publish(now.id, one, kinds)
    if apart := _apart(now):
        await ports.media.set_rooms(now.id, apart)
    if signing:
        await ports.media.set_first(now.id, signing)
    return True


def sending(now: rooms.Room) -> dict[str, frozenset[Kind]]:
    """What each seat may send through the relay now. On hold nobody sends anything."""
    all_of_it = may_send(Standing(host=True, admitted=True, visit_open=True, on_hold=now.held))
    guests_of_it = {guest_seat(one.id): _kinds(now, one) for one in now.guests if rooms.is_let_in(one)}
    return dict.fromkeys(now.seats, all_of_it) | guests_of_it


def _kinds(now: rooms.Room, guest: Guest) -> frozenset[Kind]:
    who = Standing(host=False, admitted=rooms.is_let_in(guest), visit_open=True, on_hold=now.held)
    return may_send(who) - {"audio"} if guest.muted else may_send(who)


def _apart(now: rooms.Room) -> dict[str, frozenset[str]]:
    apart = {guest_seat(one.id) for one in now.guests if one.aside and rooms.is_let_in(one)}
    inside = apart | {now.lead} if apart else set()
    return {seat: frozenset(inside - {seat}) for seat in inside}


async def _signing(unit: Unit, now: rooms.Room) -> list[str]:
    """Whose hands must be seen: interpreters of patients who sign, then these patients."""
    interpreters = [one for one in now.guests if one.scope == Role.interpreter and rooms.is_let_in(one)]
    if not interpreters:
        return []
    appointments = await unit.find(Appointment, {one.appointment_id for one in interpreters})
    sign = await who_sign(unit, [one.person_id for one in appointments.values()])
    theirs = {one.id for one in appointments.values() if one.person_id in sign}
    hands = [guest_seat(one.id) for one in interpreters if one.appointment_id in theirs]
    return hands + [patient_seat(visit.id) for visit in now.visits if visit.appointment_id in theirs]


async def at_visit(unit: Unit, visit: Visit) -> Sequence[Guest]:
    return (await guests.at(unit, [visit.appointment_id])).get(visit.appointment_id, [])


async def _of_host(ctx: Context) -> tuple[Visit, Guest]:
    """The visit of the provider who asks, and the guest of it."""
    appointment = await ctx.unit.get(Appointment, ctx.path("appointment_id"))
    visit = await service.joinable(ctx.unit, (await service.of_appointment(ctx.unit, appointment.id)).id)
    return visit, await guests.of(ctx.unit, appointment.id, ctx.path("guest_id"))


async def _changed(unit: Unit, guest: Guest, what: str) -> None:
    unit.add(guest)
    unit.emit(LinkChanged(appointment_id=guest.appointment_id))
    await rooms.tell(unit, guest.appointment_id)
    unit.record("U", what, "Appointment", guest.appointment_id)


_PROBLEMS = [NotFound, Conflict]
ROUTES = [
    Route("POST", "/v1/appointments/{appointment_id}/guests/{guest_id}/admit", admit, "guest.admit", body=AdmitIn,
          problems=_PROBLEMS),
    Route("POST", "/v1/appointments/{appointment_id}/guests/{guest_id}/mute", mute, "guest.mute", body=MuteIn,
          problems=_PROBLEMS),
    Route("POST", "/v1/visits/{visit_id}/aside", aside, "guest.aside", body=AsideIn, problems=_PROBLEMS),
]  # fmt: skip
