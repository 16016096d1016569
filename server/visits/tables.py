"""The visit, its two seats, how the line was, what was jotted down, and the phones that were rung for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from server.store.types import MachineRow, Row, at_field


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
    summary_id: str | None = Field(default=None, max_length=22)  # the sealed message that sums the visit up
    summary_at: datetime | None = at_field(nullable=True)
    emergency_at: datetime | None = at_field(nullable=True)  # when the emergency card was first opened
    held_at: datetime | None = at_field(nullable=True)  # on hold in the call since; see visits.holding


class LineChange(Row, table=True):
    """One side's connection went to another rung of the ladder, with why, in codes (docs/protocol.md, "The line")."""

    __tablename__ = "visit_line"
    visit_id: str = Field(max_length=22, foreign_key="visit.id", index=True)
    seat: str = Field(max_length=8)  # patient | provider
    at: datetime = at_field()
    rung: str = Field(max_length=8)  # of the ladder, or `hold` and `resume`, which the provider does
    reason: str = Field(max_length=12)
    cause: str | None = Field(default=None, max_length=24)  # why it failed, when that is known


class VisitNote(Row, table=True):
    """What one provider jots down in a visit: theirs alone, sealed, never a patient's to see."""

    __tablename__ = "visit_note"
    __table_args__ = (UniqueConstraint("visit_id", "author_id"),)
    visit_id: str = Field(max_length=22, foreign_key="visit.id", index=True)
    author_id: str = Field(max_length=22, foreign_key="account.id")
    version: int = 1
    saved_at: datetime = at_field()
    text: bytes  # sealed


class VisitRing(Row, table=True):
    """Phones that are rung for a visit. It is asked for in a command, rung by a worker, and ended by a person.

    Numbers are not kept: they are looked up in the moment they are rung.
    """

    __tablename__ = "visit_ring"
    visit_id: str = Field(max_length=22, foreign_key="visit.id", index=True)
    purpose: str = Field(max_length=12)  # call-back | services | contact | interpreter
    room: str | None = Field(default=None, max_length=64)  # where those who are rung meet
    guest_id: str | None = Field(default=None, max_length=22)  # the interpreter who is rung into that room
    asked_by: str = Field(max_length=8)  # patient | provider
    asked_at: datetime = at_field()
    rung_at: datetime | None = at_field(nullable=True, index=True)  # a worker has it; it is rung once
    ended_at: datetime | None = at_field(nullable=True)
    fault: str | None = Field(default=None, max_length=24)  # why no phone rang
    settled: bool = False  # the phones ring, or none does
    to_end: bool = False  # a worker shall hang up
    legs: list[str] = Field(default_factory=list, sa_type=JSON)  # the provider's ids of the calls
