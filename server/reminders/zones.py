"""Countries change their clocks. When the zone database is another one than the one that messages were planned by, what
is to come is planned anew: a week before at the same time on the wall is another instant then, and so is the night.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from server.access.tables import Practice
from server.core import zones
from server.core.principal import system
from server.reminders import replanning
from server.reminders.tables import ZoneRelease
from server.store.unit import Desk

_ONLY = 1


async def follow(desk: Desk) -> bool:
    """Plan anew what was planned by another release; whether it was news. The first start only notes it. It is noted at
    the end, so that a worker that is killed meanwhile leaves it to the next one; doing it twice changes nothing."""
    release = zones.release()
    async with desk.unit(system(""), write=False) as unit:
        query = select(col(ZoneRelease.name)).where(col(ZoneRelease.id) == _ONLY)
        known_by = (await unit.session.execute(query)).scalar_one_or_none()
        if known_by == release:
            return False
        tenants = list((await unit.session.execute(select(col(Practice.id)))).scalars()) if known_by else []
    for tenant in tenants:
        last: str | None = ""
        while last is not None:
            async with desk.unit(system(tenant)) as unit:
                last = await replanning.of_clocks(unit, last)
    async with desk.unit(system("")) as unit:
        insert: Any = sqlite.insert if desk.store.dialect == "sqlite" else postgresql.insert
        known = {"name": release, "at": unit.clock.now()}
        await unit.session.execute(
            insert(ZoneRelease).values(id=_ONLY, **known).on_conflict_do_update(index_elements=["id"], set_=known)
        )
    return True
