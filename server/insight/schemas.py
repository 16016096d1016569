"""Wire shapes of the figures. Shares are 0 to 1, waits are minutes, null is "too few to tell"."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from server.access.schemas import Shape


class DaysIn(Shape):
    days: int = Field(default=30, ge=1, le=90)


class Hour(BaseModel):
    hour: int
    count: int
    median: float | None
    p80: float | None


class Waits(BaseModel):
    """`hour` of arrival on the practice's clock; `left` went away, `expired` waited in vain or fell silent."""

    count: int
    median: float | None
    p80: float | None
    by_hour: list[Hour]
    left: int
    expired: int


class Promise(BaseModel):
    """Of the forecasts that said "so many begin before this", how many did."""

    promised: float
    came: float


class Forecasts(BaseModel):
    """As `GET /v1/waiting/forecast-figures`; `promises` for p10, p50, p80 and p90 as they were shown."""

    outcomes: int
    band_coverage: float | None
    mean_error_minutes: float | None
    later_than_p80: float | None
    stretch: float
    promises: list[Promise]


class Count(BaseModel):
    name: str
    count: int


class Month(BaseModel):
    month: str
    due: int
    missed: int
    share: float | None


class Visits(BaseModel):
    due: int
    missed: int
    share: float | None
    outcomes: list[Count]
    by_month: list[Month]


class Survey(BaseModel):
    """How often 1 (no), 2 (so-so) and 3 (yes); an answer of fewer than five people is left out."""

    answers: int
    ease: dict[str, int]
    helped: dict[str, int]


class Figures(BaseModel):
    days: int
    since: datetime
    until: datetime
    zone: str
    waits: Waits
    forecast: Forecasts
    visits: Visits
    survey: Survey
