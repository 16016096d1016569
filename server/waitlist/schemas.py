"""Wire shapes of the waitlist."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from server.access.schemas import Id, Shape
from server.appointments.hours_schemas import Clock
from server.tasks.kinds import Priority


class WaitlistIn(Shape):
    """For a booked visit: the earlier times that would suit. `any_provider` widens it from the visit's own."""

    appointment_id: Id
    any_provider: bool = False
    priority: Priority = Priority.routine
    standby: bool = False
    zone: str | None = Field(default=None, max_length=64)
    first_day: date | None = None
    last_day: date | None = None
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=list, max_length=7)
    begins: Clock = "00:00"
    ends: Clock = "24:00"


class EntryOut(BaseModel):
    """`start` and `version` are the visit's as it stands."""

    id: str
    appointment_id: str
    person: dict[str, str]
    start: str
    version: int
    provider_id: str | None
    priority: str
    standby: bool
    zone: str
    first_day: date | None
    last_day: date | None
    weekdays: list[int]
    begins: str
    ends: str
    since: str
    offer: dict[str, str] | None


class OpeningOut(BaseModel):
    """`offered`: how many were offered it so far; `taken_by` the visit that moved there."""

    id: str
    provider_id: str
    start: str
    end: str
    state: Literal["open", "taken", "closed"]
    offered: int
    taken_by: str | None


class WaitlistOut(BaseModel):
    entries: list[EntryOut]
    openings: list[OpeningOut]


class OfferOut(BaseModel):
    id: str
    state: str
    start: str
    end: str
    expires_at: str


class OffersOut(BaseModel):
    offers: list[OfferOut]
