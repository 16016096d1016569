"""When a provider may be booked: weekly hours in wall time, and the days that differ."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.store.types import Row


class Schedule(Row, table=True):
    """FHIR Schedule of one owner: an account, or the practice itself (`owner_id` is then the practice's id).

    The practice's hours hold for every provider who has no schedule of their own. A provider whose schedule has no
    hours is never proposed.
    """

    __tablename__ = "schedule"
    __table_args__ = (UniqueConstraint("tenant", "owner_id"),)
    owner_id: str = Field(max_length=22)
    zone: str = Field(max_length=64)  # IANA; the hours below are its wall time
    step: int = 15  # minutes between two possible starts; divides 60
    notice: int = 15  # minutes: nobody is proposed a start sooner than this


class AvailableTime(Row, table=True):
    """FHIR HealthcareService.availableTime: one stretch of a weekday, in minutes from midnight by the wall clock."""

    __tablename__ = "available_time"
    schedule_id: str = Field(max_length=22, foreign_key="schedule.id", index=True)
    weekday: int  # ISO 8601: 1 is Monday
    begins: int  # 0 to 1435
    ends: int  # 5 to 1440; a night shift is two stretches
    valid_from: date | None = None  # first and last day on which it holds; open when empty
    valid_until: date | None = None


class HoursException(Row, table=True):
    """A day on which an owner is away (all of it or a stretch), or there outside the weekly hours.

    The practice's own exceptions hold for every provider, read in that provider's zone. Closed beats extra.
    """

    __tablename__ = "hours_exception"
    owner_id: str = Field(max_length=22, index=True)
    day: date = Field(index=True)
    kind: str = Field(max_length=8)  # closed | extra
    begins: int = 0
    ends: int = 1440
