"""Opens the database named by a URL and hands out Units.

SQLite and PostgreSQL behave alike from above: a writing Unit sees what it read
until it commits. On SQLite every writing Unit of this process takes its turn
at one lock, because SQLite's own waiting is a sleep loop; other processes are
kept apart by BEGIN IMMEDIATE and the busy timeout.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from server.store import sqlite

_LOOKED_AT = 100_000  # entries of each index; the time it takes is bounded by that, not by the size of the database


class Store:
    """An open database: sessions, and the writer's turn where the database needs one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self._lock = asyncio.Lock() if self.dialect == "sqlite" else None
        self._reading = engine.execution_options(careroom_read=True)

    def session(self, *, write: bool) -> AsyncSession:
        return AsyncSession(self.engine if write else self._reading, expire_on_commit=False, autoflush=False)

    def turn(self, *, write: bool) -> AbstractAsyncContextManager[Any]:
        return self._lock if write and self._lock is not None else nullcontext()

    async def tune(self) -> None:
        """Let SQLite learn how its tables have grown: without that it reads a whole practice where an index of a few
        rows would do. At a million visits this takes 0.1 s. PostgreSQL does so by itself (autovacuum)."""
        if self.dialect != "sqlite":
            return
        async with self.turn(write=True), self.engine.begin() as connection:
            await connection.exec_driver_sql(f"PRAGMA analysis_limit = {_LOOKED_AT}")
            await connection.exec_driver_sql("ANALYZE")
        await self.engine.dispose()  # a connection reads the statistics when it opens

    async def aclose(self) -> None:
        await self.engine.dispose()


def open_store(url: str) -> Store:
    """`sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`. Raises ValueError in plain words for anything else."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite+aiosqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_async_engine(parsed, connect_args={"async_creator_fn": sqlite.connect})
        _prepare_sqlite(engine)
        return Store(engine)
    if parsed.drivername == "postgresql+asyncpg":
        return Store(create_async_engine(parsed, pool_size=10, max_overflow=10, pool_pre_ping=True))
    raise ValueError(
        f"DATABASE_URL begins with {parsed.drivername!r}; use sqlite+aiosqlite:///FILE or postgresql+asyncpg://HOST/NAME."
    )


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Durable WAL with foreign keys, and transactions that begin when we say so."""

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin by itself
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("careroom_read", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
