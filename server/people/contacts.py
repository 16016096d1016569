"""How one person is reached: numbers and mailboxes, which one first, how careful to be, and for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlmodel import col

from server.access.service import practice_of
from server.core.errors import Conflict, Fault, Invalid, NotFound
from server.events import ContactsChanged
from server.people import consents
from server.people.contact_schemas import ContactChangeIn, ContactIn, ContactOut, ContactsOut, NewContactIn
from server.people.service import attach, email_of, masked_value, phone_of, unit_allows_fiction
from server.people.tables import ContactConsent, ContactPoint, Person, PersonContact
from server.store.unit import Unit
from server.vault.port import KeyPort

_FIRST, _LATER = 1, 2  # ranks
_OWNERS_WORD = ("sms", "carrier")  # a STOP: only its owner takes it back


async def contacts(unit: Unit, person_id: str) -> ContactsOut:
    """Every way to reach somebody, the preferred one first."""
    await unit.get(Person, person_id)
    links = await _links(unit, person_id)
    points = await unit.find(ContactPoint, {one.contact_id for one in links})
    refused = await consents.refused(unit, points)
    others = await _others(unit, person_id, list(points))
    handle, out = await unit.dek(), []
    for link in links:
        point = points[link.contact_id]
        value = handle.open("contact_point", "value", point.id, point.value)
        out.append(
            ContactOut(
                id=link.id, system=point.system, shown=masked_value(point.system, value), use=link.purpose,
                preferred=link.rank == _FIRST and any(one.rank > _FIRST for one in links),
                others_may_read=link.others_may_read, safe_from=link.safe_from, safe_to=link.safe_to,
                may=[one for one in consents.PURPOSES if one not in refused[point.id]],
                state="broken" if point.failed_at else "stopped" if point.opted_out_at else "ok",
                shared=others[point.id], delivered_at=point.delivered_at, undelivered_at=point.undelivered_at,
            )
        )  # fmt: skip
    return ContactsOut(contacts=out)


async def add(unit: Unit, keys: KeyPort, person_id: str, body: NewContactIn) -> ContactsOut:
    """Raises Invalid for a number or address that is none, Conflict when they have it already."""
    await unit.get(Person, person_id)
    _checked(body)
    if body.system == "phone":
        region = (await practice_of(unit)).region
        value = phone_of(body.value, region, fictional=unit_allows_fiction(unit), pointer="/value")
    else:
        value = email_of(body.value, pointer="/value")
    link = await attach(unit, keys, person_id, body.system, value, purpose=body.use)
    if link is None:
        raise Conflict("They are reached there already. Change what stands in the list.")
    await _apply(unit, link, body)
    return await _changed(unit, person_id, "contact.add", link.contact_id)


async def change(unit: Unit, person_id: str, link_id: str, body: ContactChangeIn) -> ContactsOut:
    """Raises Invalid for safe hours that are none, Conflict when only its owner may allow what they stopped."""
    link = await _mine(unit, person_id, link_id)
    _checked(body)
    if body.works:
        point = await unit.get(ContactPoint, link.contact_id)
        point.failed_at = point.undelivered_at = None
        unit.add(point)
    await _apply(unit, link, body)
    return await _changed(unit, person_id, "contact.change", link.contact_id)


async def remove(unit: Unit, person_id: str, link_id: str) -> ContactsOut:
    """They are not reached there any more; others who share it still are."""
    link = await _mine(unit, person_id, link_id)
    await unit.session.execute(delete(PersonContact).where(col(PersonContact.id) == link.id))
    return await _changed(unit, person_id, "contact.remove", link.contact_id)


async def _changed(unit: Unit, person_id: str, what: str, contact_id: str) -> ContactsOut:
    await unit.flush()
    unit.emit(ContactsChanged(person_id=person_id))
    unit.record("U", what, "ContactPoint", contact_id, person_id=person_id)
    return await contacts(unit, person_id)


async def _mine(unit: Unit, person_id: str, link_id: str) -> PersonContact:
    link = await unit.get(PersonContact, link_id)
    if link.person_id != person_id:
        raise NotFound("There is no such person contact here.")
    return link


async def _apply(unit: Unit, link: PersonContact, body: ContactIn) -> None:
    link.purpose, link.others_may_read = body.use, body.others_may_read
    link.safe_from, link.safe_to = body.safe_from, body.safe_to
    if body.preferred:
        for other in await _links(unit, link.person_id):
            other.rank = _LATER
            unit.add(other)
        link.rank = _FIRST
    elif link.rank == _FIRST and any(one.rank > _FIRST for one in await _links(unit, link.person_id)):
        link.rank = _LATER
    unit.add(link)
    await unit.flush()
    await _consent(unit, await unit.get(ContactPoint, link.contact_id), set(body.may))


async def _consent(unit: Unit, point: ContactPoint, may: set[str]) -> None:
    refused = (await consents.refused(unit, [point.id]))[point.id]
    granted = [one for one in consents.PURPOSES if one in may and one in refused]
    ended = [one for one in consents.PURPOSES if one not in may and one not in refused]
    if granted and await _stopped_by_owner(unit, point, granted):
        raise Conflict("They wrote STOP from this number. Only START from the same phone brings texts back.")
    for purposes, allow in ((granted, True), (ended, False)):
        if purposes:
            await consents.decide(unit, point, granted=allow, source="staff", purposes=purposes)


async def _stopped_by_owner(unit: Unit, point: ContactPoint, purposes: Sequence[str]) -> bool:
    newest: dict[str, ContactConsent] = {one.purpose: one for one in await consents.ledger(unit, point.id)}
    return any(newest[one].source in _OWNERS_WORD for one in purposes)


def _checked(body: ContactIn) -> None:
    if (body.safe_from is None) != (body.safe_to is None):
        missing = "/safe_from" if body.safe_from is None else "/safe_to"
        raise Invalid("The safe hours need fixing.", errors=[Fault(missing, "is missing: give both, or none")])
    if body.safe_from is not None and body.safe_from == body.safe_to:
        raise Invalid("The safe hours need fixing.", errors=[Fault("/safe_to", "must differ from the beginning")])


async def _links(unit: Unit, person_id: str) -> list[PersonContact]:
    query = unit.select(PersonContact).where(col(PersonContact.person_id) == person_id)
    return await unit.all(query.order_by(col(PersonContact.rank), col(PersonContact.id)))


async def _others(unit: Unit, person_id: str, contact_ids: list[str]) -> Counter[str]:
    """contact point -> how many other people are reached there."""
    query = select(col(PersonContact.contact_id), col(PersonContact.person_id)).where(
        col(PersonContact.tenant) == unit.tenant, col(PersonContact.contact_id).in_(contact_ids),
        col(PersonContact.person_id) != person_id,
    )  # fmt: skip
    return Counter(contact for contact, _ in set((await unit.session.execute(query)).all()))
