"""Messages planned and sent, what providers said of them, and the plan that made them. What was sent is rendered anew
and never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Column, Field, SQLModel

from server.store.types import MachineRow, Row, UtcDateTime, at_field

_WAKES = text("wake_at IS NOT NULL")
_FAILED = text("status = 'failed'")
_KNOWN = text("provider_ref IS NOT NULL")
_SILENT = text("status = 'sent' AND wake_at IS NOT NULL")


class Reminder(MachineRow, table=True):
    """One message at one step by one channel; unique, so that planning twice plans once.

    `subject` is what it speaks of: an appointment, or for instance an offer. A row whose `revision` is not the
    appointment's any more is void. `wake_at` says when a worker must look at it: when it is due, when a lease ends,
    when a receipt should have come; leases are by the database's clock. `tried_at` is when the claim began whose
    outcome is not known yet, `in_doubt` that an earlier worker may have sent it.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("subject", "revision", "step", "channel"),
        Index("ix_reminder_wake", "channel", "wake_at", sqlite_where=_WAKES, postgresql_where=_WAKES),
        Index("ix_reminder_failed", "tenant", "due", sqlite_where=_FAILED, postgresql_where=_FAILED),
        Index("ix_reminder_silent", "wake_at", sqlite_where=_SILENT, postgresql_where=_SILENT),
        Index("ix_reminder_contact", "contact_id", "sent_at"),
        Index("ix_reminder_ref", "provider_ref", sqlite_where=_KNOWN, postgresql_where=_KNOWN),
        Index("ix_reminder_due", "tenant", "due"),
    )
    tenant: str = Field(max_length=22)  # the index by tenant and due serves for it
    subject: str = Field(max_length=22)
    appointment_id: str | None = Field(default=None, max_length=22, foreign_key="appointment.id", index=True)
    person_id: str = Field(max_length=22, foreign_key="person.id")
    revision: int
    step: str = Field(max_length=24)  # `steps.STEPS`, with what tells several of a kind apart after a dot
    channel: str = Field(max_length=8)  # sms | email | voice | call
    contact_id: str | None = Field(default=None, max_length=22, foreign_key="contact_point.id")
    facts: bytes | None = None  # sealed: what the text says beyond the visit (a code, an offered time)
    due: datetime = at_field()
    not_after: datetime = at_field()
    wake_at: datetime | None = at_field(nullable=True)
    lease_owner: str | None = Field(default=None, max_length=22)
    tried_at: datetime | None = at_field(nullable=True)
    in_doubt: bool = False
    attempts: int = 0
    segments: int = 0
    provider_ref: str | None = Field(default=None, max_length=64)
    last_error: str | None = Field(default=None, max_length=64)  # a code, never a text that could name somebody
    planned_at: datetime = at_field()
    at: datetime | None = at_field(nullable=True)  # when the state last changed
    sent_at: datetime | None = at_field(nullable=True)
    delivered_at: datetime | None = at_field(nullable=True)
    answered_at: datetime | None = at_field(nullable=True)
    answer: str | None = Field(default=None, max_length=12)  # FHIR ParticipationStatus


class ProviderReport(SQLModel, table=True):
    """The furthest a provider said a message came. It may arrive before we know that the message was taken."""

    __tablename__ = "provider_report"
    __table_args__ = (Index("ix_provider_report_open", "open", "at"),)
    provider_ref: str = Field(primary_key=True, max_length=64)
    status: str = Field(max_length=12)  # notifications.message.DeliveryStatus
    code: str | None = Field(default=None, max_length=16)
    remedy: str | None = Field(default=None, max_length=16)  # notifications.message.Remedy
    at: datetime = Field(sa_type=UtcDateTime)
    open: bool = True  # not yet written to its message


class ZoneRelease(SQLModel, table=True):
    """The release of the time zone database by which messages were planned: one row for the installation."""

    __tablename__ = "zone_release"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(max_length=32)
    at: datetime = Field(sa_type=UtcDateTime)


class ReminderPlan(Row, table=True):
    """The messages that visits get; `owner_id` is a kind of visit, or empty for the whole practice."""

    __tablename__ = "reminder_plan"
    __table_args__ = (UniqueConstraint("tenant", "owner_id"),)
    owner_id: str = Field(default="", max_length=22)
    rules: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    changed_at: datetime = at_field()


class MessagePrice(Row, table=True):
    """What a part of a message costs from `since` on: a segment of a text, a mail, a call. Lines are added and never
    changed, so the past keeps its prices. `amount` is a decimal in units of `currency` (ISO 4217); null: unknown."""

    __tablename__ = "message_price"
    channel: str = Field(max_length=8)
    amount: str | None = Field(default=None, max_length=13)
    currency: str | None = Field(default=None, max_length=3)
    since: datetime = at_field()
