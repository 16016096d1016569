"""The reminder plan. What was sent is rendered anew from it and never stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from server.store.types import MachineRow, at_field

_DUE = text("status IN ('scheduled', 'retrying', 'sending')")


class Reminder(MachineRow, table=True):
    """One message at one step by one channel; unique, so that planning twice plans once.

    A row whose `revision` is not the appointment's any more is void. `lease_until`
    is by the database's clock.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("appointment_id", "revision", "step", "channel"),
        Index("ix_reminder_due", "due", sqlite_where=_DUE, postgresql_where=_DUE),
    )
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    revision: int
    step: str = Field(max_length=24)  # confirmation | link
    channel: str = Field(max_length=8)  # sms | email
    contact_id: str = Field(max_length=22, foreign_key="contact_point.id")
    due: datetime = at_field()
    not_after: datetime = at_field()
    lease_owner: str | None = Field(default=None, max_length=22)
    lease_until: datetime | None = at_field(nullable=True)
    attempts: int = 0
    segments: int = 0
    provider_ref: str | None = Field(default=None, max_length=64)
    last_error: str | None = Field(default=None, max_length=64)  # a code, never a text that could name somebody
    at: datetime | None = at_field(nullable=True)  # when the state last changed
