"""Data keys in the database: found or made, opened for many rows at once, re-wrapped, shredded.

Nothing here commits; the caller's Unit does.

    handle = await dek_for(session, vault, tenant, person_id)
    row.name = handle.seal("person", "name", row.id, "…")

    cells = await opener(session, vault, tenant, (cell for row in rows for cell in (row.name, row.phone)))
    cells.open("person", "name", row.id, row.name)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast, overload

from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.core.errors import Conflict, NotFound
from server.core.ids import b64, unb64
from server.store.among import among
from server.vault.envelope import dek_id_of, open_cell, seal_cell
from server.vault.keyset import kek_of
from server.vault.tables import Dek
from server.vault.vault import Vault, text_of

TENANT = ""
"""The subject of what belongs to a tenant and to no person."""

_ERASED = "This record has been erased."


@dataclass(frozen=True, slots=True)
class DekHandle:
    """One loaded data key. Seals and opens cells of its tenant; keep it no longer than the request."""

    tenant: str
    dek_id: str
    _dek: bytes = field(repr=False)
    _raw_id: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_raw_id", unb64(self.dek_id))

    @overload
    def seal(self, table: str, column: str, row_id: str, text: str) -> bytes: ...
    @overload
    def seal(self, table: str, column: str, row_id: str, text: None) -> None: ...
    def seal(self, table: str, column: str, row_id: str, text: str | None) -> bytes | None:
        """The cell of `text` for this place; None stays None. Assign the row's id first."""
        return None if text is None else self.seal_bytes(table, column, row_id, text.encode())

    @overload
    def open(self, table: str, column: str, row_id: str, cell: bytes) -> str: ...
    @overload
    def open(self, table: str, column: str, row_id: str, cell: None) -> None: ...
    def open(self, table: str, column: str, row_id: str, cell: bytes | None) -> str | None:
        """The text of a cell under this key. Raises SealBroken."""
        return None if cell is None else text_of(self.open_bytes(table, column, row_id, cell))

    def seal_bytes(self, table: str, column: str, row_id: str, plaintext: bytes) -> bytes:
        return seal_cell(self._raw_id, self._dek, self.tenant, table, column, row_id, plaintext)

    def open_bytes(self, table: str, column: str, row_id: str, cell: bytes) -> bytes:
        return open_cell(self._raw_id, self._dek, self.tenant, table, column, row_id, cell)


class Cells:
    """Opens cells of one tenant, whoever's they are: load the keys of a whole list in one query, then open freely."""

    def __init__(self, session: AsyncSession, vault: Vault, tenant: str) -> None:
        self._session = session
        self._vault = vault
        self.tenant = tenant
        self._handles: dict[bytes, DekHandle | None] = {}

    async def prefetch(self, dek_ids: Iterable[bytes | str]) -> None:
        """Load these keys, those not yet loaded, in one query. The database is asked each time a
        `Cells` is made, so a key that was shredded a moment ago opens nothing."""
        wanted = {unb64(one) if isinstance(one, str) else one for one in dek_ids} - self._handles.keys()
        if not wanted:
            return
        self._handles.update(dict.fromkeys(wanted))
        named = {b64(one): one for one in wanted}
        dialect = self._session.get_bind().dialect.name
        rows = await self._session.execute(
            select(col(Dek.id), col(Dek.wrapped)).where(
                col(Dek.tenant) == self.tenant,
                among(dialect, col(Dek.id), named),
                col(Dek.shredded_at).is_(None),
            )
        )
        for dek_id, wrapped in rows:
            dek = self._vault.load(self.tenant, dek_id, wrapped)
            self._handles[named[dek_id]] = DekHandle(self.tenant, dek_id, dek)

    async def prefetch_cells(self, cells: Iterable[bytes | None]) -> None:
        """Load the keys that these cells name."""
        await self.prefetch({dek_id_of(cell) for cell in cells if cell is not None})

    def erased(self, cell: bytes) -> bool:
        """Whether the cell's key is gone (shredded, or never of this tenant). Its DEK must be prefetched."""
        return self._handle(cell) is None

    @overload
    def open(self, table: str, column: str, row_id: str, cell: bytes) -> str: ...
    @overload
    def open(self, table: str, column: str, row_id: str, cell: None) -> None: ...
    def open(self, table: str, column: str, row_id: str, cell: bytes | None) -> str | None:
        """The text. Raises NotFound when the key is gone, SealBroken when the cell does not belong here,
        LookupError when nobody prefetched its key (a bug of the caller)."""
        return None if cell is None else text_of(self.open_bytes(table, column, row_id, cell))

    def open_bytes(self, table: str, column: str, row_id: str, cell: bytes) -> bytes:
        handle = self._handle(cell)
        if handle is None:
            raise NotFound(_ERASED)
        return handle.open_bytes(table, column, row_id, cell)

    def _handle(self, cell: bytes) -> DekHandle | None:
        dek_id = dek_id_of(cell)
        if dek_id not in self._handles:
            raise LookupError("the data key of this cell was not prefetched")
        return self._handles[dek_id]


async def opener(session: AsyncSession, vault: Vault, tenant: str, cells: Iterable[bytes | None] = ()) -> Cells:
    """A `Cells` with the keys of `cells` loaded: one query, or none for no cells."""
    made = Cells(session, vault, tenant)
    await made.prefetch_cells(cells)
    return made


async def dek_for(session: AsyncSession, vault: Vault, tenant: str, subject: str = TENANT) -> DekHandle:
    """The data key of a person or of the tenant, made when absent. Raises NotFound once it was shredded.

    Two transactions that both find none: the second insert fails inside its savepoint and reads the winner's.
    """
    found = await _find(session, vault, tenant, subject)
    if found is not None:
        return found
    await session.flush()  # what the caller has pending fails on its own account, not inside our savepoint
    dek_id, wrapped = vault.new_dek(tenant)
    try:
        async with session.begin_nested():
            await session.execute(
                insert(Dek).values(
                    id=dek_id,
                    tenant=tenant,
                    subject=subject,
                    kek_id=kek_of(wrapped),
                    wrapped=wrapped,
                    created_at=vault.clock.now(),
                )
            )
    except IntegrityError:
        vault.forget(tenant, dek_id)
        found = await _find(session, vault, tenant, subject)
        if found is None:
            raise
        return found
    return DekHandle(tenant, dek_id, vault.load(tenant, dek_id, wrapped))


async def _find(session: AsyncSession, vault: Vault, tenant: str, subject: str) -> DekHandle | None:
    query = select(col(Dek.id), col(Dek.wrapped), col(Dek.shredded_at)).where(
        col(Dek.tenant) == tenant, col(Dek.subject) == subject
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    if row.shredded_at is not None:
        raise NotFound(_ERASED)
    return DekHandle(tenant, row.id, vault.load(tenant, row.id, row.wrapped))


async def rewrap_all(session: AsyncSession, vault: Vault, *, limit: int | None = None) -> int:
    """Put DEKs of older KEKs under the current one; cells are not touched. Returns how many were done.

    With `limit` it does that many at most, so a caller can commit between rounds and go on until it returns 0;
    a round that is interrupted loses nothing. A key shredded meanwhile stays shredded.
    """
    current = vault.keys.current_kek()
    query = (
        select(col(Dek.id), col(Dek.tenant), col(Dek.wrapped))
        .where(col(Dek.kek_id) != current, col(Dek.shredded_at).is_(None))
        .order_by(col(Dek.id))
        .limit(limit)
    )
    done = 0
    for dek_id, tenant, wrapped in (await session.execute(query)).all():
        fresh = vault.rewrap(tenant, dek_id, wrapped)
        written = await session.execute(
            update(Dek)
            .where(col(Dek.id) == dek_id, col(Dek.wrapped) == wrapped)
            .values(wrapped=fresh, kek_id=kek_of(fresh))
        )
        done += cast("CursorResult[object]", written).rowcount
    return done


async def retire(session: AsyncSession, vault: Vault, kek_id: str) -> None:
    """Destroy an old KEK. Raises Conflict while a data key is still under it, KeyTrouble when the store refuses."""
    query = select(func.count()).where(col(Dek.kek_id) == kek_id, col(Dek.shredded_at).is_(None))
    left = (await session.execute(query)).scalar_one()
    if left:
        raise Conflict(f"{left} data keys are still under {kek_id}: re-wrap them first.", kek_id=kek_id, left=left)
    vault.keys.retire(kek_id)


async def shred(session: AsyncSession, vault: Vault, tenant: str, subject: str) -> bool:
    """Destroy a person's data key: every cell under it is noise from the commit on. True when there was one.

    Old backups still hold the wrapped key until they expire or their KEK is retired.
    """
    query = select(col(Dek.id)).where(
        col(Dek.tenant) == tenant, col(Dek.subject) == subject, col(Dek.shredded_at).is_(None)
    )
    dek_id = (await session.execute(query)).scalar_one_or_none()
    if dek_id is None:
        return False
    await session.execute(
        update(Dek).where(col(Dek.id) == dek_id).values(wrapped=b"", kek_id="", shredded_at=vault.clock.now())
    )
    vault.forget(tenant, dek_id)
    return True
