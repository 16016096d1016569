"""How often something may be sent to one number or mailbox: counted in the database, so that all instances agree."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlmodel import col

from server.access.tables import LinkIssue
from server.core.errors import TooMany
from server.core.ids import new_id
from server.store.unit import Unit

MOST = 3
WINDOW = timedelta(hours=1)


async def take(unit: Unit, contact_id: str, kind: str) -> bool:
    """Count one message of `kind` to a contact point; False when three went there within the hour.

    The caller holds the contact point's row, so that two instances never both take the last one.
    """
    now = unit.clock.now()
    mine = (col(LinkIssue.tenant) == unit.tenant, col(LinkIssue.contact_id) == contact_id, col(LinkIssue.kind) == kind)
    query = select(func.count()).select_from(LinkIssue).where(*mine, col(LinkIssue.at) > now - WINDOW)
    if int((await unit.session.execute(query)).scalar_one()) >= MOST:
        return False
    unit.add(LinkIssue(id=new_id(), tenant=unit.tenant, contact_id=contact_id, kind=kind, at=now))
    await unit.session.execute(delete(LinkIssue).where(*mine, col(LinkIssue.at) <= now - WINDOW))
    await unit.flush()
    return True


def refused() -> TooMany:
    return TooMany(
        "Three messages went out within the hour. Please look for the newest one, or call the clinic.",
        retry_after=int(WINDOW.total_seconds()),
    )
