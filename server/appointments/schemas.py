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


IN_ONE_CALL = 12
"""People who see each other in one call: the provider, the co-providers and the patients."""

CoProviderIds = Annotated[list[Id], Field(max_length=4)]
"""Providers who see the patient too; their time is taken as well."""


class BookIn(HoldIn):
    """`hold_id` is a hold of this very time; `interpreter` the language somebody must interpret at the visit; `note` is
    for the desk, the patient never sees it. With `pool_id` the time is that of `provider_id`, who serves the pool,
    and whoever of it is free sees the person. `even_so`: the person may be in another visit at that time.
    """

    person_id: Id
    reason: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=1000)
    interpreter: Annotated[OneLine, Field(min_length=2, max_length=80)] | None = None
    hold_id: Id | None = None
    pool_id: Id | None = None
    co_provider_ids: CoProviderIds = Field(default_factory=list)
    even_so: bool = False


class MemberIn(Shape):
    """One person of a group. `even_so` as in BookIn."""

    person_id: Id
    reason: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=1000)
    interpreter: Annotated[OneLine, Field(min_length=2, max_length=80)] | None = None
    even_so: bool = False


class GroupIn(HoldIn):
    """One time for several people: a family, a class."""

    people: list[MemberIn] = Field(min_length=2, max_length=IN_ONE_CALL - 1)
    co_provider_ids: CoProviderIds = Field(default_factory=list)
    hold_id: Id | None = None


Scope = Literal["this", "group", "following", "all"]
"""What a change reaches: this visit, everybody at its time, it and the later ones of its series, all that are ahead."""


class OtherwiseIn(Shape):
    """For one visit of a series that moves: a `start` of its own, or null to leave it where it is."""

    appointment_id: Id
    start: datetime | None


class MoveIn(Shape):
    """`version` is the row's as it was seen. `start` as in HoldIn; zone and provider are by default the visit's own."""

    version: int = Field(ge=1)
    start: datetime
    zone: str | None = Field(default=None, max_length=64)
    provider_id: Id | None = None
    hold_id: Id | None = None
    even_so: bool = False
    scope: Scope = "this"
    choices: list[OtherwiseIn] = Field(default_factory=list, max_length=52)


class CancelIn(Shape):
    """`reason` in FHIR's words: `pat` the patient cannot come, `prov` the practice cannot, `other`. With `tell: false`
    no message goes out: somebody has told the patient already."""

    version: int = Field(ge=1)
    reason: Literal["pat", "prov", "other"] = "other"
    tell: bool = True
    scope: Scope = "this"


class NoteIn(Shape):
    """A note for the desk; an empty one is taken away."""

    version: int = Field(ge=1)
    note: str | None = Field(max_length=1000)


class InterpreterIn(Shape):
    """`version` is the row's as it was seen; `status` FHIR's: `accepted` when somebody has agreed to come."""

    version: int = Field(ge=1)
    language: Annotated[OneLine, Field(min_length=2, max_length=80)] | None
    status: Literal["needs-action", "accepted"] = "needs-action"


class Named(BaseModel):
    id: str
    name: str


class ProvidersOut(BaseModel):
    providers: list[Named]


class VisitTypeIn(Shape):
    """A kind of visit. `before` and `after` are buffer minutes of the provider; what is not `active` is not offered.
    `offered_by` are the providers it is booked with; none: all of them."""

    name: Annotated[OneLine, Field(min_length=1, max_length=80)]
    minutes: int = Field(ge=5, le=480)
    modality: Literal["video", "phone", "in-person"] = "video"
    before: int = Field(default=0, ge=0, le=120)
    after: int = Field(default=0, ge=0, le=120)
    booked_by: list[StaffRole] = Field(default_factory=lambda: list(get_args(StaffRole)), max_length=3)
    offered_by: list[Id] = Field(default_factory=list, max_length=500)
    active: bool = True


class VisitTypeOut(BaseModel):
    """`before` and `after` are buffer minutes of the provider; `booked_by` the roles that may book it; `offered_by` the
    providers it is booked with, empty when it is all of them."""

    id: str
    name: str
    minutes: int
    modality: str
    before: int
    after: int
    booked_by: list[str]
    offered_by: list[str]


class VisitTypesOut(BaseModel):
    visit_types: list[VisitTypeOut]


class MessagePreview(BaseModel):
    """A message as it will leave: `body` is its exact text, `due` when, `segments` the parts an SMS is billed as."""

    channel: str
    step: str
    due: datetime
    body: str
    segments: int


class PreviewIn(BookIn):
    """`others` are the people who would share the time: a family, a class."""

    others: list[Id] = Field(default_factory=list, max_length=IN_ONE_CALL - 2)


class OutsideOut(BaseModel):
    """`region` (ISO 3166) is where the person last said to be; the provider is not licensed there."""

    person_id: str
    provider_id: str
    region: str


class PreviewOut(BaseModel):
    """`outside`: the same of the person and the provider it is booked for; `others_outside` of the others."""

    messages: list[MessagePreview]
    outside: str | None = None
    others_outside: list[OutsideOut] = Field(default_factory=list)


class RowOut(BaseModel):
    row: dict[str, Any]


class BookedOut(BaseModel):
    """`also` holds the rows of the other visits that changed with it (a group, a series)."""

    row: dict[str, Any]
    messages: list[MessagePreview]
    also: list[dict[str, Any]] = Field(default_factory=list)
