"""ICE-lite (RFC 8445 section 2.5): the relay has fixed addresses and only answers checks.

A check whose user name is not in the table gets no answer at all, and a source that fails too
often is not even looked at for a while. Consent (RFC 7675): who has sent no valid check for
`CONSENT` seconds gets no more packets.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from struct import error as CutShort
from typing import Generic, TypeVar

from aioice import stun

CONSENT = 15.0
FAILURES = 20
"""Bad checks a source may send within `WINDOW` seconds before it is ignored until the window ends."""
MOST_CHECKS = 60
"""Checks that hold which one user name may send a second; browsers pace theirs at twenty."""
WINDOW = 10.0
SOURCES = 10_000
USERNAME = 0x0006

Owner = TypeVar("Owner")


@dataclass(frozen=True, slots=True)
class Credentials:
    ufrag: str = field(default_factory=lambda: secrets.token_hex(8))
    pwd: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)


@dataclass(frozen=True, slots=True)
class Check(Generic[Owner]):
    """A check that holds: whose it is, the answer to send, whether this path is chosen (USE-CANDIDATE)."""

    owner: Owner
    response: bytes
    nominated: bool


def is_stun(data: bytes) -> bool:
    return len(data) >= 20 and data[0] < 4 and data[4:8] == b"\x21\x12\xa4\x42"


def username(data: bytes) -> bytes | None:
    """The USERNAME of a binding request, found without parsing anything else."""
    if data[0:2] != b"\x00\x01" or len(data) != 20 + int.from_bytes(data[2:4], "big"):
        return None
    at = 20
    while at + 4 <= len(data):
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if int.from_bytes(data[at : at + 2], "big") == USERNAME:
            return data[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return None


class IceLite(Generic[Owner]):
    """The user names of one port. `now` is a monotonic clock's seconds."""

    def __init__(self) -> None:
        self._table: dict[bytes, tuple[bytes, Owner]] = {}
        self._failed: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._held: dict[Owner, tuple[int, int]] = {}
        self.refused = 0

    def add(self, owner: Owner) -> Credentials:
        made = Credentials()
        self._table[made.ufrag.encode()] = (made.pwd.encode(), owner)
        return made

    def remove(self, credentials: Credentials) -> None:
        gone = self._table.pop(credentials.ufrag.encode(), None)
        if gone is not None:
            self._held.pop(gone[1], None)

    def check(self, data: bytes, host: str, port: int, now: float) -> Check[Owner] | None:
        """Judge a STUN packet from host:port. None: not for us, not signed, or from a source that failed too often."""
        name = username(data)
        found = self._table.get(name.partition(b":")[0]) if name else None
        if found is None:
            self.refused += 1
            return None
        if self._barred(host, now):
            return None
        key, owner = found
        if self._too_many(owner, now):
            return None
        try:
            request = stun.parse_message(data)
            holds = request.check_message_integrity(key)
        except (ValueError, CutShort):
            holds = False
        if not holds:
            self._fail(host, now)
            return None
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = (host, port)
        response.add_message_integrity(key)
        return Check(owner, bytes(response), "USE-CANDIDATE" in request.attributes)

    def _too_many(self, owner: Owner, now: float) -> bool:
        second, count = self._held.get(owner, (0, 0))
        count = count + 1 if second == int(now) else 1
        self._held[owner] = (int(now), count)
        return count > MOST_CHECKS

    def _barred(self, host: str, now: float) -> bool:
        since, count = self._failed.get(host, (now, 0))
        return count >= FAILURES and now - since < WINDOW

    def _fail(self, host: str, now: float) -> None:
        self.refused += 1
        since, count = self._failed.pop(host, (now, 0))
        self._failed[host] = (now, 1) if now - since >= WINDOW else (since, count + 1)
        if len(self._failed) > SOURCES:
            self._failed.popitem(last=False)
