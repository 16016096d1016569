"""Wire shapes of people."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from server.access.schemas import Shape

NeedKind = Literal["interpreter", "deaf", "signing", "low-sight", "minor", "shared-device"]


_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # a name is an identifier


def _printable(text: str) -> str:
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} or char in _TURNERS for char in text):
        raise ValueError("holds a character that cannot be printed, or that turns the text round")
    return unicodedata.normalize("NFC", text)


OneLine = Annotated[str, AfterValidator(_printable)]
Name = Annotated[OneLine, Field(min_length=1, max_length=120)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]


class NeedIn(Shape):
    kind: NeedKind
    detail: str | None = Field(default=None, max_length=80)


class PersonIn(Shape):
    """One of `given` and `family` may be empty: many people have a single name."""

    given: OneLine = Field(default="", max_length=120)
    family: Name
    birth_date: date
    number: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, max_length=40)
    phone_private: bool = True
    email: str | None = Field(default=None, max_length=254)
    language: Language = "en"
    zone: str | None = Field(default=None, max_length=64)
    needs: list[NeedIn] = Field(default_factory=list, max_length=6)


class Profile(BaseModel):
    """What is sealed in `person.profile`."""

    given: str
    family: str
    birth_date: date
    number: str | None = None
    language: str = "en"
    zone: str | None = None

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip()


class NeedOut(BaseModel):
    kind: str
    detail: str | None


class PersonOut(BaseModel):
    id: str
    name: str
    birth_date: date
    number: str | None
    phone_masked: str | None
    language: str
    needs: list[NeedOut]


class PeopleOut(BaseModel):
    people: list[PersonOut]
