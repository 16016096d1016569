"""Migrations go up, down and up again on both databases, and end at the models."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

import server.tables  # noqa: F401 - every table must be known before the metadata is read
from server.store.engine import Store, open_store
from server.store.migrate import at_head, config, downgrade, upgrade


@pytest.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite+aiosqlite:///{tmp_path}/careroom.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    store = open_store(url)
    yield store
    await store.aclose()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


async def seen(store: Store) -> set[str]:
    async with store.engine.connect() as connection:
        return await connection.run_sync(tables)


async def differences(store: Store) -> list[object]:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))

    async with store.engine.connect() as connection:
        return await connection.run_sync(compare)


async def test_each_step_up_can_be_taken_down_and_up_again(empty: Store) -> None:
    revisions = [one.revision for one in ScriptDirectory.from_config(config()).walk_revisions()][::-1]
    before = await seen(empty)
    assert before == set()
    for at, revision in enumerate(revisions):
        await upgrade(empty, revision)
        up = await seen(empty)
        await downgrade(empty, revisions[at - 1] if at else "base")
        assert await seen(empty) == before
        await upgrade(empty, revision)
        assert await seen(empty) == up
        before = up
    assert await at_head(empty)
    assert before == set(SQLModel.metadata.tables)


async def test_the_migrations_end_at_the_models(empty: Store) -> None:
    assert not await at_head(empty)
    await upgrade(empty)
    assert await differences(empty) == []
    await upgrade(empty)  # a second start has nothing to do
    assert await at_head(empty)
