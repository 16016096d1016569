"""The frames of docs/realtime-wire.md as msgspec Structs, tagged by `t`.

Opaque content (`d`) is kept as `msgspec.Raw`: its bytes are checked to be JSON
and passed on, never parsed into objects.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import Raw as Raw

MAX_FRAME = 64 * 1024
"""Bytes of one text frame, either way (RFC 6455 payload length)."""

NULL = Raw(b"null")


class Frame(msgspec.Struct, tag_field="t", tag=str.lower, frozen=True, omit_defaults=True):
    """Base of all frames; `t` is the class name in lower case."""


# ------------------------------------------------------------------ client to server


class Hello(Frame, frozen=True):
    ticket: str
    cur: dict[str, int] = {}
    epoch: str | None = None
    seat: str | None = None


class Call(Frame, frozen=True):
    ch: str
    d: Raw
    to: str | None = None


class Typing(Frame, frozen=True):
    ch: str


class Ping(Frame, frozen=True):
    n: int | None = None


ClientFrame: TypeAlias = Hello | Call | Typing | Ping

# ------------------------------------------------------------------ server to client


class Ready(Frame, frozen=True, omit_defaults=False):
    id: str
    topics: dict[str, int]
    ticket: str
    epoch: str
    hb: float


class Ev(Frame, frozen=True, omit_defaults=False):
    ch: str
    seq: int
    type: str
    at: str
    d: Raw


class Skip(Frame, frozen=True):
    ch: str
    seq: int


class Reset(Frame, frozen=True):
    ch: str
    head: int


class Eph(Frame, frozen=True, omit_defaults=False):
    ch: str
    type: str
    sender: str = msgspec.field(name="from")
    d: Raw = NULL
    head: int = 0


class Join(Frame, frozen=True):
    ch: str
    head: int


class Leave(Frame, frozen=True):
    ch: str


class Hb(Frame, frozen=True, omit_defaults=False):
    heads: dict[str, int]
    ticket: str


class Pong(Frame, frozen=True):
    n: int


class Err(Frame, frozen=True):
    slug: str
    detail: str


class Fenced(Frame, frozen=True):
    pass


class Bye(Frame, frozen=True):
    retry_in: float


ServerFrame: TypeAlias = Ready | Ev | Skip | Reset | Eph | Join | Leave | Hb | Pong | Err | Fenced | Bye

_client: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_server: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_encoder = msgspec.json.Encoder()


def encode(frame: Frame) -> bytes:
    """One frame as UTF-8 JSON."""
    return _encoder.encode(frame)


def read_client(text: str | bytes) -> ClientFrame:
    """A frame from a client. Raises `msgspec.DecodeError` (or its subclass ValidationError)."""
    return _client.decode(text)


def read_server(text: str | bytes) -> ServerFrame:
    """A frame from a server. Raises `msgspec.DecodeError` (or its subclass ValidationError)."""
    return _server.decode(text)
