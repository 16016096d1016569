"""The media engine port and its choice by URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Route = Literal["p2p", "relay"]
"""p2p: browser to browser, over TURN where needed. relay: through a media server."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do: its routes, and how many people one visit may hold."""

    routes: frozenset[Route]
    max_participants: int


class MediaEngine(Protocol):
    name: str
    capabilities: Capabilities

    async def check(self) -> None:
        """Return when the engine is fit for visits. Raises ConnectionError when it is not."""
        ...

    async def aclose(self) -> None: ...


def open_media(url: str) -> MediaEngine:
    """The engine for MEDIA_URL: `off:` or its synonym `p2p:`. ValueError, one sentence, for anything else."""
    scheme = url.partition(":")[0]
    if scheme in ("off", "p2p") and ":" in url:
        from media.engine_off import PeerToPeer

        return PeerToPeer()
    if scheme in ("relay", "livekit"):
        raise ValueError(f"MEDIA_URL={scheme}: comes with the relay, use off:")
    raise ValueError("MEDIA_URL must be off: (peer to peer)")
