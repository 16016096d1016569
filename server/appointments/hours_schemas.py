"""Wire shapes of hours, exceptions and slots."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from server.access.schemas import Id, Shape
from server.people.schemas import Language

Clock = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
"""Wall-clock time, 00:00 to 24:00, in fives of minutes."""


class StretchIn(Shape):
    """One stretch of a weekday (ISO 8601: 1 is Monday). A night shift is two: until 24:00, and from 00:00."""

    weekday: int = Field(ge=1, le=7)
    begins: Clock
    ends: Clock
    valid_from: date | None = None
    valid_until: date | None = None


class HoursIn(Shape):
    """The whole week anew. `step`: minutes between two possible starts; `notice`: how soon the first one may be."""

    zone: str = Field(max_length=64)
    step: Literal[5, 10, 15, 20, 30, 60] = 15
    notice: int = Field(default=15, ge=0, le=60 * 24 * 60)
    hours: list[StretchIn] = Field(max_length=100)


class ExceptionIn(Shape):
    """A day that differs: `closed` (the whole day when no times are given), or `extra` hours."""

    day: date
    kind: Literal["closed", "extra"]
    begins: Clock | None = None
    ends: Clock | None = None


class StretchOut(BaseModel):
    weekday: int
    begins: str
    ends: str
    valid_from: date | None
    valid_until: date | None


class ExceptionOut(BaseModel):
    id: str
    day: date
    kind: str
    begins: str
    ends: str
    practice: bool


class HoursOut(BaseModel):
    """`own` is false while the practice's hours stand in. Exceptions are those since yesterday, the practice's too."""

    owner_id: str
    own: bool
    zone: str
    step: int
    notice: int
    hours: list[StretchOut]
    exceptions: list[ExceptionOut]


class SlotsIn(Shape):
    """What is looked for. `from` is an instant, or wall time in the practice's zone; by default now."""

    visit_type_id: Id
    person_id: Id | None = None
    provider_id: Id | None = None
    from_: datetime | None = Field(default=None, alias="from")
    language: Language | None = None


class Shown(BaseModel):
    """One instant as somebody reads it. `ambiguous`: their clock shows this time twice, so show `offset` with it."""

    zone: str
    offset: str
    ambiguous: bool
    wall: str
    date: str
    time: str
    place: str


class SlotOut(BaseModel):
    """A free time. `start` books it as it is. `why` is `soonest`, `same-provider`, `usual-time`, `another-day` or
    `next`."""

    provider_id: str
    provider_name: str
    start: str
    end: str
    why: str
    for_provider: Shown
    for_person: Shown | None


class PersonZone(BaseModel):
    """`known` is false when nobody recorded it: then it is the practice's, and worth asking."""

    zone: str
    known: bool
    language: str


class SlotsOut(BaseModel):
    """`none`: why there are no slots: `no-hours` (nobody's hours are entered) or `none-free` (within 12 weeks)."""

    slots: list[SlotOut]
    none: Literal["no-hours", "none-free"] | None
    practice_zone: str
    person: PersonZone | None


class HoldOut(BaseModel):
    """`seconds` is what is left of it, by the server's clock."""

    id: str
    provider_id: str
    visit_type_id: str
    start: str
    end: str
    expires_at: str
    seconds: int
