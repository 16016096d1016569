"""Conversations, devices and the signed records: public keys, signatures and ciphertext. Nothing here opens anything.

`record` is the wire JSON of docs/crp-1.md as accepted; the columns beside it are what queries and constraints need.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.store.types import MachineRow, Row, at_field


def record_field() -> Any:
    return Field(sa_type=JSON, nullable=False)


class Conversation(MachineRow, table=True):
    """The one conversation of a person with the practice's care team."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("tenant", "person_id"),)
    person_id: str = Field(max_length=22, foreign_key="person.id")
    created_at: datetime = at_field()
    opened_at: datetime | None = at_field(nullable=True)  # the first member entry


class ConversationHead(SQLModel, table=True):
    """The conversation's counters. Whoever changes anything of it locks this row first: changes come one by one."""

    __tablename__ = "conversation_head"
    conversation_id: str = Field(primary_key=True, max_length=22, foreign_key="conversation.id")
    tenant: str = Field(max_length=22, index=True)
    seq: int = 0  # of the last message, gapless
    hash: bytes = Field(default=bytes(32), max_length=32)  # h_seq
    epoch_n: int = 0
    epoch_at: datetime | None = at_field(nullable=True)
    epoch_messages: int = 0
    keys_version: int = 1


class Device(Row, table=True):
    """A browser with keys. `request` is a staff device's self-signed certificate that waits for the administrator."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("tenant", "device_id"), Index("ix_device_person", "tenant", "person_id"))
    device_id: str = Field(max_length=22)
    person_id: str = Field(max_length=22)  # staff: the account's id
    role: str = Field(max_length=12)
    ds_pub: bytes = Field(max_length=32)
    request: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    created_at: datetime = at_field()


class DeviceCertificate(Row, table=True):
    """A certificate that counts: from the root, from a staff device, or a patient device's own with its claim."""

    __tablename__ = "device_certificate"
    __table_args__ = (
        UniqueConstraint("tenant", "cert_id"),
        Index("ix_certificate_device", "tenant", "device_id"),
        Index("ix_certificate_person", "tenant", "person_id"),
    )
    cert_id: str = Field(max_length=22)
    device_id: str = Field(max_length=22)
    person_id: str = Field(max_length=22)
    staff: bool
    record: dict[str, Any] = record_field()
    received_at: datetime = at_field()


class DeviceRevocation(Row, table=True):
    """The signed end of a device."""

    __tablename__ = "device_revocation"
    __table_args__ = (Index("ix_revocation_device", "tenant", "device_id"),)
    device_id: str = Field(max_length=22)
    record: dict[str, Any] = record_field()
    received_at: datetime = at_field()


class OfConversation(SQLModel):
    conversation_id: str = Field(primary_key=True, max_length=22, foreign_key="conversation.id")
    tenant: str = Field(max_length=22)
    received_at: datetime = at_field()


class MemberRow(OfConversation, table=True):
    """One line of the signed membership log."""

    __tablename__ = "conversation_member"
    i: int = Field(primary_key=True)
    by: str = Field(max_length=22, index=True)
    at: int  # seconds, as signed
    record: dict[str, Any] = record_field()


class ClaimRow(OfConversation, table=True):
    """A device's answer to an invite, in order of receipt. The constraint burns the invite."""

    __tablename__ = "conversation_claim"
    __table_args__ = (UniqueConstraint("conversation_id", "invite_id"),)
    i: int = Field(primary_key=True)
    invite_id: str = Field(max_length=22)
    device_id: str = Field(max_length=22)
    record: dict[str, Any] = record_field()


class EpochRow(OfConversation, table=True):
    """One epoch. The primary key is the compare-and-swap: an `n` exists once."""

    __tablename__ = "conversation_epoch"
    n: int = Field(primary_key=True)
    record: dict[str, Any] = record_field()


class MessageRow(OfConversation, table=True):
    """One sealed message. `hash` is msg_hash, `chain` is h_seq."""

    __tablename__ = "conversation_message"
    __table_args__ = (UniqueConstraint("conversation_id", "msg_id"),)
    seq: int = Field(primary_key=True)
    msg_id: str = Field(max_length=22)
    device_id: str = Field(max_length=22)
    n: int
    epoch_commit: bytes = Field(max_length=32)
    kind: str = Field(max_length=8)
    seen_seq: int
    seen_hash: bytes = Field(max_length=32)
    ct: bytes
    sig: bytes = Field(max_length=64)
    hash: bytes = Field(max_length=32)
    chain: bytes = Field(max_length=32)


class ConversationReader(SQLModel, table=True):
    """Who has read a conversation in which sign-in: the first time of each is a line of the audit trail."""

    __tablename__ = "conversation_reader"
    conversation_id: str = Field(primary_key=True, max_length=22, foreign_key="conversation.id")
    agent: str = Field(primary_key=True, max_length=64)
    at: datetime = at_field()
