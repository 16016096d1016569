"""The visit and its two seats."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.store.types import MachineRow, at_field


class Visit(MachineRow, table=True):
    """One per appointment, made with it. `seat_epoch` counts joins, so that a newer connection fences an older one."""

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("appointment_id"),)
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id")
    started_at: datetime | None = at_field(nullable=True)
    ended_at: datetime | None = at_field(nullable=True)
