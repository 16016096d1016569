"""A process of its own that books, says `half` when every row has gone to the database, and never commits."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from server.appointments import service as appointments
from server.appointments.schemas import BookIn
from server.core.clock import SystemClock
from server.core.principal import Principal, Role
from server.house import open_house
from tests.parts.clinic import settings


async def main(url: str, folder: str, tenant: str, account: str, person: str, provider: str, kind: str, start: str,
               hold: str) -> None:  # fmt: skip
    body = BookIn(
        person_id=person, provider_id=provider, visit_type_id=kind, start=datetime.fromisoformat(start),
        hold_id=hold or None,
    )  # fmt: skip
    who = Principal(Role.scheduler, tenant, account_id=account)
    async with (
        open_house(settings(url, Path(folder)), clock=SystemClock()) as house,
        house.desk.unit(who) as unit,
    ):
        await appointments.book(unit, house.keys, body)
        await unit.settle()
        print("half", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
