"""Fill a practice with whole visits of fifty providers, years around today, straight into its tables."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from server.access import links
from server.access.service import make_account
from server.access.tables import Account
from server.appointments.busy import TICK
from server.core.clock import MovableClock
from server.core.ids import new_id
from server.core.principal import Role
from server.house import House, open_house
from server.people.schemas import PersonIn
from server.people.service import create
from server.store.types import UtcDateTime
from server.vault.index import BlindIndex
from tests.parts.clinic import PASSWORD, Seeded, settings

PROVIDERS = 50
A_DAY = 16  # visits of a provider, one each half hour from 8:00
PEOPLE = 300
CHUNK = 20_000
VISIT, AHEAD = timedelta(minutes=15), 120  # days that lie ahead

Table = tuple[str, Sequence[str]]
APPOINTMENT: Table = ("appointment", (
    "id", "tenant", "status", "version", "person_id", "provider_id", "visit_type_id", "start", "end", "wall_start",
    "zone", "revision", "participation", "created_at",
))  # fmt: skip
BUSY: Table = ("busy", ("provider_id", "tick", "appointment_id"))
LINK: Table = ("link", ("id", "tenant", "appointment_id", "person_id", "generation", "secret_hash", "created_at"))
ENCOUNTER: Table = ("visit", ("id", "tenant", "status", "version", "appointment_id"))
REMINDER: Table = ("reminder", (
    "id", "tenant", "status", "version", "subject", "appointment_id", "person_id", "revision", "step", "channel", "due",
    "not_after",
))  # fmt: skip
TABLES = (APPOINTMENT, BUSY, LINK, ENCOUNTER, REMINDER)
SILENT, FAILED = 10, 200  # one visit in so many was never answered, or its confirmation never arrived


@dataclass(frozen=True, slots=True)
class Filled:
    """What a client needs to work there."""

    token: str
    providers: list[str]
    people: list[str]
    visit_type: str
    day: date  # a day full of visits
    free_from: datetime  # nothing is booked from here on


async def fill(url: str, folder: Path, seeded: Seeded, count: int) -> Filled:
    """`count` appointments of the first practice, with link, encounter and the provider's time."""
    north = seeded.surgeries[0]
    async with open_house(settings(url, folder), clock=MovableClock()) as house:
        providers = await _providers(house, north.system)
        people = await _people(house, north.system)
        extra = await _required(house)
    today = datetime.now(UTC).date()
    days = -(-count // (PROVIDERS * A_DAY))
    ahead = min(AHEAD, days // 2)
    first = today - timedelta(days=days - ahead - 1)
    rows = _rows(north.id, providers, people, north.visit_type, first, count, extra)
    if url.startswith("sqlite"):
        await asyncio.to_thread(_sqlite, url, rows, extra)
    else:
        await _postgres(url, rows, extra)
    after = datetime.combine(today + timedelta(days=ahead + 2), time(8), UTC)
    day = today + timedelta(days=min(1, ahead - 1))
    return Filled(north.tokens["scheduler"], providers, people, north.visit_type, day, after)


async def _providers(house: House, who: Any) -> list[str]:
    """They share the password hash of the first: to hash one takes a tenth of a second, and none of them signs in."""
    index = BlindIndex(house.keys)
    async with house.desk.unit(who) as unit:
        first = await make_account(
            unit, house.keys, name="Dr Number 0", email="dr0@north.example", password=PASSWORD, roles=[Role.provider]
        )
        made, handle = [first], await unit.dek()
        for number in range(1, PROVIDERS):
            email, one = f"dr{number}@north.example", new_id()
            made.append(Account(
                id=one, tenant=unit.tenant, name=handle.seal("account", "name", one, f"Dr Number {number}"),
                email=handle.seal("account", "email", one, email), roles=first.roles, created_at=first.created_at,
                email_index=index.email_index("", "account.email", email), password_hash=first.password_hash,
            ))  # fmt: skip
        unit.add(*made)
        await unit.flush()
        return [one.id for one in made]


async def _people(house: House, who: Any) -> list[str]:
    async with house.desk.unit(who) as unit:
        bodies = [
            PersonIn(
                given="Pat", family=f"Number{number}", birth_date=date(1980, 2, 3),
                phone=f"+1415555{100 + number % 100:04d}", language="en",
            )
            for number in range(PEOPLE)
        ]  # fmt: skip
        return [(await create(unit, house.keys, body)).id for body in bodies]


async def _required(house: House) -> dict[str, dict[str, Any]]:
    """Columns that other features added and that may not be null: table -> column -> a plain value."""
    known = {name: set(columns) for name, columns in TABLES}
    found: dict[str, dict[str, Any]] = {}
    for name, columns in known.items():
        for column in SQLModel.metadata.tables[name].columns:
            if column.name not in columns and not column.nullable and column.server_default is None:
                default = column.default.arg if column.default is not None and column.default.is_scalar else None
                instant = isinstance(column.type, UtcDateTime)
                plain = datetime.now(UTC) if instant else column.type.python_type()
                found.setdefault(name, {})[column.name] = plain if default is None else default
    return found


def _rows(
    tenant: str, providers: Sequence[str], people: Sequence[str], kind: str, first: date, count: int,
    extra: dict[str, dict[str, Any]],
) -> Iterator[dict[str, list[tuple[Any, ...]]]]:  # fmt: skip
    """Chunks: table -> rows."""
    chunk: dict[str, list[tuple[Any, ...]]] = {}
    more = {name: tuple(extra.get(name, {}).values()) for name, _ in TABLES}
    now = datetime.now(UTC)
    secret = links.hash_of("x" * 43)
    for number in range(count):
        provider_id, place = providers[number % PROVIDERS], number // PROVIDERS
        start = datetime.combine(first + timedelta(days=place // A_DAY), time(8), UTC)
        start += timedelta(minutes=30 * (place % A_DAY))
        over = start < now - VISIT
        one, person_id = new_id(), people[(number * 7) % len(people)]
        chunk.setdefault("appointment", []).append((
            one, tenant, "fulfilled" if over else "booked", 1, person_id, provider_id, kind, start, start + VISIT,
            start.strftime("%Y-%m-%dT%H:%M"), "UTC", 1, "accepted" if number % SILENT else "needs-action", now,
            *more["appointment"],
        ))  # fmt: skip
        tick = int(start.timestamp()) // TICK
        chunk.setdefault("busy", []).extend((provider_id, tick + n, one, *more["busy"]) for n in range(3))
        chunk.setdefault("link", []).append((new_id(), tenant, one, person_id, 1, secret, now, *more["link"]))
        chunk.setdefault("visit", []).append(
            (new_id(), tenant, "completed" if over else "planned", 1, one, *more["visit"])
        )
        chunk.setdefault("reminder", []).append((
            new_id(), tenant, "delivered" if number % FAILED else "failed", 1, one, one, person_id, 1, "confirmation",
            "sms", min(now, start), start, *more["reminder"],
        ))  # fmt: skip
        if number % CHUNK == CHUNK - 1:
            yield chunk
            chunk = {}
    if chunk:
        yield chunk


def _columns(table: Table, extra: dict[str, dict[str, Any]]) -> list[str]:
    return [*table[1], *extra.get(table[0], {})]


def _sqlite(url: str, rows: Iterator[dict[str, list[tuple[Any, ...]]]], extra: dict[str, dict[str, Any]]) -> None:
    """Nobody else is there yet: no journal, and the indexes at the end, in their order. It stands on the disk after."""
    path = make_url(url).database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute("PRAGMA synchronous=OFF")
        base.execute("PRAGMA journal_mode=OFF")
        base.execute("PRAGMA cache_size=-1000000")
        marks = ",".join("?" * len(TABLES))
        indexes = base.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
            [name for name, _ in TABLES],
        ).fetchall()
        for name, _ in indexes:
            base.execute(f'DROP INDEX "{name}"')
        base.execute("BEGIN")
        for chunk in rows:
            for table in TABLES:
                names = _columns(table, extra)
                marks = ",".join("?" * len(names))
                columns = ",".join(f'"{name}"' for name in names)
                base.executemany(
                    f"INSERT INTO {table[0]} ({columns}) VALUES ({marks})",
                    [tuple(map(_plain, row)) for row in chunk.get(table[0], [])],
                )
        base.execute("COMMIT")
        for _, statement in indexes:
            base.execute(statement)
        base.execute("ANALYZE")
        base.execute("PRAGMA journal_mode=WAL")
    with Path(path).open("rb+") as file:
        os.fsync(file.fileno())  # else the clinic's first commits wait for this


def _plain(value: Any) -> Any:
    return f"{value:%Y-%m-%d %H:%M:%S}.000000" if isinstance(value, datetime) else value


async def _postgres(
    url: str, rows: Iterator[dict[str, list[tuple[Any, ...]]]], extra: dict[str, dict[str, Any]]
) -> None:
    """The same: no check of what refers to what, and the indexes at the end. What autovacuum and the next checkpoint
    would do soon is done."""
    base = await asyncpg.connect(url.replace("+asyncpg", ""))
    await base.execute("SET session_replication_role = replica")
    await base.execute("SET maintenance_work_mem = '512MB'")
    indexes = await base.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS sql FROM pg_index "
        "WHERE indrelid::regclass::text = ANY($1) AND NOT indisunique", [name for name, _ in TABLES],
    )  # fmt: skip
    for index in indexes:
        await base.execute(f"DROP INDEX {index['name']}")
    for chunk in rows:
        for table in TABLES:
            await base.copy_records_to_table(table[0], records=chunk.get(table[0], []), columns=_columns(table, extra))
    for index in indexes:
        await base.execute(index["sql"])
    await base.execute("VACUUM ANALYZE")
    await base.execute("CHECKPOINT")
    await base.close()
