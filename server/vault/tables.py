"""The table of data keys. Wrapped only: without the key store it opens nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


class Dek(SQLModel, table=True):
    """One data key for a person (`subject` = person id) or for what belongs to nobody in a tenant (`subject` = "")."""

    __tablename__ = "dek"
    __table_args__ = (UniqueConstraint("tenant", "subject", name="uq_dek_tenant_subject"),)

    id: str = Field(primary_key=True, max_length=11)
    tenant: str
    subject: str
    kek_id: str = Field(index=True)
    wrapped: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    shredded_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
