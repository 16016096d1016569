"""Wire shapes of sign-in and of the practice."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

StaffRole = Literal["provider", "scheduler", "admin"]
Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class Shape(BaseModel):
    """Base of every payload we accept: unknown members are refused, so that a typing mistake is not lost."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SignIn(Shape):
    email: str = Field(min_length=3, max_length=254)
    password: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1000)]
    role: StaffRole


class Enter(Shape):
    role: StaffRole
    token: str = Field(min_length=20, max_length=200)


class PracticeOut(BaseModel):
    id: str
    name: str
    phone: str
    zone: str
    locale: str
    emergency_number: str


class MediaIn(Shape):
    """How calls of the practice may go."""

    relay_only: bool


class AccountOut(BaseModel):
    id: str
    name: str
    initials: str


class Me(BaseModel):
    role: str
    account: AccountOut | None
    practice: PracticeOut
    person_id: str | None = None
