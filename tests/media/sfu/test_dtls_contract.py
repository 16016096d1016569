"""Claim 42: what media/sfu/dtls.py uses of aiortc and pylibsrtp is there in the pinned versions, and nothing
decodes.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import inspect
import threading
import tomllib
from pathlib import Path

import pylibsrtp
import pytest
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, RTCDtlsTransport

from media.sfu.rtp import LONGEST
from tests.media.sfu.client import RelayClient, Room
from tests.media.sfu.wire import rtp_packet

ROOT = Path(__file__).parents[3]


def test_claim_42_both_are_pinned_exactly_and_so_installed() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for name in ("aiortc", "pylibsrtp"):
        assert f"{name}=={importlib.metadata.version(name)}" in wanted


def test_claim_42_the_private_names_exist() -> None:
    transport = RTCDtlsTransport(type("Ice", (), {"role": "controlled"})(), [RTCCertificate.generateCertificate()])
    for name in ("_rx_srtp", "_tx_srtp", "_role", "_ssl"):
        assert hasattr(transport, name)
    assert list(inspect.signature(transport._set_role).parameters) == ["role"]
    source = inspect.getsource(RTCDtlsTransport)
    assert "self.transport._recv()" in source
    assert "self.transport._send(" in source
    session = pylibsrtp.Session(pylibsrtp.Policy(key=bytes(30), ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
    assert session._srtp[0]
    for name in ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"):
        assert callable(getattr(pylibsrtp._binding.lib, name))


def test_the_strongest_cipher_is_offered_first() -> None:
    assert SRTP_PROFILES[0].openssl_profile == b"SRTP_AEAD_AES_256_GCM"


@pytest.fixture
async def room() -> Room:
    return Room()


async def test_claim_42_packets_pass_sealed_hop_by_hop_and_no_thread_decodes(room: Room) -> None:
    """Two real DTLS clients: what one sends the other opens, byte for byte but for the relay's numbers; no thread
    appears.
    """
    threads = {thread.name for thread in threading.enumerate()}
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        payload = bytes(range(256)) * 4
        a.send(rtp_packet(7, pt=96, ssrc=a.video_ssrc, payload=payload))
        got = await b.received(1)
        assert got[0][12:] == payload
        assert {thread.name for thread in threading.enumerate()} == threads


async def test_a_packet_too_long_for_the_shield_is_dropped_not_fatal(room: Room) -> None:
    async with RelayClient(room, "a") as a, RelayClient(room, "b", hears=["a"]) as b:
        peer = room.visit.peers["b"]
        peer.send_rtp(rtp_packet(1, payload=bytes(LONGEST + 400)))
        a.send(rtp_packet(8, pt=96, ssrc=a.video_ssrc, payload=b"after"))
        assert (await b.received(1))[0][12:] == b"after"


async def test_a_certificate_that_was_not_signalled_gets_no_keys(room: Room) -> None:
    client = RelayClient(room, "a", lie=True)
    with pytest.raises(ConnectionError):
        await client.__aenter__()
    await asyncio.sleep(0)
    assert not room.visit.peers["a"].connected
    await client.aclose()
