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
    outcome: str | None = Field(default=None, max_length=20)  # see visits.after; proposed from facts when it ends
    follow_up_id: str | None = Field(default=None, max_length=22)  # the appointment that was made of it in one click
    ease: int | None = None  # the patient's two taps: 1 no, 2 so-so, 3 yes
    helped: int | None = None
