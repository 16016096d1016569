"""Wire shapes of scheduling."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field

from server.access.schemas import Id, Shape, StaffRole
from server.people.schemas import OneLine


class HoldIn(Shape):
    """`start` is wall time in `zone` (by default the practice's), or an instant when it carries an offset."""

    provider_id: Id
    visit_type_id: Id
    start: datetime
    zone: str | None = Field(default=None, max_length=64)


class BookIn(HoldIn):
    """`hold_id` is a hold of this very time; `interpreter` the language somebody must interpret at the visit; `note` is
    for the desk, the patient never sees it. With `pool_id` the time is that of `provider_id`, who serves the pool,
    and whoever of it is free sees the person.
    """

    person_id: Id
    reason: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=1000)
    interpreter: Annotated[OneLine, Field(min_length=2, max_length=80)] | None = None
    hold_id: Id | None = None
    pool_id: Id | None = None


class MoveIn(Shape):
    """`version` is the row's as it was seen. `start` as in HoldIn; zone and provider are by default the visit's own."""

    version: int = Field(ge=1)
    start: datetime
    zone: str | None = Field(default=None, max_length=64)
    provider_id: Id | None = None
    hold_id: Id | None = None


class CancelIn(Shape):
    """`reason` in FHIR's words: `pat` the patient cannot come, `prov` the practice cannot, `other`. With `tell: false`
    no message goes out: somebody has told the patient already."""

    version: int = Field(ge=1)
    reason: Literal["pat", "prov", "other"] = "other"
    tell: bool = True


class NoteIn(Shape):
    """A note for the desk; an empty one is taken away."""

    version: int = Field(ge=1)
    note: str | None = Field(max_length=1000)


class Named(BaseModel):
    id: str
    name: str


class ProvidersOut(BaseModel):
    providers: list[Named]


class VisitTypeIn(Shape):
    """A kind of visit. `before` and `after` are buffer minutes of the provider; what is not `active` is not offered."""

    name: Annotated[OneLine, Field(min_length=1, max_length=80)]
    minutes: int = Field(ge=5, le=480)
    modality: Literal["video", "phone", "in-person"] = "video"
    before: int = Field(default=0, ge=0, le=120)
    after: int = Field(default=0, ge=0, le=120)
    booked_by: list[StaffRole] = Field(default_factory=lambda: list(get_args(StaffRole)), max_length=3)
    active: bool = True


class VisitTypeOut(BaseModel):
    """`before` and `after` are buffer minutes of the provider; `booked_by` the roles that may book it."""

    id: str
    name: str
    minutes: int
    modality: str
    before: int
    after: int
    booked_by: list[str]


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


class RowOut(BaseModel):
    row: dict[str, Any]


class BookedOut(BaseModel):
    row: dict[str, Any]
    messages: list[MessagePreview]
