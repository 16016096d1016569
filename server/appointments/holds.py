"""Two minutes in which nobody else can book a time that is being talked over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from server.appointments import busy
from server.appointments.tables import Busy, Hold
from server.appointments.wish import Wish
from server.core.errors import Fault, Invalid, NotFound, TooMany
from server.core.ids import new_id
from server.store.unit import Unit

LIFE = timedelta(minutes=2)
MOST = 10  # live holds of one account: nobody talks over more times than that at once


async def hold(unit: Unit, wish: Wish) -> Hold | None:
    """Keep a time for whoever asks; None when it is taken. Raises TooMany.

    It is kept by the very key that bookings use, so a hold and a booking can never both have it, and on the database's
    clock, so an instance whose own runs ahead takes no time from it.
    """
    now = await unit.database_now()
    mine = select(func.count()).where(
        col(Hold.tenant) == unit.tenant, col(Hold.holder) == unit.principal.agent, col(Hold.expires_at) > now
    )
    if int((await unit.session.execute(mine)).scalar_one()) >= MOST:
        raise TooMany("You hold many times already. Book or release one first.", retry_after=LIFE.total_seconds())
    made = Hold(
        id=new_id(), tenant=unit.tenant, holder=unit.principal.agent, provider_id=wish.provider_id,
        visit_type_id=wish.visit_type.id, start=wish.start, end=wish.end, expires_at=now + LIFE,
    )  # fmt: skip
    if not await busy.take(unit, wish.provider_id, wish.taken_from, wish.taken_to, made.id, made.expires_at):
        return None
    unit.add(made)
    unit.record("C", "hold.create", "Slot", made.id)
    return made


async def release(unit: Unit, hold_id: str) -> None:
    """Give a time back. Raises NotFound when there is no such hold of the one who asks (any more)."""
    held = await _mine(unit, hold_id)
    if held is None or not await _end(unit, held):
        raise NotFound("There is no such hold here. It may have run out.")
    await busy.give_back(unit, held.id)
    unit.record("D", "hold.release", "Slot", held.id)


async def use(unit: Unit, hold_id: str, wish: Wish, appointment_id: str) -> bool:
    """Turn a hold's time into an appointment's without a moment in between.

    False when the hold has run out or is not this account's: the time is then taken like any other, if it is free.
    Raises Invalid when the hold keeps something else than what is being booked.
    """
    held = await _mine(unit, hold_id)
    if held is None:
        return False
    if (held.provider_id, held.visit_type_id, held.start) != (wish.provider_id, wish.visit_type.id, wish.start):
        detail = "keeps another time, provider or kind of visit"
        raise Invalid("The time that was held is not the one to be booked.", errors=[Fault("/hold_id", detail)])
    if not await _end(unit, held):
        return False
    kept = col(Busy.appointment_id) == held.id
    taken = await unit.session.execute(
        update(Busy)
        .where(kept, col(Busy.expires_at) > await unit.database_now())
        .values(appointment_id=appointment_id, expires_at=None)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount == len(busy.ticks(wish.taken_from, wish.taken_to)):  # type: ignore[attr-defined]
        return True
    # It ran out, or the kind of visit has another length since: start anew, with all of it or nothing.
    await busy.give_back(unit, held.id)
    await unit.session.execute(
        delete(Busy).where(
            col(Busy.appointment_id) == appointment_id, col(Busy.provider_id) == wish.provider_id,
            col(Busy.tick).in_(list(busy.ticks(wish.taken_from, wish.taken_to))),
        )
    )  # fmt: skip
    return False


async def _mine(unit: Unit, hold_id: str) -> Hold | None:
    query = unit.select(Hold).where(col(Hold.id) == hold_id, col(Hold.holder) == unit.principal.agent)
    return await unit.first(query)


async def _end(unit: Unit, held: Hold) -> bool:
    """Whether it was us who ended it: of two who use the same hold one finds it gone."""
    ended = await unit.session.execute(
        delete(Hold).where(col(Hold.id) == held.id).execution_options(synchronize_session=False)
    )
    return bool(ended.rowcount)  # type: ignore[attr-defined]
