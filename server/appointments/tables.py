"""Appointment, visit type, and the time a provider is taken or held."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Column, Field, SQLModel

from server.store.types import MachineRow, Row, at_field

BOOKED_BY = ("provider", "scheduler", "admin")


class VisitType(Row, table=True):
    """FHIR HealthcareService, the little of it we need: a name staff see, a length, a modality.

    `before` and `after` are buffer minutes: the provider is taken then too, the patient is not. `booked_by` are the
    roles that may book it, `offered_by` the providers with whom it is booked; none named: with everybody.
    """

    __tablename__ = "visit_type"
    name: str = Field(max_length=80)
    minutes: int
    modality: str = Field(default="video", max_length=12)  # video | phone | in-person
    active: bool = True
    before: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    after: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    booked_by: list[str] = Field(
        default_factory=lambda: list(BOOKED_BY),
        sa_column=Column(JSON, nullable=False, server_default='["provider", "scheduler", "admin"]'),
    )
    offered_by: list[str] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )  # account ids

    def offers(self, provider_id: str) -> bool:
        """Whether it may be booked with this provider."""
        return not self.offered_by or provider_id in self.offered_by


class Appointment(MachineRow, table=True):
    """`start` is the instant, `wall_start` and `zone` are what was agreed; the three are written together.

    `revision` rises only when time, place, provider or existence changes; reminders,
    calendar SEQUENCE and HL7 fence on it. `version` is the compare-and-set counter.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("tenant", "external_index"), Index("ix_appointment_day", "tenant", "start"),
        Index("ix_appointment_group_number", "group_id", "group_number", unique=True),
    )  # fmt: skip
    tenant: str = Field(max_length=22)
    person_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    provider_id: str = Field(max_length=22, foreign_key="account.id", index=True)
    pool_id: str | None = Field(default=None, max_length=22)  # any provider of this pool may see the person
    visit_type_id: str = Field(max_length=22, foreign_key="visit_type.id")
    first: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})  # their first visit here
    start: datetime = at_field(index=True)
    end: datetime = at_field()
    wall_start: str = Field(max_length=19)  # 2026-11-24T14:30
    zone: str = Field(max_length=64)
    revision: int = 1
    participation: str = Field(default="needs-action", max_length=12)  # FHIR ParticipationStatus of the patient
    reason: bytes | None = None
    note: bytes | None = None  # sealed: from staff to the desk, never shown to the patient
    displaced: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    # True: its provider is away then, and it has no other time yet
    cancel_reason: str | None = Field(default=None, max_length=12)  # FHIR appointment-cancellation-reason
    interpreter: bytes | None = None  # sealed: the language somebody must interpret at this visit
    group_id: str | None = Field(default=None, max_length=22, index=True)  # several people at one time
    group_number: int | None = None  # "Participant 2" of it: theirs for good, also when somebody leaves
    shows: str = Field(default="nothing", max_length=8, sa_column_kwargs={"server_default": "nothing"})
    # What the others of the group see of this person's name: nothing | given | full
    series_id: str | None = Field(default=None, max_length=22, index=True)
    series_number: int | None = None  # 1 is the first occurrence
    interpreter_status: str | None = Field(default=None, max_length=12)  # FHIR ParticipationStatus of that somebody
    external_index: bytes | None = Field(default=None, max_length=16)  # the other system's id (HL7 SCH-1, SCH-2)
    created_at: datetime = at_field()


class CoProvider(Row, table=True):
    """Somebody else who sees the patient too (FHIR Appointment.participant)."""

    __tablename__ = "co_provider"
    __table_args__ = (UniqueConstraint("appointment_id", "provider_id"),)
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    provider_id: str = Field(max_length=22, foreign_key="account.id", index=True)


class Busy(SQLModel, table=True):
    """One row for each five minutes a provider is taken. The primary key makes double booking impossible.

    `appointment_id` names the visit, or the group whose visits share the time. A hold takes time by the same key: then
    `expires_at` is set and `appointment_id` names the hold. A row past its
    `expires_at` is as good as absent, and whoever wants the time sweeps it away.
    """

    __tablename__ = "busy"
    provider_id: str = Field(primary_key=True, max_length=22)
    tick: int = Field(primary_key=True)  # Unix time // 300
    appointment_id: str = Field(max_length=22, index=True)
    expires_at: datetime | None = at_field(nullable=True)


class Hold(Row, table=True):
    """Time kept for one member of staff who is about to book it (FHIR Slot.status busy-tentative)."""

    __tablename__ = "hold"
    holder: str = Field(max_length=64, index=True)  # `Principal.agent`
    provider_id: str = Field(max_length=22, foreign_key="account.id")
    visit_type_id: str = Field(max_length=22, foreign_key="visit_type.id")
    start: datetime = at_field()
    end: datetime = at_field()
    expires_at: datetime = at_field(index=True)
