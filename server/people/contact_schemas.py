"""Wire shapes of how a person is reached."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from server.access.schemas import Shape

Purpose = Literal["visits", "messages", "offers"]
Clock = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


class ContactIn(Shape):
    """How careful to be there. `use`: for messages about visits, or for emergencies alone. `preferred`: tried before
    the others. `may`: for what it may be written to. `safe_from`, `safe_to`: nothing comes at other times."""

    use: Literal["visits", "emergency"] = "visits"
    preferred: bool = False
    others_may_read: bool = False
    safe_from: Clock | None = None
    safe_to: Clock | None = None
    may: list[Purpose] = Field(default=["visits", "messages", "offers"], max_length=3)


class NewContactIn(ContactIn):
    system: Literal["phone", "email"]
    value: str = Field(min_length=1, max_length=254)


class ContactChangeIn(ContactIn):
    """`works`: staff looked at it; what was said of it before (no such number, "not me") is forgotten."""

    works: bool = False


class ContactOut(BaseModel):
    """`shown`: enough to recognise it. `shared`: how many others are reached there. `state`: stopped by its owner, or
    known not to work."""

    id: str
    system: str
    shown: str
    use: str
    preferred: bool
    others_may_read: bool
    safe_from: str | None
    safe_to: str | None
    may: list[str]
    state: Literal["ok", "stopped", "broken"]
    shared: int
    delivered_at: datetime | None
    undelivered_at: datetime | None


class ContactsOut(BaseModel):
    contacts: list[ContactOut]
