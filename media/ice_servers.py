"""STUN and TURN servers for the browser, with credentials that expire.

The setting is a comma-separated list of STUN and TURN URIs (RFC 7064, RFC 7065), e.g.
`turn:turn.example.org:3478?transport=udp,turns:turn.example.org:5349`. Credentials follow the
"REST API for access to TURN services" draft (draft-uberti-behave-turn-rest-00) that coturn
implements as `use-auth-secret`: username `<unix expiry>:<id>`, password
base64(HMAC-SHA1(secret, username)). The id is a random participant id, never a name.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TypedDict

LIFE = 6 * 3600
"""Seconds a credential is good for: coturn asks for it again at every refresh, so it must outlive the longest visit."""

_URI = re.compile(
    r"""(?P<scheme>stuns?|turns?):
        (?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)
        (?::(?P<port>[0-9]{1,5}))?
        (?:\?transport=(?P<transport>udp|tcp))?""",
    re.VERBOSE,
)


class RTCIceServer(TypedDict, total=False):
    """W3C WebRTC 1.0 section 4.2.4, as JSON."""

    urls: list[str]
    username: str
    credential: str


@dataclass(frozen=True, slots=True)
class IceServers:
    """The servers of this installation. `secret` is shared with the TURN servers and never leaves here."""

    stun: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    life: int = LIFE

    def for_participant(self, participant: str, now: float) -> list[RTCIceServer]:
        """The `iceServers` of an RTCConfiguration, good for `life` seconds from `now` (Unix seconds)."""
        servers: list[RTCIceServer] = []
        if self.stun:
            servers.append({"urls": list(self.stun)})
        if self.turn:
            username, credential = credentials(self.secret, participant, now + self.life)
            servers.append({"urls": list(self.turn), "username": username, "credential": credential})
        return servers


def credentials(secret: str, participant: str, expiry: float) -> tuple[str, str]:
    """(username, password) for TURN until `expiry` (Unix seconds). `participant` must not hold a colon."""
    if not participant or ":" in participant:
        raise ValueError("a TURN participant id is not empty and holds no colon")
    username = f"{int(expiry)}:{participant}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, b64encode(digest).decode()


def parse(setting: str, secret: str = "", life: int = LIFE) -> IceServers:
    """Read the setting; empty means no servers (only one network reaches itself). ValueError says what is wrong."""
    stun, turn = list[str](), list[str]()
    for uri in filter(None, (part.strip() for part in setting.split(","))):
        found = _URI.fullmatch(uri)
        if found is None or not 0 < int(found["port"] or 1) < 65536:
            raise ValueError(f"{uri!r} is not a STUN or TURN URI such as turn:host:3478?transport=udp")
        if found["scheme"].startswith("stun"):
            if found["transport"]:
                raise ValueError(f"{uri!r}: a STUN URI names no transport (RFC 7064)")
            stun.append(uri)
        else:
            turn.append(uri)
    if turn and not secret:
        raise ValueError("TURN servers need the secret they share with this service")
    return IceServers(tuple(stun), tuple(turn), secret, life)
