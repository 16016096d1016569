"""Wire shapes around the signed records. The records themselves are read by `crp`, field by field."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, RootModel

from server.access.schemas import Shape

DeviceState = Literal["pending", "certified", "ended"]


class SignedRecord(RootModel[dict[str, Any]]):
    """A certificate, entry, epoch, message or revocation as in docs/crp-1.md. Unknown members are ignored."""


class ClaimIn(Shape):
    cert: dict[str, Any]
    claim: dict[str, Any]


class PracticeKeysOut(BaseModel):
    practice_id: str
    root_pub: str
    records_key: dict[str, Any]


class DeviceOut(BaseModel):
    """`cert` is the certificate that counts now, or null."""

    device_id: str
    person_id: str
    role: str
    state: DeviceState
    cert: dict[str, Any] | None


class NamedDevice(DeviceOut):
    """As the administrator sees it: while a device is pending, `cert` is its request. `name` is its user's."""

    name: str


class DevicesOut(BaseModel):
    """`now`: the server's clock in CRP-1 seconds, by which certificates are dated."""

    now: int
    devices: list[NamedDevice]


class EntryOut(BaseModel):
    i: int
    keys_version: int


class ClaimOut(BaseModel):
    invite_id: str
    device_id: str


class EpochOut(BaseModel):
    n: int
    keys_version: int


class RevokedOut(BaseModel):
    device_id: str
    at: int


class PostedOut(BaseModel):
    """`hash` is h_seq, `received_at` seconds by the server's clock."""

    seq: int
    hash: str
    received_at: int


class HeadOut(BaseModel):
    seq: int
    hash: str


class MessagesOut(BaseModel):
    messages: list[dict[str, Any]]
    head: HeadOut


class ExportOut(BaseModel):
    """`lines` are the lines of an NDJSON file; `next` is the `after` of the following page, or null at the end."""

    lines: list[dict[str, Any]]
    next: str | None
