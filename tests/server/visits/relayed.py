"""A clinic whose relay runs: what a test asks of it."""

from __future__ import annotations

from media.engine_relay import Relay
from tests.parts.clinic import Clinic


async def peers(clinic: Clinic) -> int:
    engine = clinic.house.media
    assert isinstance(engine, Relay)
    return sum(worker["peers"] for worker in (await engine.stats()).values())
