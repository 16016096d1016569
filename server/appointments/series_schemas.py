"""Wire shapes of groups and series."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from server.access.schemas import Shape
from server.appointments.recurrence import RepeatIn
from server.appointments.schemas import IN_ONE_CALL, CoProviderIds, HoldIn, MemberIn


class ChoiceIn(Shape):
    """For one occurrence, named by its wall time: another `start` (as in a booking), or null to leave it out."""

    wall: datetime
    start: datetime | None


class SeriesIn(HoldIn):
    """`zone` is by default the provider's. Several `people` make a group of each occurrence."""

    people: list[MemberIn] = Field(min_length=1, max_length=IN_ONE_CALL - 1)
    co_provider_ids: CoProviderIds = Field(default_factory=list)
    repeat: RepeatIn
    choices: list[ChoiceIn] = Field(default_factory=list, max_length=52)


class OccurrenceOut(BaseModel):
    """`either` holds the instants at which the clocks show `wall`: none, one or two."""

    number: int
    wall: str
    state: Literal["free", "taken", "nonexistent", "ambiguous", "left-out"]
    start: str | None
    end: str | None
    either: list[str]
    in_hours: bool


class OccurrencesOut(BaseModel):
    occurrences: list[OccurrenceOut]


class GroupOut(BaseModel):
    group_id: str
    rows: list[dict[str, Any]]


class SeriesOut(BaseModel):
    series_id: str
    rows: list[dict[str, Any]]
