"""A ward on SQLite and on PostgreSQL: every test runs against both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.conversations import service
from server.events import AppointmentBooked
from tests.parts.desk import open_desk

from .ward import Ward, open_ward


@pytest.fixture(params=["sqlite", "postgres"])
async def ward(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ward]:
    url = f"sqlite+aiosqlite:///{tmp_path}/data/careroom.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    async with open_desk(url, tmp_path, {AppointmentBooked: [service.when_booked]}) as desk:
        yield await open_ward(desk)
