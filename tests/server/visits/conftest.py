from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.engine_relay import Relay
from tests.parts.clinic import Clinic, Seeded, open_clinic


@pytest.fixture
async def grouped(place: tuple[str, Seeded], tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic that has a relay, of which nothing runs: what is decided, not what is carried."""
    url, seeded = place
    async with open_clinic(url, tmp_path, seeded, media_url="relay://127.0.0.1") as opened:
        yield opened


@pytest.fixture
async def relayed(place: tuple[str, Seeded], tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic with a relay whose worker processes run."""
    url, seeded = place
    async with open_clinic(url, tmp_path, seeded, media_url="relay://127.0.0.1") as opened:
        engine = opened.house.media
        assert isinstance(engine, Relay)
        await engine.start(lambda *_: None)
        yield opened
