"""No media server: the two browsers of a visit connect to each other, over TURN where they must.

Browser-to-browser DTLS-SRTP (RFC 8827) is end to end by itself, and costs this service no packet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from media.engine import Away, Capabilities, Offer, OnEvent
from media.policy import Kind

_NONE = "This clinic has no media relay: a call is for two, from browser to browser."


class PeerToPeer:
    name = "off"
    capabilities = Capabilities(routes=frozenset({"p2p"}), max_participants=2)

    async def start(self, _on_event: OnEvent) -> None:
        """Nothing runs."""

    async def check(self) -> None:
        """Always fit: there is nothing between the browsers."""

    async def negotiate(self, _visit: str, _participant: str, _offer: Offer) -> str:
        raise Away(_NONE)

    async def set_publish(self, _visit: str, _participant: str, _kinds: frozenset[Kind]) -> None:
        raise Away(_NONE)

    async def set_rooms(self, _visit: str, _hears: Mapping[str, frozenset[str]]) -> None:
        raise Away(_NONE)

    async def set_first(self, _visit: str, _participants: Sequence[str]) -> None:
        raise Away(_NONE)

    async def evict(self, _visit: str, _participant: str) -> None:
        raise Away(_NONE)

    async def close_visit(self, _visit: str) -> None:
        """Nothing is held."""

    async def hand_over(self) -> None:
        """Nothing is held."""

    async def aclose(self) -> None:
        """Nothing is held."""
