"""What instances tell each other over the bus. A durable event may travel with its hint; the log stays the truth."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import Raw

from signaling.frames import NULL

ALL = "hub:all"
"""The topic every instance hears: changes of scope, ended sign-ins, and who runs."""


class Ring(msgspec.Struct, tag_field="k", frozen=True, omit_defaults=True):
    """Base; `o` is the instance it comes from, which does not act on it again."""

    o: str


class Hint(Ring, frozen=True, tag="h"):
    """Topic's log has grown to `seq`; and, where `tenant` is given, what stands there for every listener of it."""

    seq: int
    tenant: str = ""
    type: str = ""
    at: str = ""
    d: Raw = NULL


class Whisper(Ring, frozen=True, tag="w"):
    """An ephemeral frame for the listeners of a topic, except connection `skip` and the sender's own seat."""

    type: str
    sender: str
    head: int = 0
    d: Raw = NULL
    to: str | None = None
    skip: str | None = None


class Fence(Ring, frozen=True, tag="f"):
    """A connection of this rank holds the seat; lesser ones end."""

    epoch: int
    opened: float
    id: str


class Scope(Ring, frozen=True, tag="s"):
    """Every connection of `subject` hears `topic` from now on, or no longer."""

    subject: str
    topic: str
    hear: bool


class Expel(Ring, frozen=True, tag="x"):
    """Sign-in `session` has ended; so do its connections."""

    session: str


class Beat(Ring, frozen=True, tag="b"):
    """This instance runs. Whoever falls silent may have died between a commit and the hint of it."""


AnyRing: TypeAlias = Hint | Whisper | Fence | Scope | Expel | Beat

_decoder: msgspec.json.Decoder[AnyRing] = msgspec.json.Decoder(AnyRing)
_encoder = msgspec.json.Encoder()


def encode(ring: Ring) -> bytes:
    return _encoder.encode(ring)


def read(payload: bytes) -> AnyRing:
    """Raises `msgspec.DecodeError` for what another version or a stranger sent."""
    return _decoder.decode(payload)
