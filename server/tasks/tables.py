"""The task. Its words are sealed; what it is about is named by id."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from server.store.types import MachineRow, at_field

_OPEN = text("status IN ('requested', 'accepted')")


class Task(MachineRow, table=True):
    """FHIR Task: `person_id` is Task.for, `appointment_id` Task.focus, `owner_id` who accepted it.

    `key` makes it unique in its practice, also after it was closed: whoever asks again with the same key gets
    the task that was made first. `step` and `next_at` are the ladder's (see `ladder`).
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("tenant", "key"),
        Index("ix_task_open", "tenant", "status", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_task_next", "next_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    kind: str = Field(max_length=24)
    priority: str = Field(max_length=8)
    person_id: str | None = Field(default=None, max_length=22, foreign_key="person.id", index=True)
    appointment_id: str | None = Field(default=None, max_length=22, index=True)
    note: bytes | None = None  # sealed under the person, or the practice when there is none
    outcome: bytes | None = None  # sealed likewise: what came of it (Task.output), or why it was dropped
    key: str | None = Field(default=None, max_length=80)
    due: datetime | None = at_field(nullable=True)  # Task.restriction.period.end
    owner_id: str | None = Field(default=None, max_length=22, foreign_key="account.id")
    step: int = 1
    next_at: datetime | None = at_field(nullable=True)
    created_at: datetime = at_field()
    accepted_at: datetime | None = at_field(nullable=True)
    closed_at: datetime | None = at_field(nullable=True)
