"""Telephone calls into a visit: the port, and the choice of an adapter by the scheme of a URL.

VOICE_URL  console:/a/folder   the local sink: one JSON file per call (demo, tests)
           twilio://ACCOUNT:TOKEN@/?from=+14155550100[&base_url=...]

Whoever is rung sees the clinic's number and meets the others in a room; nobody's own number is shown to anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from notifications.sender import Clock, utc_now

_NUMBER = re.compile(r"\+[1-9]\d{6,14}|\d{2,6}")
_ROOM = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True)
class Ring:
    """One call to one phone. `to` is E.164 or a short number of the country, such as 112; `room` is where those who
    are rung for the same thing meet; `words` are said first, in the language `locale`; `key` names this call for ever.
    """

    to: str = field(repr=False)
    room: str = field(repr=False)
    words: str
    locale: str
    key: str
    sender: str | None = None

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.to):
            raise ValueError("A call needs a number in E.164 form, or a short number such as 112.")
        if not _ROOM.fullmatch(self.room):
            raise ValueError("A call needs a room that nobody can guess.")


class VoiceCaller(Protocol):
    """Rings phones. Safe to share between tasks."""

    async def ring(self, call: Ring) -> str:
        """Ring; the provider's id of the call. Raises DeliveryError."""

    async def hang_up(self, provider_id: str) -> None:
        """End a call, whether it was picked up or not. One that has ended is fine. Raises DeliveryError."""

    async def check(self) -> str:
        """One sentence for the doctor. Raises DeliveryError if it does not answer."""

    async def aclose(self) -> None:
        """Let go of connections. A second call does nothing."""


def open_voice(url: str, *, now: Clock = utc_now) -> VoiceCaller:
    """The caller a URL names. Raises ValueError with one sentence (and never the URL, which holds a secret)."""
    parts = urlsplit(url)
    if parts.scheme == "console" and parts.path:
        from notifications.voice_console import VoiceSink

        return VoiceSink(Path(unquote(parts.path)).expanduser(), now=now)
    if parts.scheme == "twilio":
        from notifications.voice_twilio import VoiceTwilio

        return VoiceTwilio.from_url(url)
    raise ValueError(
        "VOICE_URL is console:/a/folder or twilio://ACCOUNT:TOKEN@/?from=NUMBER, and this is neither of them."
    )
