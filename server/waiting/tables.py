"""Waiting-room entries and consents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from server.store.types import MachineRow, Row, UtcDateTime, at_field, tenant_field

_LIVE = text("status IN ('checking_in', 'waiting', 'away', 'called')")


class WaitingRoomEntry(MachineRow, table=True):
    """One stay in the waiting room. An appointment has at most one live entry, by constraint."""

    __tablename__ = "waiting_entry"
    __table_args__ = (
        Index("uq_waiting_live", "appointment_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_waiting_lane", "lane", "status"),
    )
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    turn: int = 1  # the how-manieth stay of this appointment; the last one counts
    provider_id: str = Field(max_length=22)  # who called or admitted; before that who the visit was booked with
    pool_id: str | None = Field(default=None, max_length=22)  # any of several providers
    lane: str = Field(max_length=22)  # the line it stands in: `pool_id`, else `provider_id`
    booked_start: datetime = at_field()  # copied from the appointment: the queue sorts by it
    since: datetime = at_field()  # checked in at
    media: str = Field(default="video", max_length=8)  # video | voice | listen
    camera: str = Field(default="unchecked", max_length=12)
    microphone: str = Field(default="unchecked", max_length=12)
    last_seen: datetime = at_field()  # the patient's socket, to the half minute
    seen_at: datetime | None = at_field(nullable=True)  # when somebody of the staff first looked at who waits here
    closed_at: datetime | None = at_field(nullable=True)  # left, expired or admitted
    left_as: str | None = Field(default=None, max_length=8)  # who could not wait: rebook | phone

    acuity: int = 3  # 1 resuscitation .. 5 non-urgent, as the triage scales count; 3 until somebody triaged
    triaged_at: datetime | None = at_field(nullable=True)
    triage_note: bytes | None = None  # sealed under the person: the stated reason
    why: str | None = Field(default=None, max_length=16)  # why the place got worse; see `line.Why`
    why_at: datetime | None = at_field(nullable=True)
    handover: bytes | None = None  # sealed under the person: what the one who handed over says
    handed_by: str | None = Field(default=None, max_length=22)  # the account

    travel_minutes: int | None = None  # waits elsewhere, that far away
    summoned_at: datetime | None = at_field(nullable=True)

    p10: datetime | None = at_field(nullable=True)  # the forecast of the start: one in ten comes sooner
    p50: datetime | None = at_field(nullable=True)
    p80: datetime | None = at_field(nullable=True)
    p90: datetime | None = at_field(nullable=True)
    forecast_at: datetime | None = at_field(nullable=True)
    finished_at: datetime | None = at_field(nullable=True)  # the visit that followed ended


class ForecastSample(Row, table=True):
    """A forecast and what became of it, in minutes from `at`. Once the outcome is known nothing leads to a person."""

    __tablename__ = "forecast_sample"
    entry_id: str | None = Field(default=None, max_length=22, index=True)  # until the outcome is known
    at: datetime = at_field(index=True)
    place: int
    p10: float
    p50: float
    p80: float
    p90: float
    stretch: float  # what the band was widened by when it was shown
    outcome: float | None = None


class Lateness(Row, table=True):
    """How late a line runs: what was said of it, and what the facts say until somebody answers that."""

    __tablename__ = "lateness"
    __table_args__ = (UniqueConstraint("tenant", "lane"),)
    lane: str = Field(max_length=22)  # a provider's account or a pool
    minutes: int = 0  # as said; 0 is on time
    said_at: datetime | None = at_field(nullable=True)
    told: int = 0  # people
    proposed: int | None = None  # minutes; 0: on time again
    declined: int | None = None  # what somebody said no to; asked again only when it got worse


class LateNotice(Row, table=True):
    """What the person of one visit was told of it. Holds for that time in that line, so a visit that moves loses it."""

    __tablename__ = "late_notice"
    __table_args__ = (UniqueConstraint("appointment_id"),)
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id")
    lane: str = Field(max_length=22, index=True)
    start: datetime = at_field()
    minutes: int
    at: datetime = at_field()
    wish: str | None = Field(default=None, max_length=8)  # who was not in line yet and cannot wait: rebook | phone


class StaffPresence(SQLModel, table=True):
    """A stretch of time in which a member of staff had a page of ours open, to the half minute."""

    __tablename__ = "staff_presence"
    account_id: str = Field(primary_key=True, max_length=22, foreign_key="account.id")
    since: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    tenant: str = tenant_field()
    last_seen: datetime = at_field(index=True)


class Assist(Row, table=True):
    """What somebody of the staff did to help a person into their visit, so that two of them do not do it twice."""

    __tablename__ = "assist"
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    act: str = Field(max_length=12)  # ring | phone | step | join
    by: str = Field(max_length=22)  # the account
    at: datetime = at_field()


class ConsentRecord(Row, table=True):
    """FHIR Consent: what was agreed to, in which words and language, when."""

    __tablename__ = "consent"
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    person_id: str = Field(max_length=22)
    text_version: str = Field(max_length=24)
    text_hash: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})  # SHA-256 of the words
    locale: str = Field(max_length=12)
    at: datetime = at_field()
