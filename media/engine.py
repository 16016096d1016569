"""The media engine port and its choice by URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from media.policy import Kind

Route = Literal["p2p", "relay"]
"""p2p: browser to browser, over TURN where needed. relay: through a media server."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do: its routes, and how many people one visit may hold."""

    routes: frozenset[Route]
    max_participants: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What a browser asks of a relay. `session` names its connection; `wants` says by mid whose track a recvonly
    line is for.
    """

    session: str
    sdp: str
    wants: Mapping[str, tuple[str, Kind]]


class Refused(ValueError):
    """The relay does not take this offer; one sentence says why."""


class Away(ConnectionError):
    """There is no relay to ask, now or at all; one sentence."""


OnEvent = Callable[[str, str, str], None]
"""(visit, participant or empty, what): `connected`, `lost`, `path`, `speaks`, and `relay-lost` for a whole visit."""


class MediaEngine(Protocol):
    """Visits and participants are opaque ids. Who may come in was decided before an engine is asked."""

    name: str
    capabilities: Capabilities

    async def start(self, on_event: OnEvent) -> None:
        """Begin what runs by itself. Returns when visits can be taken; raises OSError when they cannot."""
        ...

    async def check(self) -> None:
        """Return when the engine is fit for visits. Raises ConnectionError when it is not."""
        ...

    async def negotiate(self, visit: str, participant: str, offer: Offer) -> str:
        """The SDP answer. Raises Refused or Away."""
        ...

    async def set_publish(self, visit: str, participant: str, kinds: frozenset[Kind]) -> None:
        """What this participant may send from now on. Raises Away."""
        ...

    async def set_rooms(self, visit: str, hears: Mapping[str, frozenset[str]]) -> None:
        """Side rooms: who is in one, with whom. The others hear each other. Raises Away."""
        ...

    async def set_first(self, visit: str, participants: Sequence[str]) -> None:
        """Whose pictures are the last to lose quality, the most important first. Raises Away."""
        ...

    async def evict(self, visit: str, participant: str) -> None:
        """Out at once. Raises Away."""
        ...

    async def close_visit(self, visit: str) -> None:
        """Everybody out. A visit nobody knows is closed already."""
        ...

    async def hand_over(self) -> None:
        """This instance ends: its visits are free, and their people are told to come back, elsewhere if there is an
        elsewhere.
        """
        ...

    async def aclose(self) -> None: ...


def open_media(url: str) -> MediaEngine:
    """The engine for MEDIA_URL: `off:` (or `p2p:`) or `relay:`. ValueError, one sentence, for anything else."""
    scheme = url.partition(":")[0]
    if scheme in ("off", "p2p") and ":" in url:
        from media.engine_off import PeerToPeer

        return PeerToPeer()
    if scheme == "relay" and ":" in url:
        from media.engine_relay import Relay, parse

        return Relay(parse(url))
    raise ValueError("MEDIA_URL must be off: (peer to peer) or relay://HOST:PORT?workers=N&announce=ADDRESS")
