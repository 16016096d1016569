"""A Desk on a real database: real keys in a file, the real audit chain, a clock that a test can move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import SQLModel

from server.audit.service import ChainAuditor
from server.core.clock import MovableClock
from server.store import outbox
from server.store.engine import Store, open_store
from server.store.unit import Desk, Event, Listener, Unit
from server.tables import MODULES
from server.vault.file_keys import FileKeys
from server.vault.vault import Vault


class SilentProjector:
    """Tells nobody anything: for tests of services, which read `unit.emitted` instead."""

    async def lines(self, _unit: Unit, _events: Sequence[Event]) -> list[outbox.Line]:
        return []


@dataclass
class Announced:
    """What the Desk told the bus after commits: (topic, seq)."""

    lines: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, line: outbox.Written) -> None:
        self.lines.append((line.topic, line.seq))


async def create_tables(store: Store) -> None:
    """Every table of the server, straight from the models."""
    assert MODULES  # importing them is what makes SQLModel.metadata whole
    async with store.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)


@asynccontextmanager
async def open_desk(
    url: str, folder: Path, listeners: Mapping[type, Sequence[Listener]] | None = None
) -> AsyncIterator[Desk]:
    """A Desk on the empty database at `url`, with keys in `folder`; `desk.clock` is a MovableClock."""
    store = open_store(url)
    try:
        await create_tables(store)
        clock = MovableClock()
        vault = Vault(FileKeys(folder / "keys" / "keys.json", grace=0), clock=clock)
        yield Desk(
            store, vault, clock, ChainAuditor(), SilentProjector(), Announced(), dict(listeners or {}), fictional=True
        )
    finally:
        await store.aclose()


def clock_of(desk: Desk) -> MovableClock:
    assert isinstance(desk.clock, MovableClock)
    return desk.clock
