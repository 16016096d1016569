"""What a number was asked and may still answer, and the texts that came in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from server.store.types import Row, at_field

_WAKES = text("wake_at IS NOT NULL")
_MENU = text("kind <> 'keep'")


class Dialogue(Row, table=True):
    """What a number was asked and a digit answers. It has one menu, and a new menu takes the place of the old one; that
    a declined visit may be kept stands beside it, once for each visit.

    `which`: whose visit is meant. `offers`: which of three times. `earlier`: which offer of the waitlist. `keep`: a
    visit that was declined, whose time is given away when `expires_at` comes without a "1".
    """

    __tablename__ = "dialogue"
    __table_args__ = (
        Index("uq_dialogue_menu", "contact_id", unique=True, sqlite_where=_MENU, postgresql_where=_MENU),
        Index("ix_dialogue_contact_id", "contact_id"),
        Index("ix_dialogue_expires", "kind", "expires_at"),
    )
    contact_id: str = Field(max_length=22, foreign_key="contact_point.id")
    kind: str = Field(max_length=8)  # which | offers | earlier | keep
    data: bytes  # sealed JSON
    expires_at: datetime = at_field()


class HeardText(Row, table=True):
    """A text that came in, once for each of the provider's ids. Its words are not kept; what staff must read stands in
    the task it led to. `answer` waits, sealed, until `wake_at` is null: then it was sent, or there is none."""

    __tablename__ = "heard_text"
    __table_args__ = (
        UniqueConstraint("tenant", "provider_ref"),
        Index("ix_heard_text_sender", "sender_index", "at"),
        Index("ix_heard_text_wake", "wake_at", sqlite_where=_WAKES, postgresql_where=_WAKES),
    )
    provider_ref: str = Field(max_length=64)
    sender_index: bytes = Field(max_length=16)
    kind: str = Field(max_length=12)
    sender: bytes  # sealed E.164
    answer: bytes | None = None  # sealed
    at: datetime = at_field()
    wake_at: datetime | None = at_field(nullable=True)
    attempts: int = 0
