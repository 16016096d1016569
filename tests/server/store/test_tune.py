"""A SQLite database that has grown is asked by the right index."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import SQLModel

from server.reminders.tables import Reminder
from server.store.engine import open_store
from server.store.migrate import upgrade

MANY, ASKED = 20_000, 400


def _grow(file: Path) -> None:
    """One practice's messages, straight into the file."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.000000"
    columns = [column.name for column in SQLModel.metadata.tables["reminder"].columns if not column.nullable]
    known = {"tenant": "north", "due": now, "not_after": now, "planned_at": now}
    base = sqlite3.connect(file)
    for number in range(MANY):
        row = {"id": f"r{number}", "subject": f"s{number}", "appointment_id": f"a{number}", **known}
        names = [*dict.fromkeys([*columns, *row])]
        base.execute(
            f"INSERT INTO reminder ({','.join(names)}) VALUES ({','.join('?' * len(names))})",  # noqa: S608 - ours
            [row.get(name, 0) for name in names],
        )
    base.commit()
    base.close()


def _plan(file: Path) -> str:
    """How SQLite would look for the messages of a day's visits."""
    base = sqlite3.connect(file)
    marks = ",".join("?" * ASKED)
    asked = ["north", *(f"a{number}" for number in range(ASKED))]
    query = f"EXPLAIN QUERY PLAN SELECT * FROM reminder WHERE tenant = ? AND appointment_id IN ({marks})"  # noqa: S608
    found = str(base.execute(query, asked).fetchall())
    base.close()
    return found


async def test_after_tuning_a_days_messages_are_found_by_their_visits(tmp_path: Path) -> None:
    file = tmp_path / "clinic.db"
    store = open_store(f"sqlite+aiosqlite:///{file}")
    try:
        await upgrade(store)
        _grow(file)
        assert "ix_reminder_appointment_id" not in _plan(file)  # all of the practice, whatever day they are of
        await store.tune()
        assert "ix_reminder_appointment_id" in _plan(file)
        async with store.session(write=False) as session:  # and the store goes on with connections that know it
            assert await session.get(Reminder, "r1") is not None
    finally:
        await store.aclose()
