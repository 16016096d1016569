"""Guests of one visit: an interpreter, family, a trainee. Each has a link of their own that ends with the visit.

What a scope may see and do stands in `roles`.
"""

from __future__ import annotations

from sqlmodel import col

from server.access import links, sessions
from server.access.tables import Guest, Session
from server.core.errors import NotFound
from server.core.ids import new_id
from server.store.unit import Unit
from server.vault.port import KeyPort


async def invite(
    unit: Unit, keys: KeyPort, *, appointment_id: str, person_id: str, scope: str, name: str | None, by_patient: bool
) -> Guest:
    """Make a guest's link. `name` is how they are called; it is sealed as what belongs to the patient."""
    guest_id = new_id()
    handle = await unit.dek(person_id)
    guest = Guest(
        id=guest_id, tenant=unit.tenant, appointment_id=appointment_id, scope=scope, by_patient=by_patient,
        name=handle.seal("guest", "name", guest_id, name or None), created_at=unit.clock.now(),
        secret_hash=links.hash_of(links.secret_of(keys, guest_id, 1)),
    )  # fmt: skip
    unit.add(guest)
    unit.record("C", f"guest.invite.{scope}", "Appointment", appointment_id, person_id=person_id)
    await unit.flush()
    return guest


async def at(unit: Unit, appointment_ids: list[str]) -> dict[str, list[Guest]]:
    """Guests whose link was not taken back, by appointment, in the order in which they were invited. Who was only
    asked to come is none.
    """

    async def load() -> dict[str, list[Guest]]:
        query = unit.select(Guest).where(
            col(Guest.appointment_id).in_(appointment_ids), col(Guest.ended_at).is_(None), col(Guest.offered).is_(False)
        )
        found: dict[str, list[Guest]] = {}
        for guest in await unit.all(query.order_by(col(Guest.created_at), col(Guest.id))):
            found.setdefault(guest.appointment_id, []).append(guest)
        return found

    return await unit.once((at, *appointment_ids), load)


async def of(unit: Unit, appointment_id: str, guest_id: str) -> Guest:
    """A guest of this visit. Raises NotFound, also for one whose link was taken back."""
    guest = await unit.get(Guest, guest_id)
    if guest.appointment_id != appointment_id or guest.ended_at is not None or guest.offered:
        raise NotFound("There is no such guest at this visit.")
    return guest


async def together(unit: Unit, appointment_id: str) -> None:
    """Nobody is aside any more: the call they were aside from has ended."""
    for guest in (await at(unit, [appointment_id])).get(appointment_id, []):
        guest.aside = False
        unit.add(guest)


async def end(unit: Unit, guest: Guest) -> list[str]:
    """Take a guest's link back; returns the sessions that ended with it."""
    guest.ended_at = unit.clock.now()
    unit.add(guest)
    ended = await unit.all(
        unit.select(Session).where(col(Session.link_id) == guest.id, col(Session.ended_at).is_(None))
    )
    sessions.close(unit, ended)
    unit.record("D", f"guest.end.{guest.scope}", "Appointment", guest.appointment_id)
    await unit.flush()
    return [session.id for session in ended]
