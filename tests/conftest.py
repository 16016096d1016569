"""Fixtures that every test may ask for. The parts themselves are in tests/parts."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.parts.clinic import Clinic, Seeded, open_clinic, seed_now
from tests.parts.coturn import Coturn
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis
from tests.parts.smtp import Smtp

HERE = Path(__file__).parent
ALONE = {"bench", "chaos", "journeys", "web"}  # folders in which every test is `alone`; elsewhere the test says so


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(HERE).parts[0] in ALONE:
            item.add_marker("alone")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL cluster for the whole run."""
    with Postgres() as part:
        yield part


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A fresh, empty database of this test's own."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[Redis]:
    """One Redis for the whole run; a test that stops it asks for `redis` instead."""
    with Redis() as part:
        yield part


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis of this test's own: it may be stopped, killed and started again."""
    with Redis() as part:
        yield part


@pytest.fixture
def redis_url(shared_redis: Redis) -> str:
    """The URL of the shared Redis, emptied for this test."""
    shared_redis.command("FLUSHALL")
    return shared_redis.url


@pytest.fixture(scope="session")
def coturn() -> Iterator[Coturn]:
    """One TURN server for the whole run."""
    with Coturn() as part:
        yield part


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    """An SMTP server with an empty mailbox."""
    with Smtp() as part:
        yield part


@pytest.fixture(scope="session")
def seeded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """A migrated SQLite file with two practices; tests copy it."""
    folder = tmp_path_factory.mktemp("seeded")
    return seed_now(f"sqlite+aiosqlite:///{folder}/careroom.db", folder)


@pytest.fixture(scope="session")
def seeded_postgres(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """A migrated PostgreSQL database with two practices; tests copy it."""
    return seed_now(postgres.create_database(), tmp_path_factory.mktemp("seeded"))


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Seeded]]:
    """A database of this test's own with two practices in it, on SQLite and on PostgreSQL: (url, what it is a copy of).

    `@sqlite_only` for what has nothing to do with the database.
    """
    if request.param == "sqlite":
        seeded: Seeded = request.getfixturevalue("seeded_sqlite")
        shutil.copy(seeded.folder / "careroom.db", tmp_path / "careroom.db")
        yield f"sqlite+aiosqlite:///{tmp_path}/careroom.db", seeded
        return
    seeded = request.getfixturevalue("seeded_postgres")
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.create_database(seeded.url.rsplit("/", 1)[1])
    yield url, seeded
    postgres.drop_database(url)


@pytest.fixture
async def clinic(place: tuple[str, Seeded], tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic of this test's own: house, application, people who act in it."""
    url, seeded = place
    async with open_clinic(url, tmp_path, seeded) as opened:
        yield opened
