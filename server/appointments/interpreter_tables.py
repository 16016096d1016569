"""Interpreters of the practice, and the races in which they are asked to come to a visit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index
from sqlmodel import Column, Field

from server.store.types import Row, at_field


class Interpreter(Row, table=True):
    """Somebody who may be asked. Name and telephone number are sealed under the practice's key."""

    __tablename__ = "interpreter"
    name: bytes
    phone: bytes  # E.164
    languages: list[str] = Field(sa_column=Column(JSON, nullable=False))  # BCP 47; `sgn`: sign language
    active: bool = True
    created_at: datetime = at_field()


class InterpreterRace(Row, table=True):
    """All who speak a language are asked at once. `taken_by` is written once, by whoever says yes first."""

    __tablename__ = "interpreter_race"
    __table_args__ = (Index("ix_interpreter_race_open", "closed_at", "expires_at"),)
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    asked: int  # how many
    taken_by: str | None = Field(default=None, max_length=22)  # the guest who won
    expires_at: datetime = at_field()
    closed_at: datetime | None = at_field(nullable=True)
    created_at: datetime = at_field()
