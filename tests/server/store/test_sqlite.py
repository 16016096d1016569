"""SQLite's statements come back whole from one trip, and a failed one leaves the connection in order."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.store.engine import open_store

_PUT = text("INSERT INTO seat (id, who) VALUES (:id, :who)")
_MOVE = text("UPDATE seat SET who = :who WHERE id <= :id RETURNING id")


async def test_a_statement_is_one_trip_with_rows_and_counts(tmp_path: Path) -> None:
    store = open_store(f"sqlite+aiosqlite:///{tmp_path}/one.sqlite3")
    async with store.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE seat (id INTEGER PRIMARY KEY, who TEXT UNIQUE)"))
        put = await connection.execute(_PUT, [{"id": number, "who": f"guest {number}"} for number in (1, 2, 3)])
        assert put.rowcount == 3
        with patch.object(
            aiosqlite.Connection, "_execute", autospec=True, side_effect=aiosqlite.Connection._execute
        ) as trips:
            rows = (await connection.execute(text("SELECT id, who FROM seat ORDER BY id"))).all()
        assert [tuple(row) for row in rows] == [(1, "guest 1"), (2, "guest 2"), (3, "guest 3")]
        assert trips.call_count == 1
        gone = await connection.execute(text("DELETE FROM seat WHERE id = 3"))
        assert gone.rowcount == 1
        assert (await connection.execute(text("SELECT id FROM seat WHERE id = 9"))).first() is None
    await store.aclose()


async def test_a_refused_statement_says_why_and_the_next_one_runs(tmp_path: Path) -> None:
    store = open_store(f"sqlite+aiosqlite:///{tmp_path}/two.sqlite3")
    async with store.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE seat (id INTEGER PRIMARY KEY, who TEXT UNIQUE)"))
        await connection.execute(_PUT, {"id": 1, "who": "Rosa"})
        with pytest.raises(IntegrityError, match="UNIQUE"):
            await connection.execute(_PUT, {"id": 2, "who": "Rosa"})
        moved = await connection.execute(_MOVE, {"id": 1, "who": "Ivo"})
        assert moved.scalars().all() == [1]
    async with store.engine.connect() as connection:
        assert (await connection.execute(text("SELECT who FROM seat"))).scalars().all() == ["Ivo"]
    await store.aclose()
