"""FHIR AuditEvent, chained: `hash` covers the line and the hash before it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from server.store.types import UtcDateTime


class AuditEvent(SQLModel, table=True):
    """Ids and codes only. `action` is C, R, U, D or E; `outcome` 0 success, 4 refused, 8 failed."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_entity", "tenant", "entity_id"),)
    tenant: str = Field(primary_key=True, max_length=22)
    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    action: str = Field(max_length=1)
    subtype: str = Field(max_length=64)
    agent_role: str = Field(max_length=16)
    agent_id: str = Field(max_length=64)
    entity_type: str = Field(max_length=24)
    entity_id: str = Field(max_length=64)
    person_id: str = Field(max_length=22)
    outcome: str = Field(max_length=2)
    request_id: str = Field(max_length=22)
    prev: bytes = Field(max_length=32)
    hash: bytes = Field(max_length=32)
