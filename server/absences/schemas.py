"""Wire shapes of absences."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from server.access.schemas import Id, Shape
from server.appointments.hours_schemas import Clock
from server.appointments.schemas import Named

Way = Literal["colleague", "without", "move", "choose", "call", "leave"]
"""`colleague`: at the same time with somebody else; `without`: who is away is taken off a visit that its own provider
holds; `move`: another time; `choose`: the patient is offered three times by text; `call`: the staff ring; `leave`:
nothing is done."""


class AbsenceIn(Shape):
    """Who is away, and when: `day` is by default today; `begins` and `ends` on the clock of their hours."""

    provider_id: Id
    day: date | None = None
    begins: Clock = "00:00"
    ends: Clock = "24:00"


class WayIn(Shape):
    """`version` is the absence's as it was seen; `way` the proposed one, or one of `ways`."""

    version: int = Field(ge=1)
    way: Way


class SeenIn(Shape):
    """`version` is the absence's as it was seen."""

    version: int = Field(ge=1)


class Person(BaseModel):
    id: str
    name: str
    birth_date: date


class Target(BaseModel):
    provider: Named
    start: str


class ItemOut(BaseModel):
    """`why`: `free` a colleague is free then, `beside` a colleague is in the visit already, `pool` one of its pool,
    `co-provider` who is away was only to be there too,
    `same-day`, `later-day`, `no-time` nothing free within a week, `together` several people at one time, `waits` who
    waits is spoken to. `reach` is the channel by which the person would be told; null: nothing reaches them."""

    id: str
    appointment_id: str
    person: Person
    start: str
    visit_type: str
    waiting: bool
    reach: str | None
    way: Way
    ways: list[Way]
    why: str
    to: Target | None
    outcome: str | None


class AbsenceOut(BaseModel):
    id: str
    status: str
    version: int
    provider: Named
    day: date
    begins: str
    ends: str
    zone: str
    runs_at: str | None
    now: str
    items: list[ItemOut]


class AbsencesOut(BaseModel):
    absences: list[AbsenceOut]
