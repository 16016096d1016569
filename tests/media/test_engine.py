"""MEDIA_URL: what is accepted, and one clear sentence for what is not."""

from __future__ import annotations

import pytest

from media.engine import open_media


@pytest.mark.parametrize("url", ["off:", "p2p:"])
async def test_peer_to_peer_is_fit_without_a_server(url: str) -> None:
    engine = open_media(url)
    await engine.check()
    assert engine.name == "off"
    assert engine.capabilities.routes == {"p2p"}
    assert engine.capabilities.max_participants == 2
    await engine.aclose()


@pytest.mark.parametrize("url", ["relay:", "livekit://media.example"])
def test_the_relay_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match="comes with the relay, use off:"):
        open_media(url)


@pytest.mark.parametrize("url", ["", "off", "zoom:", "http://media.example"])
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be off:"):
        open_media(url)
