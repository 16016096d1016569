"""Who would come earlier, what became free, and who was offered it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Column, Field

from server.store.types import MachineRow, Row, at_field

_OPEN = text("status = 'open'")


class WaitlistEntry(Row, table=True):
    """One visit whose person would take an earlier time. It stays as it is until they do.

    The window is wall time in `zone`, in minutes from midnight. `rank`: 1 goes first, then whoever asked first.
    `ended_at` is set when they left the list, or moved up (`moved_up`).
    """

    __tablename__ = "waitlist_entry"
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", unique=True)
    person_id: str = Field(max_length=22, foreign_key="person.id")
    visit_type_id: str = Field(max_length=22)
    provider_id: str | None = Field(default=None, max_length=22)  # None: whoever is free
    rank: int = 4
    standby: bool = False  # may be asked two hours ahead and less
    zone: str = Field(max_length=64)
    first_day: date | None = None
    last_day: date | None = None
    weekdays: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # ISO; none means any
    begins: int = 0
    ends: int = 1440
    created_at: datetime = at_field()
    ended_at: datetime | None = at_field(nullable=True)
    moved_up: bool = False


class Opening(Row, table=True):
    """A stretch of a provider's time that became free. Looked at again at `next_at` until `closed_at`."""

    __tablename__ = "opening"
    __table_args__ = (UniqueConstraint("provider_id", "start", "made_at"),)
    provider_id: str = Field(max_length=22, foreign_key="account.id")
    start: datetime = at_field()
    end: datetime = at_field()
    made_at: datetime = at_field()
    next_at: datetime | None = at_field(nullable=True, index=True)
    closed_at: datetime | None = at_field(nullable=True)
    taken_by: str | None = Field(default=None, max_length=22)  # the appointment that moved here


class SlotOffer(MachineRow, table=True):
    """One opening offered for one visit. A visit has at most one open offer, by constraint."""

    __tablename__ = "slot_offer"
    __table_args__ = (
        Index("uq_slot_offer_open", "appointment_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        UniqueConstraint("opening_id", "appointment_id"),
    )
    opening_id: str = Field(max_length=22, foreign_key="opening.id", index=True)
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    person_id: str = Field(max_length=22)
    provider_id: str = Field(max_length=22)
    start: datetime = at_field()
    end: datetime = at_field()
    made_at: datetime = at_field()
    expires_at: datetime = at_field(index=True)
