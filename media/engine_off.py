"""No media server: the two browsers of a visit connect to each other, over TURN where they must.

Browser-to-browser DTLS-SRTP (RFC 8827) is end to end by itself, and costs this service no packet.
"""

from __future__ import annotations

from media.engine import Capabilities


class PeerToPeer:
    name = "off"
    capabilities = Capabilities(routes=frozenset({"p2p"}), max_participants=2)

    async def check(self) -> None:
        """Always fit: there is nothing between the browsers."""

    async def aclose(self) -> None:
        """Nothing is held."""
