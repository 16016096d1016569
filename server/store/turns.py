"""Whose turn it is to look after a practice: of several workers one does it, and another when that one is gone.

A turn is no lock, it is a time: two at once do no harm, they only do the work twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, text
from sqlmodel import Field, SQLModel

from server.store.types import UtcDateTime
from server.store.unit import Unit

_TAKE = text(
    "INSERT INTO look_turn (tenant, at) VALUES (:tenant, :now)"
    " ON CONFLICT (tenant) DO UPDATE SET at = excluded.at"
    " WHERE look_turn.at <= :due OR look_turn.at > excluded.at RETURNING tenant"
).bindparams(bindparam("now", type_=UtcDateTime()), bindparam("due", type_=UtcDateTime()))


class LookTurn(SQLModel, table=True):
    """When a worker last began to look after a practice."""

    __tablename__ = "look_turn"
    tenant: str = Field(primary_key=True, max_length=22)
    at: datetime = Field(sa_type=UtcDateTime)


async def take(unit: Unit, every: timedelta) -> bool:
    """Whether it is this worker's turn at the unit's practice: nobody else began within `every`. A time that lies
    ahead was written by a clock that was moved since, and counts for nothing."""
    now = await unit.database_now()
    found = await unit.session.execute(_TAKE, {"tenant": unit.tenant, "now": now, "due": now - every})
    return found.first() is not None
