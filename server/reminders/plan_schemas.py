"""Wire shapes of the plan of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from server.access.schemas import Shape

RuleKind = Literal["confirmation", "reminder", "unconfirmed", "link", "rescue", "noshow"]
Channel = Literal["sms", "voice", "email", "call"]


class RuleIn(Shape):
    """One message. `channels`: the first one that reaches the person is used. `days` before on the visit's own clock,
    or `minutes` before that really pass (after the start: negative); a confirmation has neither."""

    kind: RuleKind
    channels: list[Channel] = Field(min_length=1, max_length=4)
    days: int = 0
    minutes: int = 0
    on: bool = True


class PlanIn(Shape):
    """The whole plan anew. `changed_at`: of the plan that was looked at; null when there was none of its own."""

    rules: list[RuleIn] = Field(min_length=1, max_length=20)
    changed_at: datetime | None = None


class RuleOut(BaseModel):
    kind: str
    channels: list[str]
    days: int
    minutes: int
    on: bool


class PlanOut(BaseModel):
    """`owner_id`: a kind of visit, or empty for the practice. `source`: whose plan it is that holds there. `replanned`:
    visits whose messages were planned anew by this change."""

    owner_id: str
    source: Literal["visit-type", "practice", "default"]
    rules: list[RuleOut]
    changed_at: datetime | None
    replanned: int = 0


class PlansOut(BaseModel):
    """The practice's plan and those of the kinds of visit that have one of their own."""

    practice: PlanOut
    visit_types: dict[str, PlanOut]
