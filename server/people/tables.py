"""Person, contact point, relationship, need (FHIR Person/Patient, ContactPoint, RelatedPerson)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.store.types import Row, at_field


class Person(Row, table=True):
    """`profile` is one sealed JSON (see `schemas.Profile`): names, birth date, clinic number, language, zone."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("tenant", "number_index"),)
    profile: bytes
    number_index: bytes | None = Field(default=None, max_length=16)  # the clinic's own number for the person
    created_at: datetime = at_field()


class PersonName(SQLModel, table=True):
    """Keyed prefixes of a person's names, for the 3-letter search. What this leaks stands in SECURITY.md."""

    __tablename__ = "person_name"
    __table_args__ = (Index("ix_person_name_token", "tenant", "token"),)
    person_id: str = Field(primary_key=True, max_length=22, foreign_key="person.id")
    token: bytes = Field(primary_key=True, max_length=16)
    tenant: str = Field(max_length=22)


class ContactPoint(Row, table=True):
    """A number or an address (FHIR ContactPoint). It may be shared, so it is sealed under the practice's key."""

    __tablename__ = "contact_point"
    __table_args__ = (UniqueConstraint("tenant", "system", "value_index"),)
    system: str = Field(max_length=8)  # phone | email
    value: bytes
    value_index: bytes = Field(max_length=16)
    opted_out_at: datetime | None = at_field(nullable=True)  # STOP
    failed_at: datetime | None = at_field(nullable=True)  # the channel said: no such number or mailbox
    delivered_at: datetime | None = at_field(nullable=True)  # the last time something arrived there
    undelivered_at: datetime | None = at_field(nullable=True)  # the last time something did not
    created_at: datetime = at_field()


class PersonContact(Row, table=True):
    """How one person is reached at one contact point, and how careful we must be there."""

    __tablename__ = "person_contact"
    __table_args__ = (UniqueConstraint("person_id", "contact_id", "purpose"),)
    person_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    contact_id: str = Field(max_length=22, foreign_key="contact_point.id", index=True)
    purpose: str = Field(default="visits", max_length=16)  # visits | emergency
    rank: int = 1  # 1 is tried first
    others_may_read: bool = False
    safe_from: str | None = Field(default=None, max_length=5)  # HH:MM in the person's zone
    safe_to: str | None = Field(default=None, max_length=5)


class Relationship(Row, table=True):
    """`related_id` may act for or beside `person_id` (FHIR RelatedPerson)."""

    __tablename__ = "relationship"
    __table_args__ = (UniqueConstraint("person_id", "related_id", "kind"),)
    person_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    related_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    kind: str = Field(max_length=16)  # parent | carer | proxy
    may_join: bool = True
    may_message: bool = False


class Need(Row, table=True):
    """A fact that links, messages, calls and keys obey. `detail` is sealed (an interpreter's language, for example)."""

    __tablename__ = "need"
    __table_args__ = (UniqueConstraint("person_id", "kind"),)
    person_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    kind: str = Field(max_length=16)
    detail: bytes | None = None


class ContactConsent(Row, table=True):
    """One line of the consent ledger: whether a number or mailbox may be written to for a purpose. The newest counts;
    without any, what the practice recorded when it took the address counts (FHIR Consent)."""

    __tablename__ = "contact_consent"
    __table_args__ = (Index("ix_contact_consent_contact", "contact_id", "purpose", "at"),)
    contact_id: str = Field(max_length=22, foreign_key="contact_point.id")
    purpose: str = Field(max_length=16)  # visits | messages | offers
    granted: bool
    source: str = Field(max_length=16)  # sms | carrier | unsubscribe | staff
    at: datetime = at_field()
