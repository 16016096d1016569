"""Practices, staff accounts, sessions and patients' links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, UniqueConstraint, false
from sqlmodel import Column, Field, SQLModel

from server.store.types import Row, at_field, id_field


class Practice(SQLModel, table=True):
    """FHIR Organization. Its id is the tenant of everything else. The name is public: it stands on page zero."""

    __tablename__ = "practice"
    id: str = id_field()
    name: str = Field(max_length=120)
    phone: str = Field(max_length=24)  # E.164, the number printed on every patient page
    zone: str = Field(max_length=64)
    locale: str = Field(max_length=12)
    region: str = Field(max_length=2)  # ISO 3166, for reading local phone numbers
    emergency_number: str = Field(max_length=12)
    sms_number: str | None = Field(default=None, max_length=24)  # E.164: its texts leave by it, answers come back to it
    relay_only: bool = False  # media only through TURN: nobody in a visit learns another's network address
    root_pub: bytes | None = None  # the practice root's public key (CRP-1)
    records_key: str | None = None  # the signed records key as CRP-1 JSON
    created_at: datetime = at_field()


class Account(Row, table=True):
    """A member of staff (FHIR Practitioner). Name and e-mail are sealed; e-mail is found by blind index."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("email_index"),)
    name: bytes
    email: bytes
    email_index: bytes = Field(max_length=16)
    password_hash: str = Field(max_length=200)
    roles: list[str] = Field(sa_column=Column(JSON, nullable=False))
    licences: list[str] = Field(  # ISO 3166: where a provider may practise; none: not recorded
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    phone: bytes | None = None  # sealed E.164: where this provider is rung for a visit; None: on the practice's phone
    active: bool = True
    created_at: datetime = at_field()


class Session(Row, table=True):
    """A signed-in browser. The cookie holds a token, the row only its SHA-256."""

    __tablename__ = "session"
    __table_args__ = (UniqueConstraint("token_hash"),)
    token_hash: str = Field(max_length=64)
    role: str = Field(max_length=16)
    account_id: str | None = Field(default=None, max_length=22, foreign_key="account.id")
    person_id: str | None = Field(default=None, max_length=22)
    appointment_id: str | None = Field(default=None, max_length=22, index=True)
    link_id: str | None = Field(default=None, max_length=22)
    device: str = Field(default="", max_length=8, sa_column_kwargs={"server_default": ""})  # first | other
    level: str = Field(default="", max_length=12, sa_column_kwargs={"server_default": ""})  # see access.confirming
    code_n: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # the code this device asked for
    code_at: datetime | None = at_field(nullable=True)
    created_at: datetime = at_field()
    expires_at: datetime = at_field()
    ended_at: datetime | None = at_field(nullable=True)


class Link(Row, table=True):
    """One link for the life of a visit. The secret is HMAC(link key, id, generation); the row holds its SHA-256."""

    __tablename__ = "link"
    appointment_id: str = Field(max_length=22, index=True)
    person_id: str = Field(max_length=22)
    generation: int = 1
    secret_hash: str = Field(max_length=64)
    opened_at: datetime | None = at_field(nullable=True)
    last_opened_at: datetime | None = at_field(nullable=True)  # to the minute: did they try to come?
    handset: str = Field(default="", max_length=12, sa_column_kwargs={"server_default": ""})  # see waiting.handset
    in_app: str = Field(default="", max_length=12, sa_column_kwargs={"server_default": ""})  # the app it was opened in
    camera: str = Field(default="unchecked", max_length=12, sa_column_kwargs={"server_default": "unchecked"})
    microphone: str = Field(default="unchecked", max_length=12, sa_column_kwargs={"server_default": "unchecked"})
    checked_at: datetime | None = at_field(nullable=True)  # the device check before the visit, whatever it found
    created_at: datetime = at_field()
    bound_to: str | None = Field(default=None, max_length=22)  # the session of the first device that said "I'm ready"
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # wrong answers of further devices
    codes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # codes made so far


class Guest(Row, table=True):
    """Somebody who may be with one visit: an interpreter, family, a trainee (FHIR Appointment.participant).

    The link is `/g/<id>#<secret>`, derived as a patient's is. It ends with the visit.
    """

    __tablename__ = "guest"
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    scope: str = Field(max_length=12)  # interpreter | family | trainee
    name: bytes | None = None  # sealed under the patient's key: how the guest is called
    by_patient: bool = False
    agreed: bool | None = None  # the patient's answer to a trainee; None: not asked or not answered
    generation: int = 1
    secret_hash: str = Field(max_length=64)
    opened_at: datetime | None = at_field(nullable=True)
    here_at: datetime | None = at_field(nullable=True)
    admitted_at: datetime | None = at_field(nullable=True)  # the provider let them into the call
    muted: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # by the provider
    aside: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # in private with the provider
    ended_at: datetime | None = at_field(nullable=True)  # taken back by staff or by the patient
    race_id: str | None = Field(default=None, max_length=22, index=True)  # an interpreter who was asked in this race
    interpreter_id: str | None = Field(default=None, max_length=22)
    offered: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # asked, and not coming (yet)
    passed_at: datetime | None = at_field(nullable=True)  # said that they cannot come
    created_at: datetime = at_field()


class LinkIssue(Row, table=True):
    """A fresh link or a code was sent to a contact point: counted here, so that all instances count together."""

    __tablename__ = "link_issue"
    __table_args__ = (Index("ix_link_issue_contact", "contact_id", "kind", "at"),)
    contact_id: str = Field(max_length=22)
    kind: str = Field(max_length=8)  # link | again (asked for without a secret) | code
    at: datetime = at_field()
