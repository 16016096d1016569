"""Wire shapes of scheduling."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from server.access.schemas import Id, Shape


class BookIn(Shape):
    """`start` is wall time in `zone` (by default the practice's), or an instant when it carries an offset."""

    person_id: Id
    provider_id: Id
    visit_type_id: Id
    start: datetime
    zone: str | None = Field(default=None, max_length=64)
    reason: str | None = Field(default=None, max_length=200)


class Named(BaseModel):
    id: str
    name: str


class ProvidersOut(BaseModel):
    providers: list[Named]


class VisitTypeOut(BaseModel):
    id: str
    name: str
    minutes: int
    modality: str


class VisitTypesOut(BaseModel):
    visit_types: list[VisitTypeOut]


class MessagePreview(BaseModel):
    """A message as it will leave: `body` is its exact text, `due` when, `segments` the parts an SMS is billed as."""

    channel: str
    step: str
    due: datetime
    body: str
    segments: int


class PreviewOut(BaseModel):
    messages: list[MessagePreview]


class BookedOut(BaseModel):
    row: dict[str, Any]
    messages: list[MessagePreview]
