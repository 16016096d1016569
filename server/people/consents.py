"""The consent ledger: for each number or mailbox and each purpose, who said when that it may be written to.

STOP stops every purpose at once (47 CFR 64.1200(a)(10)); staff, and the unsubscribe address of a mail, may end one.
Lines are added and never changed, so that it can be shown what was known when something was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlmodel import col

from server.people.tables import ContactConsent, ContactPoint
from server.store.unit import Unit

VISITS, MESSAGES, OFFERS = "visits", "messages", "offers"
PURPOSES = (VISITS, MESSAGES, OFFERS)


async def decide(
    unit: Unit, contact: ContactPoint, *, granted: bool, source: str, purposes: Sequence[str] = PURPOSES
) -> None:
    """Write what was decided. When nothing is left that is granted, the contact point itself is closed."""
    now = unit.clock.now()
    for purpose in purposes:
        unit.add(
            ContactConsent(
                tenant=unit.tenant, contact_id=contact.id, purpose=purpose, granted=granted, source=source, at=now
            )
        )  # fmt: skip
    await unit.flush()
    ended = (await refused(unit, [contact.id]))[contact.id]
    if ended.issuperset(PURPOSES):
        contact.opted_out_at = contact.opted_out_at or now
    else:
        contact.opted_out_at = None
    unit.add(contact)
    await unit.flush()
    unit.record("U", f"consent.{'grant' if granted else 'refuse'}.{source}", "ContactPoint", contact.id)


async def refused(unit: Unit, contact_ids: Iterable[str]) -> dict[str, set[str]]:
    """contact id -> the purposes for which it must not be written to."""
    wanted = sorted(set(contact_ids))
    found: dict[str, set[str]] = {contact_id: set() for contact_id in wanted}
    query = (
        unit.select(ContactConsent)
        .where(unit.among(col(ContactConsent.contact_id), wanted))
        .order_by(col(ContactConsent.at), col(ContactConsent.id))
    )
    for line in await unit.all(query):
        (found[line.contact_id].discard if line.granted else found[line.contact_id].add)(line.purpose)
    return found


async def ledger(unit: Unit, contact_id: str) -> list[ContactConsent]:
    """Every line of a contact point, the oldest first."""
    query = unit.select(ContactConsent).where(col(ContactConsent.contact_id) == contact_id)
    return await unit.all(query.order_by(col(ContactConsent.at), col(ContactConsent.id)))
