"""Browsers that want to be told, on-call phones, and alerts that wait to be sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from server.store.types import Row, at_field


class PushSubscription(Row, table=True):
    """One browser of an account or of a patient (W3C PushSubscription). Address and keys are sealed together. It goes
    when the sign-in (`session_id`) that asked for it is ended; that it runs out by itself ends no alert. None: from
    before migration 0024, which no released version was, so nothing is left to end."""

    __tablename__ = "push_subscription"
    __table_args__ = (UniqueConstraint("tenant", "endpoint_index"),)
    account_id: str | None = Field(default=None, max_length=22, foreign_key="account.id", index=True)
    person_id: str | None = Field(default=None, max_length=22, foreign_key="person.id", index=True)
    session_id: str | None = Field(default=None, max_length=22, index=True)
    endpoint_index: bytes = Field(max_length=16)
    data: bytes  # sealed JSON: endpoint, p256dh, auth
    locale: str = Field(max_length=35)
    created_at: datetime = at_field()


class OnCallPhone(Row, table=True):
    """A phone of the practice that is texted when nobody accepts a `stat` task."""

    __tablename__ = "on_call_phone"
    value: bytes  # sealed E.164
    created_at: datetime = at_field()


class Alert(Row, table=True):
    """One alert that waits: at most one for each target, because all say the same.

    `wake_at` is when a worker must look at it: when it is due, or when the lease of the worker that took it ends.
    """

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("target_id"), Index("ix_alert_wake", "wake_at"))
    channel: str = Field(max_length=4)  # push | sms
    target_id: str = Field(max_length=22)  # PushSubscription or OnCallPhone
    urgent: bool = False
    not_after: datetime = at_field()
    wake_at: datetime = at_field()
    attempts: int = 0
