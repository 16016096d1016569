"""SQLite with one trip to its thread for each statement, where aiosqlite goes there four times: to make a cursor, run
it, fetch and close. An answer of ours is a few dozen statements, and every trip waits for two threads to wake.

`create_async_engine(url, connect_args={"async_creator_fn": connect})`
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite


class Cursor:
    """What SQLAlchemy asks of an asyncio driver's cursor. Every row has come when `execute` returns."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Cursor:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        return await self._connection.run(self._go, sqlite3.Cursor.execute, statement, parameters)

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> Cursor:
        return await self._connection.run(self._go, sqlite3.Cursor.executemany, statement, parameters)

    def _go(self, connection: sqlite3.Connection, how: Callable[..., Any], statement: str, parameters: Any) -> Cursor:
        """On SQLite's own thread."""
        cursor = connection.cursor()
        try:
            how(cursor, statement, parameters)
            self.description, self.lastrowid = cursor.description, cursor.lastrowid
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount = cursor.rowcount  # of RETURNING it is known once the rows were fetched
        finally:
            cursor.close()
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []


class Connection(aiosqlite.Connection):
    """An aiosqlite connection whose cursors go there once."""

    def cursor(self) -> Cursor:  # type: ignore[override]
        return Cursor(self)

    async def run(self, work: Callable[..., Cursor], *given: Any) -> Cursor:
        made: Cursor = await self._execute(work, self._conn, *given)  # type: ignore[no-untyped-call]
        return made


def connect(database: str, **given: Any) -> Connection:
    """As `aiosqlite.connect`; its thread does not keep the process alive (SQLAlchemy sees to that for theirs)."""
    made = Connection(lambda: sqlite3.connect(database, **given), iter_chunk_size=64)
    made._thread.daemon = True
    return made
