"""MEDIA_URL: what is accepted, and one clear sentence for what is not."""

from __future__ import annotations

import pytest

from media.engine import Away, Offer, open_media
from media.engine_relay import RelayConfig, parse


@pytest.mark.parametrize("url", ["off:", "p2p:"])
async def test_peer_to_peer_is_fit_without_a_server(url: str) -> None:
    engine = open_media(url)
    await engine.check()
    assert engine.name == "off"
    assert engine.capabilities.routes == {"p2p"}
    assert engine.capabilities.max_participants == 2
    await engine.aclose()


async def test_without_a_relay_there_is_nothing_to_negotiate() -> None:
    with pytest.raises(Away, match="no media relay"):
        await open_media("off:").negotiate("v", "p", Offer("s", "v=0", {}))


def test_the_relays_url_says_where_and_how_many() -> None:
    assert parse("relay:") == RelayConfig()
    wanted = RelayConfig("10.0.0.1", 40000, 3, ("203.0.113.7", "198.51.100.2"))
    assert parse("relay://10.0.0.1:40000?workers=3&announce=203.0.113.7,198.51.100.2") == wanted


@pytest.mark.parametrize("url", ["relay://h:port", "relay://h?workers=0", "relay://h?workers=x", "relay://h?what=1"])
def test_a_relay_url_that_means_nothing_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="^MEDIA_URL"):
        parse(url)


@pytest.mark.parametrize("url", ["", "off", "zoom:", "http://media.example"])
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be off:"):
        open_media(url)
