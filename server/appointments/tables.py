"""Appointment, visit type, and the time a provider is taken."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from server.store.types import MachineRow, Row, at_field


class VisitType(Row, table=True):
    """FHIR HealthcareService, the little of it we need: a name staff see, a length, a modality."""

    __tablename__ = "visit_type"
    name: str = Field(max_length=80)
    minutes: int
    modality: str = Field(default="video", max_length=12)  # video | phone | in-person
    active: bool = True


class Appointment(MachineRow, table=True):
    """`start` is the instant, `wall_start` and `zone` are what was agreed; the three are written together.

    `revision` rises only when time, place, provider or existence changes; reminders,
    calendar SEQUENCE and HL7 fence on it. `version` is the compare-and-set counter.
    """

    __tablename__ = "appointment"
    __table_args__ = (UniqueConstraint("tenant", "external_index"),)
    person_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    provider_id: str = Field(max_length=22, foreign_key="account.id", index=True)
    visit_type_id: str = Field(max_length=22, foreign_key="visit_type.id")
    start: datetime = at_field(index=True)
    end: datetime = at_field()
    wall_start: str = Field(max_length=19)  # 2026-11-24T14:30
    zone: str = Field(max_length=64)
    revision: int = 1
    participation: str = Field(default="needs-action", max_length=12)  # FHIR ParticipationStatus of the patient
    reason: bytes | None = None
    external_index: bytes | None = Field(default=None, max_length=16)  # the other system's id (HL7 SCH-1, SCH-2)
    created_at: datetime = at_field()


class Busy(SQLModel, table=True):
    """One row for each five minutes a provider is taken. The primary key makes double booking impossible."""

    __tablename__ = "busy"
    provider_id: str = Field(primary_key=True, max_length=22)
    tick: int = Field(primary_key=True)  # Unix time // 300
    appointment_id: str = Field(max_length=22, index=True)
