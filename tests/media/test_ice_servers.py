"""TURN credentials are accepted by a real coturn while they are valid, and only then."""

from __future__ import annotations

import time

import pytest

from media.ice_servers import IceServers, credentials, parse
from media.turn import allocate
from tests.parts.coturn import Coturn

SETTING = "stun:turn.example.org, turn:turn.example.org:3478?transport=udp,turns:[2001:db8::1]:5349"


def test_the_setting_becomes_w3c_ice_servers() -> None:
    servers = parse(SETTING, "secret").for_participant("p1", 1_000_000)
    assert servers[0] == {"urls": ["stun:turn.example.org"]}
    assert servers[1]["urls"] == ["turn:turn.example.org:3478?transport=udp", "turns:[2001:db8::1]:5349"]
    assert servers[1]["username"] == f"{1_000_000 + 6 * 3600}:p1"
    assert set(servers[1]) == {"urls", "username", "credential"}


def test_no_setting_means_no_server_and_never_a_public_one() -> None:
    assert parse("").for_participant("p1", 0) == []


def test_the_secret_stays_out_of_the_repr() -> None:
    assert "hush-hush" not in repr(IceServers(turn=("turn:turn.example.org",), secret="hush-hush"))


@pytest.mark.parametrize(
    "uri",
    [
        "http://turn.example.org",
        "turn:",
        "turn:host:99999",
        "turn:host:0",
        "turn:host?transport=sctp",
        "stun:h?transport=udp",
        "turn:a b",
    ],
)
def test_a_wrong_uri_is_named(uri: str) -> None:
    with pytest.raises(ValueError, match="URI"):
        parse(uri, "secret")


def test_turn_without_a_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="secret"):
        parse("turn:turn.example.org")


@pytest.mark.parametrize("participant", ["", "a:b"])
def test_a_participant_id_cannot_move_the_expiry(participant: str) -> None:
    with pytest.raises(ValueError, match="colon"):
        credentials("secret", participant, 1)


def test_coturn_grants_an_address_for_a_valid_credential(coturn: Coturn) -> None:
    server = parse(",".join(coturn.urls), coturn.secret).for_participant("p1", time.time())[0]
    assert allocate("127.0.0.1", coturn.port, server["username"], server["credential"]) == 0


def test_coturn_refuses_an_expired_credential(coturn: Coturn) -> None:
    server = parse(",".join(coturn.urls), coturn.secret, life=60).for_participant("p1", time.time() - 70)[0]
    assert allocate("127.0.0.1", coturn.port, server["username"], server["credential"]) == 401


def test_coturn_refuses_another_secret(coturn: Coturn) -> None:
    username, password = credentials("not the secret", "p1", time.time() + 60)
    assert allocate("127.0.0.1", coturn.port, username, password) == 401


def test_coturn_refuses_a_stretched_expiry(coturn: Coturn) -> None:
    username, password = credentials(coturn.secret, "p1", time.time() - 10)
    stretched = f"{int(time.time()) + 3600}:p1"
    assert username != stretched
    assert allocate("127.0.0.1", coturn.port, stretched, password) == 401
