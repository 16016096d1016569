"""Many rows written by one statement.

On PostgreSQL a statement that is run once for each row costs more to ask than to do, on both sides: there the rows
travel as one array for each column. SQLite has no way to go, so it runs one prepared statement again and again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

Values = Mapping[str, Any]


async def insert_many(
    session: AsyncSession, table: Table, rows: Sequence[Values], *, unique: Sequence[str] = ()
) -> None:
    """Insert rows that all name the same columns. One that is there already, by `unique`, stays as it is."""
    if not rows:
        return
    arrays = _dialect(session) == "postgresql"
    made: Any = (postgresql.insert if arrays else sqlite.insert)(table) if unique else insert(table)
    if arrays:
        made = made.from_select(list(rows[0]), _arrays(table, rows), include_defaults=False)
    if unique:
        made = made.on_conflict_do_nothing(index_elements=list(unique))
    await session.execute(made, *(() if arrays else (list(rows),)))


async def insert_if_absent(session: AsyncSession, table: Any, values: Values, *, unique: Sequence[str] = ()) -> bool:
    """Insert one row unless one is there already, by `unique` or by any key; whether it is ours. Two at once wait for
    each other, and nobody fails."""
    make: Any = postgresql.insert if _dialect(session) == "postgresql" else sqlite.insert
    result: Any = await session.execute(
        make(table).values(**values).on_conflict_do_nothing(index_elements=unique or None)
    )
    return bool(result.rowcount == 1)


async def update_many(
    session: AsyncSession, table: Table, rows: Sequence[Values], keys: Sequence[str], also: Mapping[str, Any]
) -> None:
    """Write each row's columns where all its `keys` are as it says; `also` is written to every one of them."""
    if not rows:
        return
    written = [name for name in rows[0] if name not in keys]
    if _dialect(session) == "postgresql":
        given = _arrays(table, rows).subquery("given")
        values = {name: given.c[name] for name in written} | dict(also)
        found = [table.c[name] == given.c[name] for name in keys]
        await session.execute(update(table).where(*found).values(values))
        return
    same: list[ColumnElement[bool]] = [table.c[name] == bindparam(f"key_{name}") for name in keys]
    values = {name: bindparam(f"new_{name}") for name in written} | dict(also)
    given_rows = [
        {f"key_{name}": row[name] for name in keys} | {f"new_{name}": row[name] for name in written} for row in rows
    ]
    connection = await session.connection()
    await connection.execute(update(table).where(*same).values(values), given_rows)


def _arrays(table: Table, rows: Sequence[Values]) -> Select[Any]:
    """The rows as a query, from one array for each column."""
    return select(
        *(
            func.unnest(bindparam(None, [row[name] for row in rows], type_=ARRAY(table.c[name].type))).label(name)
            for name in rows[0]
        )
    )


def _dialect(session: AsyncSession) -> str:
    return session.get_bind().dialect.name
