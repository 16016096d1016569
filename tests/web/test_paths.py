"""The ways of a call through a real coturn: hidden before admission, direct after it, and credentials that ran out."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from media.ice_servers import IceServers
from tests.parts.coturn import Coturn
from tests.web.test_call import SIDES, drive, pages

__all__ = ["pages"]

HIDDEN, OPEN = "relay", "all"


def ways(coturn: Coturn, policy: str, *urls: str, life: int = 600) -> str:
    """What the server would say: ICE servers with credentials good for `life` seconds, and the policy."""
    servers = IceServers(turn=urls or (coturn.urls[0],), secret=coturn.secret, life=life)
    given = servers.for_participant("seat", time.time())
    return json.dumps({"iceServers": given, "iceTransportPolicy": policy})


@pytest.mark.parametrize("pair", [("chromium", "chromium"), ("firefox", "chromium")], ids="-".join)
def test_let_in_the_call_goes_from_the_relay_to_the_direct_way(
    pages: str, coturn: Coturn, pair: tuple[str, str]
) -> None:
    """While waiting nobody learns an address; after admission the path becomes direct and no picture is lost."""
    seen = drive("paths", pages, *pair, ways(coturn, HIDDEN), ways(coturn, OPEN))
    for prepared, started, later in zip(seen["prepared"], seen["started"], seen["later"], strict=True):
        assert prepared["stats"]["route"] == "relay"
        assert prepared["stats"]["bytesSent"] == 0
        assert started["stats"]["route"] == "direct"
        assert later["state"] == "live"
        assert later["security"] == "verified"
        assert "reconnecting" not in later["states"]
        assert later["problems"] == []


@pytest.mark.parametrize("by", ["udp", "tcp", "tls"])
def test_the_relay_is_reached_by_udp_tcp_and_tls(pages: str, coturn: Coturn, by: str) -> None:
    url = {"udp": coturn.urls[0], "tcp": coturn.urls[1], "tls": coturn.tls_url}[by]
    only = ways(coturn, HIDDEN, url)
    seen = drive("paths", pages, "chromium", "chromium", only, only)
    for one in [*seen["prepared"], *seen["later"]]:
        assert one["stats"]["route"] == "relay"
        assert one["stats"]["relayProtocol"] == by
    assert relayed(seen) > 10


def relayed(seen: dict[str, Any]) -> int:
    """Fewest frames that either side decoded."""
    return min(one["stats"]["framesDecoded"] for one in seen["later"])


def test_credentials_that_ran_out_are_noticed_and_renewed(pages: str, coturn: Coturn) -> None:
    """coturn refuses them without a word to the page: no relay candidate within three seconds asks for new ones."""
    stale, good = ways(coturn, HIDDEN, life=-10), ways(coturn, HIDDEN)
    seen = drive("paths", pages, "chromium", "chromium", stale, good)
    assert len(seen["prepared"]) == len(SIDES)
    for one in seen["prepared"]:
        assert one["renewals"] >= 1
        assert one["stats"]["route"] == "relay"
    assert relayed(seen) > 10
