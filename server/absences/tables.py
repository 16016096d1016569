"""An absence and what becomes of each visit in it. Visits and people are named by id; nothing personal stands here."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.store.types import MachineRow, Row, at_field


class Absence(MachineRow, table=True):
    """A provider is away from `start` until `end`; `day`, `begins` and `ends` (minutes) say the same on the clock of
    the provider's hours. On hold it begins to be carried out at `runs_at`."""

    __tablename__ = "absence"
    provider_id: str = Field(max_length=22, foreign_key="account.id")
    day: date
    begins: int
    ends: int
    start: datetime = at_field()
    end: datetime = at_field()
    runs_at: datetime | None = at_field(nullable=True, index=True)
    made_by: str = Field(max_length=22)
    created_at: datetime = at_field()
    finished_at: datetime | None = at_field(nullable=True)


class AbsenceItem(Row, table=True):
    """One visit of the absent provider. `way` is what is to be done, `planned` what was proposed; `provider_id` and
    `start` are where to (colleague, move). Who shares a time names the first of them (`lead_id`) and goes along.

    `revision` is the visit's as it was seen: a visit that changed since stays as it is. `done_at` is written in the
    transaction that does it, so that nothing is done twice; `outcome` says what was done.
    """

    __tablename__ = "absence_item"
    __table_args__ = (UniqueConstraint("absence_id", "appointment_id"),)
    absence_id: str = Field(max_length=22, foreign_key="absence.id", index=True)
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id")
    lead_id: str | None = Field(default=None, max_length=22)
    revision: int
    place: int  # the order in which it is done: who waits first
    waiting: bool = False
    planned: str = Field(max_length=12)
    way: str = Field(max_length=12)
    why: str = Field(max_length=16)
    provider_id: str | None = Field(default=None, max_length=22)
    start: datetime | None = at_field(nullable=True)
    tries: int = 0
    done_at: datetime | None = at_field(nullable=True)
    outcome: str | None = Field(default=None, max_length=12)
