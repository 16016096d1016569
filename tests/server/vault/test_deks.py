"""Data keys on both databases: one per person, one query per list, rotation, shredding, nothing readable at rest."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.core.errors import Conflict, NotFound
from server.store.engine import Store
from server.vault.deks import Cells, dek_for, opener, retire, rewrap_all, shred
from server.vault.envelope import dek_id_of
from server.vault.file_keys import FileKeys
from server.vault.keyset import kek_of
from server.vault.port import SealBroken, UnknownKek
from server.vault.tables import Dek
from server.vault.vault import Vault
from tests.server.vault.conftest import COLUMNS, PEOPLE


@asynccontextmanager
async def writing(store: Store) -> AsyncIterator[AsyncSession]:
    async with store.turn(write=True), store.session(write=True) as session:
        yield session
        await session.commit()


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Every statement sent while open, without BEGIN and the like."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.engine.sync_engine, "before_cursor_execute", note)


def facts(number: int) -> dict[str, str]:
    return {
        "name": f"Zephyrine-{number} Quixote",
        "phone": f"+1415555{number:04}",
        "email": f"zephyrine.{number}@example.org",
        "note": f"Prefers mornings {number}",
    }


async def seed(store: Store, vault: Vault, people: int, tenant: str = "clinic") -> None:
    """`people` sealed rows, each under the data key of its own person."""
    async with writing(store) as session:
        for number in range(people):
            row_id = f"{tenant}-{number}"
            handle = await dek_for(session, vault, tenant, row_id)
            sealed = {name: handle.seal("person", name, row_id, value) for name, value in facts(number).items()}
            index = vault.index.phone_index(tenant, "person.phone", facts(number)["phone"])
            await session.execute(insert(PEOPLE).values(id=row_id, phone_index=index, **sealed))


async def read_all(store: Store, vault: Vault, tenant: str = "clinic") -> dict[str, dict[str, str]]:
    async with store.session(write=False) as session:
        rows = (await session.execute(select(PEOPLE).where(PEOPLE.c.id.startswith(f"{tenant}-")))).mappings().all()
        cells = await opener(session, vault, tenant, (row[name] for row in rows for name in COLUMNS))
        return {row["id"]: {name: cells.open("person", name, row["id"], row[name]) for name in COLUMNS} for row in rows}


async def raw_rows(store: Store) -> list[tuple[Any, ...]]:
    async with store.session(write=False) as session:
        return [tuple(row) for row in await session.execute(select(PEOPLE).order_by(PEOPLE.c.id))]


async def test_a_list_of_200_rows_and_4_columns_is_one_query_for_keys(
    store: Store, vault: Vault, keys: FileKeys
) -> None:
    await seed(store, vault, 200)
    with statements(store) as seen:
        found = await read_all(store, Vault(keys))  # a cold memory
    assert found == {f"clinic-{number}": facts(number) for number in range(200)}
    assert len(seen) == 2  # the rows, the keys


async def test_the_second_look_at_the_same_keys_asks_nothing(store: Store, vault: Vault) -> None:
    await seed(store, vault, 3)
    ((_, name, *_rest), *_others) = await raw_rows(store)
    async with store.session(write=False) as session:
        cells = await opener(session, vault, "clinic", [name, None])
        with statements(store) as seen:
            await cells.prefetch([dek_id_of(name)])
            await cells.prefetch_cells([name, name, None])
        assert seen == []
        assert cells.open("person", "name", "clinic-0", None) is None


async def test_one_key_per_person_and_one_for_the_tenant(store: Store, vault: Vault) -> None:
    async with writing(store) as session:
        first = await dek_for(session, vault, "clinic", "p1")
        assert (await dek_for(session, vault, "clinic", "p1")).dek_id == first.dek_id
        others = [await dek_for(session, vault, *who) for who in (("clinic", "p2"), ("clinic", ""), ("other", "p1"))]
        assert len({first.dek_id, *(one.dek_id for one in others)}) == 4
        row = (await session.execute(select(Dek).where(col(Dek.id) == first.dek_id))).scalar_one()
        assert (row.tenant, row.subject, row.kek_id) == ("clinic", "p1", vault.keys.current_kek())
        assert kek_of(row.wrapped) == row.kek_id


async def test_twenty_writers_of_a_new_person_share_one_key(store: Store, vault: Vault, keys: FileKeys) -> None:
    async def write(number: int) -> str:
        async with writing(store) as session:
            return (await dek_for(session, Vault(keys), "clinic", "new")).dek_id

    assert len(set(await asyncio.gather(*(write(number) for number in range(20))))) == 1
    async with store.session(write=False) as session:
        assert (await session.execute(select(func.count()).select_from(Dek))).scalar_one() == 1


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_the_loser_of_a_race_takes_the_winners_key_and_keeps_its_other_work(store: Store, vault: Vault) -> None:
    async with store.session(write=True) as winner:
        won = await dek_for(winner, vault, "clinic", "new")

        async def lose() -> str:
            async with store.session(write=True) as loser:
                await loser.execute(insert(PEOPLE).values(id="before"))
                handle = await dek_for(loser, vault, "clinic", "new")
                await loser.commit()
                return handle.dek_id

        task = asyncio.create_task(lose())
        async with store.session(write=False) as watcher:
            waiting = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
            async with asyncio.timeout(20):
                while not (await watcher.execute(waiting)).scalar_one():
                    await watcher.rollback()  # a new snapshot of the statistics
        assert not task.done()
        await winner.commit()
        assert await task == won.dek_id
    assert [row[0] for row in await raw_rows(store)] == ["before"]


async def test_cells_of_another_tenant_stay_shut(store: Store, vault: Vault) -> None:
    """Claim 43, through the database."""
    await seed(store, vault, 1)
    ((_, name, phone, *_rest),) = await raw_rows(store)
    async with store.session(write=False) as session:
        stranger = await opener(session, vault, "other", [name])
        assert stranger.erased(name)
        with pytest.raises(NotFound):
            stranger.open("person", "name", "clinic-0", name)
        cells = await opener(session, vault, "clinic", [name])
        for place in (("person", "phone", "clinic-0"), ("person", "name", "clinic-1"), ("staff", "name", "clinic-0")):
            with pytest.raises(SealBroken):
                cells.open(*place, name)
        assert cells.open("person", "phone", "clinic-0", phone) == facts(0)["phone"]  # the same key, prefetched once


async def test_a_key_nobody_prefetched_is_a_bug_that_is_told(store: Store, vault: Vault) -> None:
    await seed(store, vault, 1)
    ((_, name, *_rest),) = await raw_rows(store)
    async with store.session(write=False) as session:
        with pytest.raises(LookupError, match="prefetched"):
            Cells(session, vault, "clinic").open("person", "name", "clinic-0", name)


async def test_rotation_while_people_read_and_write(store: Store, vault: Vault, keys: FileKeys) -> None:
    """Claim 44: no failed read, rows unchanged, the old KEK deletable."""
    await seed(store, vault, 60)
    before, old = await raw_rows(store), keys.current_kek()
    done = asyncio.Event()
    reads: asyncio.Queue[None] = asyncio.Queue()

    async def read() -> None:
        while not done.is_set():
            found = await read_all(store, Vault(FileKeys(keys.path)))  # as a cold second process
            assert {one: found[one] for one in expected} == expected
            reads.put_nowait(None)

    expected = {f"clinic-{number}": facts(number) for number in range(60)}
    reader = asyncio.create_task(read())
    try:
        new = keys.rotate()
        rounds = []
        while True:
            async with writing(store) as session:
                rounds.append(await rewrap_all(session, vault, limit=25))
            if not rounds[-1]:
                break
            await seed(store, vault, 2, tenant=f"late{len(rounds)}")  # writers go on meanwhile
        assert rounds == [25, 25, 10, 0]
        async with writing(store) as session:
            await retire(session, vault, old)
        async with asyncio.timeout(30):
            for _ in range(reads.qsize() + 2):  # two more whole reads without the old KEK
                await reads.get()
    finally:
        done.set()
        await reader
    assert [row for row in await raw_rows(store) if row[0].startswith("clinic-")] == before
    assert keys.keks() == (new,)
    assert await read_all(store, Vault(FileKeys(keys.path))) == expected


async def test_a_kek_in_use_cannot_be_retired(store: Store, vault: Vault, keys: FileKeys) -> None:
    await seed(store, vault, 2)
    old = keys.current_kek()
    keys.rotate()
    async with writing(store) as session:
        with pytest.raises(Conflict, match="2 data keys"):
            await retire(session, vault, old)
    assert old in keys.keks()
    assert await read_all(store, Vault(keys))


async def test_a_shredded_person_is_gone_for_every_process_and_the_others_stay(
    store: Store, vault: Vault, keys: FileKeys
) -> None:
    await seed(store, vault, 3)
    elsewhere = Vault(keys)
    assert len(await read_all(store, elsewhere)) == 3  # its memory is warm now
    async with writing(store) as session:
        assert await shred(session, vault, "clinic", "clinic-1") is True
        assert await shred(session, vault, "clinic", "clinic-1") is False
        assert await shred(session, vault, "other", "clinic-0") is False
    rows = await raw_rows(store)
    async with store.session(write=False) as session:
        cells = await opener(session, elsewhere, "clinic", [row[1] for row in rows])
        assert [cells.erased(row[1]) for row in rows] == [False, True, False]
        assert cells.open("person", "name", "clinic-2", rows[2][1]) == facts(2)["name"]
        with pytest.raises(NotFound, match="erased"):
            cells.open("person", "name", "clinic-1", rows[1][1])
        with pytest.raises(NotFound, match="erased"):
            await dek_for(session, elsewhere, "clinic", "clinic-1")
        row = (await session.execute(select(Dek).where(col(Dek.subject) == "clinic-1"))).scalar_one()
        assert row.wrapped == b""
        assert row.shredded_at is not None
    keys.rotate()
    async with writing(store) as session:
        assert await rewrap_all(session, vault) == 2  # a shredded key is not brought back


async def test_with_the_wrong_key_file_nothing_opens_and_nothing_is_lost(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    await seed(store, vault, 1)
    wrong = Vault(FileKeys(tmp_path / "wrong" / "keys.json"))
    with pytest.raises(UnknownKek, match="are these the keys of this database"):
        await read_all(store, wrong)
    assert len(await read_all(store, vault)) == 1


async def test_a_number_is_found_by_its_index_and_a_dump_shows_nobody(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    """Claims 45 and 46."""
    await seed(store, vault, 300)
    async with store.session(write=False) as session:
        for written in ("+1 (415) 555-0142", "+14155550142", "+1 415-555 0142"):
            token = vault.index.phone_index("clinic", "person.phone", written)
            found = await session.execute(select(PEOPLE.c.id).where(PEOPLE.c.phone_index == token))
            assert list(found.scalars()) == ["clinic-142"]
    dump = _dump(store, tmp_path)
    assert b"clinic-142" in dump  # the dump does hold the rows
    for number in range(300):
        for value in facts(number).values():
            assert value.encode() not in dump
            assert value.encode().hex().encode() not in dump
    assert b"Quixote" not in dump


def _dump(store: Store, tmp_path: Path) -> bytes:
    """Every byte of the database's files, or what pg_dump writes."""
    if store.dialect == "sqlite":
        return b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    url = store.engine.url
    command = ["pg_dump", "-h", str(url.host), "-p", str(url.port), "-U", str(url.username), str(url.database)]
    return subprocess.run(command, capture_output=True, check=True).stdout
