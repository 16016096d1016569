"""Wire shapes of push."""

from __future__ import annotations

from pydantic import BaseModel, Field

from server.access.schemas import Shape
from server.people.schemas import Language


class PushKeys(Shape):
    """RFC 8291: the browser's key and secret, base64url."""

    p256dh: str = Field(max_length=100)
    auth: str = Field(max_length=30)


class SubscribeIn(Shape):
    """What `PushSubscription.toJSON()` gives, and the language of the page."""

    endpoint: str = Field(max_length=1000)
    keys: PushKeys
    locale: Language = "en"


class EndpointIn(Shape):
    endpoint: str = Field(max_length=1000)


class PushStateOut(BaseModel):
    """`on`: this browser is told for who is signed in."""

    on: bool


class PushKeyOut(BaseModel):
    """The `applicationServerKey` to subscribe with, base64url of an uncompressed P-256 point."""

    key: str


class PhonesIn(Shape):
    """`sms_number`: the practice's own number, where several share an installation; null for the installation's."""

    sms_number: str | None = Field(default=None, max_length=24)
    on_call: list[str] = Field(default_factory=list, max_length=5)


class PhonesOut(BaseModel):
    sms_number: str | None
    on_call: list[str]
