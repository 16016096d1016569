"""Changes that reach further than one visit: everybody at its time, the later ones of its series, all that are ahead.

All of it happens or nothing does. A series moves by the wall clock: from Tuesday 14:30 to Wednesday 9:00 means that for
each of its visits, whatever the clocks do in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlmodel import col

from server.appointments import busy, claims, elsewhere, moving
from server.appointments.machine import Status
from server.appointments.recurrence import shifted
from server.appointments.schemas import CancelIn, MoveIn, OtherwiseIn, Scope
from server.appointments.shown import stamp
from server.appointments.tables import Appointment, VisitType
from server.appointments.wish import Wish
from server.core.clock import resolve_wall
from server.core.errors import Conflict, Fault, Invalid, SlotTaken
from server.events import AppointmentChanged
from server.store.unit import Unit, expect

Move = tuple[Appointment, Wish]


async def move(unit: Unit, appointment_id: str, body: MoveIn) -> list[Appointment]:
    """The desk's move, the named visit first.

    Raises NotFound, Invalid with pointers, StaleVersion, Conflict, SlotTaken with `next_free`, or with `conflicts`
    when several visits move.
    """
    named = await unit.get(Appointment, appointment_id)
    expect(named, body.version)
    wish = await moving.wish_for(unit, named, body)
    if body.scope == "this":
        return [await moving.move(unit, named, wish, hold_id=body.hold_id, even_so=body.even_so)]
    moving.refuse_over(named)
    moves = await _moves(unit, named, wish, await reached(unit, named, body.scope), body.choices)
    await _claim(unit, moves)
    for place, (appointment, there) in enumerate(moves):
        if there.start != appointment.start:
            await elsewhere.refuse(
                unit, appointment, there.start, there.end, even_so=body.even_so, but={one.id for one, _ in moves}
            )
        again = place > 0 and appointment.person_id in {one.person_id for one, _ in moves[:place]}
        await moving.relocate(unit, appointment, there, again=again)
    return [appointment for appointment, _ in moves]


async def cancel(unit: Unit, appointment_id: str, body: CancelIn) -> list[Appointment]:
    """The desk's cancellation, the named visit first. Raises NotFound, StaleVersion, Conflict."""
    named = await unit.get(Appointment, appointment_id)
    expect(named, body.version)
    moving.refuse_over(named)
    found = await reached(unit, named, body.scope)
    for appointment in found:
        await moving.cancel(unit, appointment, body.reason, tell=body.tell)
    return found


async def lead(unit: Unit, appointment: Appointment, provider_id: str) -> None:
    """A co-provider of a visit becomes the one it is with, and the other way round. Nobody's time changes."""
    beside = (await claims.co_providers(unit, [appointment.id])).get(appointment.id, [])
    others = [one for one in beside if one != provider_id]
    await claims.set_co_providers(unit, appointment.id, [*others, appointment.provider_id])
    await unit.swap(appointment, provider_id=provider_id)
    unit.emit(AppointmentChanged(appointment_id=appointment.id))
    unit.record("U", "appointment.lead", "Appointment", appointment.id, person_id=appointment.person_id)


async def reached(unit: Unit, named: Appointment, scope: Scope) -> list[Appointment]:
    """The visits that a change reaches, the named one first: of a series those that are booked and ahead, with
    everybody at their time. Raises Invalid when it belongs to no such thing."""
    if scope == "this":
        return [named]
    if scope == "group":
        if named.group_id is None:
            raise Invalid("This visit belongs to no group.", errors=[Fault("/scope", "belongs to no group")])
        return [named, *await claims.companions(unit, named)]
    if named.series_id is None:
        raise Invalid("This visit belongs to no series.", errors=[Fault("/scope", "belongs to no series")])
    query = unit.select(Appointment).where(
        col(Appointment.series_id) == named.series_id, col(Appointment.status) == Status.booked.value,
        col(Appointment.start) > unit.clock.now(),
    )  # fmt: skip
    if scope == "following":
        query = query.where(col(Appointment.series_number) >= named.series_number)
    found = await unit.all(query.order_by(col(Appointment.start), col(Appointment.id)))
    return [named, *(one for one in found if one.id != named.id)]


async def _moves(
    unit: Unit, named: Appointment, wish: Wish, found: Sequence[Appointment], choices: Sequence[OtherwiseIn]
) -> list[Move]:
    """Where each visit goes. Raises Invalid for those whose wall time does not exist or happens twice."""
    before = named.start.astimezone(wish.zone).replace(tzinfo=None)
    by = wish.start.astimezone(wish.zone).replace(tzinfo=None) - before
    other_provider = wish.provider_id if wish.provider_id != named.provider_id else None
    kinds = await unit.find(VisitType, {one.visit_type_id for one in found})
    chosen = {one.appointment_id: (place, one) for place, one in enumerate(choices)}
    moves, faults = [], []
    for one in found:
        start = wish.start if one.start == named.start else None
        if one.id in chosen and one.id != named.id:
            place, choice = chosen[one.id]
            if choice.start is None:
                continue
            start = resolve_wall(choice.start, wish.zone, f"/choices/{place}/start")
        elif start is None:
            moved = shifted(one.start, by, wish.zone)
            if len(moved.starts) != 1:
                why = "happens twice" if moved.starts else "does not exist"
                faults.append(Fault("/choices", f"{moved.wall.isoformat(timespec='minutes')} {why} ({one.id})"))
                continue
            start = moved.starts[0]
        there = Wish(other_provider or one.provider_id, kinds[one.visit_type_id], wish.zone, start)
        moves.append((one, moving.keeping_length(there, one)))
    if faults:
        raise Invalid("The clocks change over some of these times. Choose a time for each.", errors=faults)
    moved_at_all = [
        (one, there) for one, there in moves if (there.start, there.provider_id) != (one.start, one.provider_id)
    ]
    if not moved_at_all:
        raise Invalid("The visits are at this time already.", errors=[Fault("/start", "is the time they have")])
    return moved_at_all


async def _claim(unit: Unit, moves: Sequence[Move]) -> None:
    """Give back all the old times, then take the new ones: a series may move onto its own times. Raises SlotTaken with
    `conflicts`."""
    owners: dict[str, tuple[Wish, list[str], Appointment]] = {}
    for appointment, wish in moves:
        if wish.start < unit.clock.now() - timedelta(hours=12):
            raise Invalid("A visit would lie in the past.", errors=[Fault("/start", "lies in the past")])
        owner_id = claims.owner(appointment)
        if owner_id in owners:
            _same(owners[owner_id][0], wish)
            await moving.co_providers_then(unit, appointment, wish)
            continue
        owners[owner_id] = (wish, await moving.co_providers_then(unit, appointment, wish), appointment)
    for owner_id in sorted(owners):
        await busy.give_back(unit, owner_id)
    conflicts = []
    for owner_id, (wish, co_providers, appointment) in sorted(owners.items(), key=lambda one: one[1][0].start):
        try:
            await claims.claim(unit, owner_id, wish, co_providers, person_id=appointment.person_id)
        except SlotTaken as taken:
            conflicts.append(
                {"appointment_id": appointment.id, "start": stamp(wish.start), "next_free": taken.extra["next_free"]}
            )
    if len(conflicts) == 1 and len(owners) == 1:
        raise SlotTaken("The provider has another visit then. Choose another time or another provider.",
                        next_free=conflicts[0]["next_free"])  # fmt: skip
    if conflicts:
        raise SlotTaken("Some of these times are taken. Choose another time for each; nothing has moved yet.",
                        conflicts=conflicts, next_free=[])  # fmt: skip


def _same(one: Wish, other: Wish) -> None:
    if replace(one, minutes=None) != replace(other, minutes=None):
        raise Conflict("People at one time move together. Choose the same time for all of them.")
