"""Rotate the key encryption key: a new one wraps every data key, round by round."""

from __future__ import annotations

from server.house import open_house
from server.settings import Settings
from server.vault.deks import rewrap_all

ROUND = 500


async def rotate(settings: Settings) -> int:
    """Make a new KEK and re-wrap all data keys under it. An interrupted run is finished by the next one."""
    done = 0
    async with open_house(settings) as house:
        house.keys.rotate()
        while True:
            async with house.store.session(write=True) as session:
                count = await rewrap_all(session, house.desk.vault, limit=ROUND)
                await session.commit()
            if count == 0:
                return done
            done += count
