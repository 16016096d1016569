"""Column types and the columns every table shares."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from server.core.ids import new_id


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant on both databases (SQLite stores no zone). A naive value is a bug and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def id_field() -> Any:
    return Field(default_factory=new_id, primary_key=True, max_length=22)


def tenant_field() -> Any:
    """The practice that owns the row. Every read goes through `Unit`, which filters on it."""
    return Field(index=True, max_length=22)


def at_field(*, nullable: bool = False, index: bool = False, default: Any = ...) -> Any:
    if nullable:
        return Field(default=None, sa_type=UtcDateTime, nullable=True, index=index)
    return Field(default=default, sa_type=UtcDateTime, nullable=False, index=index)


class Row(SQLModel):
    """Base of the tables that belong to one practice and have an id of their own."""

    id: str = id_field()
    tenant: str = tenant_field()


class MachineRow(Row):
    """A row with a state machine: `status` is written by compare-and-set on `version`, never assigned."""

    status: str = Field(max_length=24)
    version: int = Field(default=1)
