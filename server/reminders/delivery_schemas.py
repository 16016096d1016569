"""Wire shapes of what became of messages: the ledger's page, who was not reached, figures and prices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from server.access.schemas import Id, Shape
from server.reminders.ledger import LedgerLine
from server.reminders.plan_schemas import Channel

State = Literal["scheduled", "sending", "sent", "delivered", "retrying", "failed", "cancelled"]
Step = Annotated[str, Field(max_length=24, pattern=r"^[a-z-]*$")]
Money = Annotated[str, Field(pattern=r"^\d{1,6}(\.\d{1,6})?$", max_length=13)]


class DeliveryQuery(Shape):
    """`since` and `until` bound when a message was due; `after` is the last line of the page before."""

    state: State | None = None
    channel: Channel | None = None
    step: Step | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: Id | None = None


class ReachedPerson(BaseModel):
    id: str
    name: str
    birth_date: date
    language: str


class VisitOfLine(BaseModel):
    id: str
    start: datetime
    zone: str
    status: str
    provider: str


class DeliveryLine(BaseModel):
    """One message with whom it was for. `to`: enough of the number or mailbox to recognise it."""

    line: LedgerLine
    person: ReachedPerson
    visit: VisitOfLine | None


class DeliveriesOut(BaseModel):
    """The newest first. `more`: pass the last line's id as `after`."""

    now: datetime
    lines: list[DeliveryLine]
    more: bool


class UnreachedOut(BaseModel):
    """A visit of which the newest message reached nobody. `ways`: by what it could be sent again now. `reached_at`:
    when an earlier message about it arrived."""

    visit: VisitOfLine
    person: ReachedPerson
    lines: list[LedgerLine]
    ways: list[str]
    reached_at: datetime | None


class UnreachedListOut(BaseModel):
    now: datetime
    visits: list[UnreachedOut]


class ReplayIn(Shape):
    ids: list[Id] = Field(min_length=1, max_length=100)


class NotReplayed(BaseModel):
    """`why` is a code: too-late, moved, not-wanted-any-more, answered, by-another-way, no-way, quiet-hours,
    not-failed."""

    id: str
    why: str


class ReplayOut(BaseModel):
    replayed: list[str]
    refused: list[NotReplayed]


class ResendIn(Shape):
    channel: Literal["sms", "voice", "email"]


class FiguresQuery(Shape):
    days: int = Field(default=30, ge=1, le=366)


class Cost(BaseModel):
    """`amount` is exact, in units of `currency` (ISO 4217)."""

    currency: str
    amount: str


class ChannelFigures(BaseModel):
    """Messages due in the time. `delivered` is null where no provider says whether a message arrived. `parts`: what is
    paid for (segments of texts, mails, calls); `unpriced`: those of a time for which no price was entered."""

    channel: str
    planned: int
    sent: int
    delivered: int | None
    answered: int
    failed: int
    parts: int
    unpriced: int
    costs: list[Cost]


class VisitFigures(BaseModel):
    """Visits that began in the time and were not called off. `arrived`: a message is known to have arrived; `unsure`:
    one went by a channel without receipts; `by_staff`: told by a person."""

    planned: int
    sent: int
    arrived: int
    unsure: int
    by_staff: int
    answered: int
    joined: int


class FiguresOut(BaseModel):
    since: datetime
    until: datetime
    channels: list[ChannelFigures]
    visits: VisitFigures


class Price(Shape):
    """What one segment of a text, one mail or one call costs, as a decimal of units of an ISO 4217 currency."""

    amount: Money
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class PricesIn(Shape):
    """Null: nobody knows. They hold from now on; what was sent before keeps the price of its time."""

    sms: Price | None = None
    email: Price | None = None
    voice: Price | None = None


class PricesOut(BaseModel):
    sms: Price | None
    email: Price | None
    voice: Price | None
