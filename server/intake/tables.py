"""Facts of one visit, questionnaires (FHIR Questionnaire) and the answers to them (FHIR QuestionnaireResponse)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Column, Field

from server.store.types import Row, at_field


class Intake(Row, table=True):
    """`facts` is one sealed JSON (`schemas.Facts`): reason, place, region, call-back number at this visit."""

    __tablename__ = "intake"
    __table_args__ = (UniqueConstraint("appointment_id"),)
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id")
    person_id: str = Field(max_length=22, foreign_key="person.id", index=True)
    facts: bytes
    by_staff: bool = False  # who said it last
    at: datetime = at_field()
    outside: str | None = Field(default=None, max_length=8)  # go-on | stop: the provider's decision about the region
    decided_by: str | None = Field(default=None, max_length=22)


class Questionnaire(Row, table=True):
    """The resource is not personal. `visit_types` are the kinds of visit that it is asked before."""

    __tablename__ = "questionnaire"
    title: str = Field(max_length=120)
    resource: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    visit_types: list[str] = Field(sa_column=Column(JSON, nullable=False))
    active: bool = True
    created_at: datetime = at_field()


class QuestionnaireResponse(Row, table=True):
    """One questionnaire asked of one visit; without answers it is only asked. Both cells are sealed."""

    __tablename__ = "questionnaire_response"
    __table_args__ = (UniqueConstraint("appointment_id", "questionnaire_id"),)
    appointment_id: str = Field(max_length=22, foreign_key="appointment.id", index=True)
    person_id: str = Field(max_length=22, foreign_key="person.id")
    questionnaire_id: str = Field(max_length=22, foreign_key="questionnaire.id")
    status: str = Field(default="in-progress", max_length=12)  # in-progress | completed
    answers: bytes | None = None
    result: bytes | None = None
    by_staff: bool = False
    at: datetime = at_field()
