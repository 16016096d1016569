"""`Idempotency-Key`: a command that is sent twice happens once.

The key, a hash of the request and the sealed first answer are written in the
command's own transaction, so there is no moment in which one exists without
the other. The key belongs to whoever sent it; nobody else can meet it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import Field, SQLModel, col

from server.core.errors import Fault, IdempotencyConflict, Invalid
from server.store.many import insert_if_absent
from server.store.types import UtcDateTime
from server.store.unit import Unit


class IdempotencyRow(SQLModel, table=True):
    __tablename__ = "idempotency"
    tenant: str = Field(primary_key=True, max_length=22)
    agent: str = Field(primary_key=True, max_length=64)
    key: str = Field(primary_key=True, max_length=64)
    request_hash: str = Field(max_length=64)
    status: int = 0
    answer: bytes | None = None
    at: datetime = Field(sa_type=UtcDateTime, index=True)


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


async def begin(unit: Unit, key: str, request_hash: str) -> tuple[int, str] | None:
    """The first answer when the key was used for the same request, else None and the key is taken."""
    if not 8 <= len(key) <= 64:
        raise Invalid("The Idempotency-Key is malformed.", errors=[Fault("", "8 to 64 characters")])
    mine = IdempotencyRow(
        tenant=unit.tenant, agent=unit.principal.agent, key=key, request_hash=request_hash, at=unit.clock.now()
    )
    if await insert_if_absent(unit.session, IdempotencyRow, mine.model_dump()):  # a twin at the same moment waits here
        return None
    row = (await unit.session.execute(select(IdempotencyRow).where(*_is(unit, key)))).scalars().one()
    if row.request_hash != request_hash:
        raise IdempotencyConflict("This Idempotency-Key was used for a different request. Make a new one.")
    if row.answer is None:
        return row.status, ""
    return row.status, (await unit.dek()).open("idempotency", "answer", _cell(unit, key), row.answer)


async def finish(unit: Unit, key: str, status: int, answer: str) -> None:
    sealed = (await unit.dek()).seal("idempotency", "answer", _cell(unit, key), answer)
    done = update(IdempotencyRow).where(*_is(unit, key)).values(status=status, answer=sealed)
    await unit.session.execute(done.execution_options(synchronize_session=False))


async def forget(unit: Unit, before: datetime) -> None:
    """Drop keys older than `before`; a client never repeats a command after a day."""
    await unit.session.execute(delete(IdempotencyRow).where(col(IdempotencyRow.at) < before))


def _is(unit: Unit, key: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(IdempotencyRow.tenant) == unit.tenant,
        col(IdempotencyRow.agent) == unit.principal.agent,
        col(IdempotencyRow.key) == key,
    )


def _cell(unit: Unit, key: str) -> str:
    return f"{unit.principal.agent}#{key}"
