"""Fixtures that every test may ask for. The parts themselves are in tests/parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.parts.coturn import Coturn
from tests.parts.postgres import Postgres
from tests.parts.redis import Redis
from tests.parts.smtp import Smtp


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
