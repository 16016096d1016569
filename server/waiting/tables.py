"""Waiting-room entries and consents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from server.store.types import MachineRow, Row, at_field

_LIVE = text("status IN ('checking_in', 'waiting', 'away', 'called')")


class WaitingRoomEntry(MachineRow, table=True):
    """One stay in the waiting room. An appointment has at most one live entry, by constraint."""

    __tablename__ = "waiting_entry"
    __table_args__ = (
        Index("uq_waiting_live", "appointment_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_waiting_queue", "tenant", "provider_id", "status"),
    )
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    provider_id: str = Field(max_length=22)
    booked_start: datetime = at_field()  # copied from the appointment: the queue sorts by it
    since: datetime = at_field()  # checked in at
    media: str = Field(default="video", max_length=8)  # video | voice | listen
    camera: str = Field(default="unchecked", max_length=12)
    microphone: str = Field(default="unchecked", max_length=12)
    last_seen: datetime = at_field()  # the patient's socket, to the half minute
    seen_at: datetime | None = at_field(nullable=True)  # when somebody of the staff first looked at who waits here
    closed_at: datetime | None = at_field(nullable=True)


class ConsentRecord(Row, table=True):
    """FHIR Consent: what was agreed to, in which words and language, when."""

    __tablename__ = "consent"
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    person_id: str = Field(max_length=22)
    text_version: str = Field(max_length=24)
    locale: str = Field(max_length=12)
    at: datetime = at_field()
