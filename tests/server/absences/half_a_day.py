"""A process of its own that carries out an absence and stops in a visit, its rows written, not committed."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from server.absences import telling, work
from server.appointments.tables import Appointment
from server.core.clock import MovableClock
from server.house import open_house
from server.store.unit import Unit
from tests.parts.clinic import settings


async def main(url: str, folder: str, ahead: str, after: str) -> None:
    """`ahead`: seconds that the clinic's clock is ahead; `after`: in which visit to stop."""
    clock = MovableClock()
    clock.forward(timedelta(seconds=float(ahead)))
    left = int(after)
    whole = telling.who_is_not_reached

    async def halfway(unit: Unit, appointment: Appointment) -> None:
        nonlocal left
        await whole(unit, appointment)
        await unit.flush()
        left -= 1
        if left == 0:
            print("half", flush=True)
            await asyncio.Event().wait()

    telling.who_is_not_reached = halfway
    async with open_house(settings(url, Path(folder)), clock=clock) as house:
        await work.once(house)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
