"""Migrations: run, and asked whether they are current. The scripts travel in the wheel."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from server.store.engine import Store

if TYPE_CHECKING:
    from alembic.config import Config

logging.getLogger("alembic").setLevel(logging.WARNING)  # it would speak at every start, also when nothing is to do


def config() -> Config:
    """Alembic's configuration, made in code. Alembic is imported where it is used: most starts only compare numbers."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    return made


async def upgrade(store: Store, revision: str = "head") -> None:
    """Bring the tables to a revision. Several instances starting at once take turns."""
    async with store.engine.begin() as connection:
        await connection.run_sync(_run, "upgrade", revision)


async def downgrade(store: Store, revision: str) -> None:
    async with store.engine.begin() as connection:
        await connection.run_sync(_run, "downgrade", revision)


async def at_head(store: Store) -> bool:
    """Whether the tables are those this version expects."""
    from alembic.script import ScriptDirectory

    head = await asyncio.to_thread(lambda: ScriptDirectory.from_config(config()).get_current_head())
    async with store.engine.connect() as connection:
        return await connection.run_sync(_current) == head


def _current(connection: Connection) -> str | None:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _run(connection: Connection, verb: str, revision: str) -> None:
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(727274)")  # one migrating instance at a time
    made = config()
    made.attributes["connection"] = connection
    getattr(command, verb)(made, revision)
