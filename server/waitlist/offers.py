"""Take an offered time, or let it go. Of all who take one opening in the same moment one has it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import col

from server.appointments import moving
from server.appointments.tables import Appointment
from server.core.errors import Conflict, NotFound, SlotTaken
from server.store.unit import Unit
from server.waitlist.machine import Act, Status
from server.waitlist.openings import close, end_entry, settle, wish_of
from server.waitlist.tables import Opening, SlotOffer

_GONE = {
    Status.taken.value: "You have taken this time already.",
    Status.declined.value: "You let this time go.",
    Status.expired.value: "This offer has run out. Your visit stays as it was.",
    Status.lost.value: "Somebody else was a moment earlier. Your visit stays as it was.",
}


async def of_visit(unit: Unit, appointment_id: str) -> list[SlotOffer]:
    """The open offers of a visit; whether one has run out is for its reader's clock to say."""
    query = unit.select(SlotOffer).where(
        col(SlotOffer.appointment_id) == appointment_id, col(SlotOffer.status) == Status.open.value
    )
    return await unit.once((of_visit, appointment_id), lambda: unit.all(query))


async def live(unit: Unit, offer_ids: Iterable[str]) -> list[SlotOffer]:
    """Those of these offers that can be taken now, by time."""
    query = unit.select(SlotOffer).where(
        col(SlotOffer.id).in_(list(offer_ids)), col(SlotOffer.status) == Status.open.value,
        col(SlotOffer.expires_at) > unit.clock.now(),
    )  # fmt: skip
    return await unit.all(query.order_by(col(SlotOffer.start), col(SlotOffer.id)))


async def mine(unit: Unit, offer_id: str) -> SlotOffer:
    """An offer of the patient who asks, or any of the practice for staff. Raises NotFound."""
    offer = await unit.get(SlotOffer, offer_id)
    bound = unit.principal.appointment_id
    if bound and offer.appointment_id != bound:
        raise NotFound("There is no such slot offer here.")
    return offer


async def take(unit: Unit, offer: SlotOffer) -> Appointment:
    """Move the visit to the offered time; its old time is offered in turn.

    Raises Conflict when the offer is not open any more or the visit is earlier by now, SlotTaken when somebody was
    earlier. The opening's row is taken first: all who want it wait for each other there, and find it closed after the
    first.
    """
    lock = unit.select(Opening).where(col(Opening.id) == offer.opening_id).with_for_update()
    opening = await unit.first(lock)
    assert opening is not None
    await unit.session.refresh(opening)
    await unit.session.refresh(offer)
    if opening.taken_by is not None and opening.taken_by != offer.appointment_id:
        raise SlotTaken(_GONE[Status.lost.value], next_free=[])
    if offer.status != Status.open:
        raise Conflict(_GONE[offer.status])
    if offer.expires_at <= unit.clock.now():
        raise Conflict(_GONE[Status.expired.value])
    appointment = await unit.get(Appointment, offer.appointment_id)
    if offer.start >= appointment.start:
        raise Conflict("Your visit is earlier than this time by now. It stays as it is.")
    await moving.move(unit, appointment, await wish_of(unit, offer, appointment), by_patient=True)
    await settle(unit, offer, Act.take)
    close(unit, opening, appointment.id)
    await end_entry(unit, appointment.id)
    others = unit.select(SlotOffer).where(
        col(SlotOffer.opening_id) == opening.id, col(SlotOffer.status) == Status.open.value
    )
    for other in await unit.all(others.order_by(col(SlotOffer.id))):
        await settle(unit, other, Act.lose)
    await unit.flush()
    return appointment


async def decline(unit: Unit, offer: SlotOffer) -> None:
    """Let it go: the next in rank is asked at once. Raises Conflict when it is not open any more."""
    if offer.status != Status.open:
        raise Conflict(_GONE[offer.status])
    await settle(unit, offer, Act.decline)
    opening = await unit.get(Opening, offer.opening_id)
    if opening.closed_at is None:
        opening.next_at = unit.clock.now()
        unit.add(opening)
        await unit.flush()
