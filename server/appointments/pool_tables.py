"""Pools: several providers who serve one line of patients."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from server.store.types import Row, tenant_field


class Pool(Row, table=True):
    """FHIR HealthcareService seen from the line: whoever is free takes the next."""

    __tablename__ = "pool"
    name: str = Field(max_length=80)
    active: bool = True


class PoolMember(SQLModel, table=True):
    __tablename__ = "pool_member"
    pool_id: str = Field(primary_key=True, max_length=22, foreign_key="pool.id")
    account_id: str = Field(primary_key=True, max_length=22, foreign_key="account.id", index=True)
    tenant: str = tenant_field()
