"""Wire shapes of the door and the waiting room."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from server.access.schemas import Id, PracticeOut, Shape

Device = Literal["ok", "site-denied", "os-denied", "absent", "in-use", "insecure", "policy", "unchecked"]
Media = Literal["video", "voice", "listen", "phone"]


class OpenIn(Shape):
    """`camera` and `microphone`: what the device check before the visit has found."""

    secret: str = Field(min_length=16, max_length=128)
    camera: Device | None = None
    microphone: Device | None = None


class ConsentIn(Shape):
    version: str = Field(min_length=1, max_length=24)


class ReadinessIn(Shape):
    media: Media
    camera: Device = "unchecked"
    microphone: Device = "unchecked"


class CheckInIn(Shape):
    """Without `readiness` somebody who is in line already keeps what is known."""

    readiness: ReadinessIn | None = None


class ReadyIn(ReadinessIn):
    secret: str = Field(min_length=16, max_length=128)
    consent: ConsentIn
    locale: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=12)


class Nothing(Shape):
    pass


class VersionIn(Shape):
    version: int = Field(ge=1)


class TransferIn(VersionIn):
    """Exactly one of `provider_id` and `pool_id`; `note` is for who takes over, sealed."""

    provider_id: Id | None = None
    pool_id: Id | None = None
    note: str | None = Field(default=None, max_length=1000)


class TriageIn(VersionIn):
    """`acuity` as the five-level triage scales count: 1 resuscitation, 5 non-urgent. Without triage it counts as 3."""

    acuity: int = Field(ge=1, le=5)
    reason: str = Field(min_length=1, max_length=300)


class ElsewhereIn(Shape):
    """How far away somebody waits; null ends it."""

    minutes: int | None = Field(ge=1, le=180)


class CannotWaitIn(Shape):
    wish: Literal["rebook", "phone"]


class WalkInIn(Shape):
    """A provider, or a pool (then `provider_id` is a wish)."""

    person_id: Id
    visit_type_id: Id
    provider_id: Id | None = None
    pool_id: Id | None = None
    reason: str | None = Field(default=None, max_length=200)


class ForThemIn(Shape):
    """`consent`: the version that was read out, by default the present one; `locale`: the language it was read in."""

    media: Literal["phone", "voice", "video"] = "phone"
    consent: ConsentIn | None = None
    locale: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=12)


class AdmitIn(VersionIn):
    """The provider says which two identifiers were compared."""

    identifiers: list[Literal["name", "birth_date", "number", "address"]] = Field(min_length=2, max_length=4)


class LineIn(Shape):
    """Filters hold at the same time; `sort` by acuity (as the line goes), booked time or wait, the longest first."""

    provider_id: Id | None = None
    pool_id: Id | None = None
    acuity: int | None = Field(default=None, ge=1, le=5)  # so urgent or more
    triaged: bool | None = None
    min_wait: int | None = Field(default=None, ge=0, le=1440)  # minutes
    sort: Literal["acuity", "booked", "wait"] = "acuity"


class SinceIn(Shape):
    days: int = Field(default=30, ge=1, le=90)


class FiguresOut(BaseModel):
    """`band_coverage`: the share of starts between p10 and p90 as shown; 0.75 to 0.85 is right."""

    outcomes: int
    band_coverage: float | None
    mean_error_minutes: float | None
    later_than_p80: float | None
    stretch: float


class ConfirmDeviceIn(Shape):
    """`video`: the provider sees the person and has compared two identifiers. `desk`: staff asked and let it in."""

    level: Literal["video", "desk"]
    identifiers: list[Literal["name", "birth_date", "number", "address"]] = Field(default_factory=list, max_length=4)


class ApptOut(BaseModel):
    id: str
    status: str
    start: datetime
    end: datetime
    zone: str
    with_: str = Field(serialization_alias="with")
    modality: str
    revision: int
    displaced: bool


class ConsentText(BaseModel):
    version: str
    lines: list[str]
    full: str


class OfferedOut(BaseModel):
    """An earlier time that the visit is offered, until when; it is taken once somebody is in."""

    start: datetime
    zone: str
    expires_at: datetime


class LinkView(BaseModel):
    practice: PracticeOut
    appointment: ApptOut
    stage: str
    opens_at: datetime
    locale: str
    consent: ConsentText
    offers: list[OfferedOut]
