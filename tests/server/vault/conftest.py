"""A vault on a real key file and a real database: SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table

from server.store.engine import Store, open_store
from server.vault.file_keys import FileKeys
from server.vault.tables import Dek
from server.vault.vault import Vault

PEOPLE = Table(  # a table of the tests' own, outside the product's metadata
    "sealed_people",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("name", LargeBinary),
    Column("phone", LargeBinary),
    Column("email", LargeBinary),
    Column("note", LargeBinary),
    Column("phone_index", LargeBinary),
)
COLUMNS = ("name", "phone", "email", "note")


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys" / "keys.json", grace=0)


@pytest.fixture
def vault(keys: FileKeys) -> Vault:
    return Vault(keys)


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty database with the table of keys and the table of sealed people."""
    url = f"sqlite+aiosqlite:///{tmp_path}/data/careroom.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    opened = open_store(url)
    async with opened.engine.begin() as connection:
        await connection.run_sync(Dek.metadata.create_all, tables=[Dek.metadata.tables["dek"]])
        await connection.run_sync(PEOPLE.metadata.create_all)
    yield opened
    await opened.aclose()
