"""Ask a TURN server for an address over UDP, to know whether it works (RFC 8489, RFC 8656)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import socket
import struct
import time
import zlib
from urllib.parse import urlsplit

from media.ice_servers import IceServers, credentials

COOKIE = 0x2112A442
ALLOCATE, ALLOCATE_OK, ALLOCATE_ERROR = 0x0003, 0x0103, 0x0113
USERNAME, INTEGRITY, ERROR_CODE, REALM, NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
RELAYED, TRANSPORT, FINGERPRINT = 0x0016, 0x0019, 0x8028

Attributes = dict[int, bytes]


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _header(kind: int, length: int, transaction: bytes) -> bytes:
    return struct.pack("!HHI", kind, length, COOKIE) + transaction


def _request(attributes: list[tuple[int, bytes]], key: bytes | None) -> bytes:
    body, transaction = b"".join(_attribute(*one) for one in attributes), secrets.token_bytes(12)
    if key is not None:
        covered = _header(ALLOCATE, len(body) + 24, transaction) + body
        body += _attribute(INTEGRITY, hmac.new(key, covered, hashlib.sha1).digest())
    covered = _header(ALLOCATE, len(body) + 8, transaction) + body
    return covered + _attribute(FINGERPRINT, struct.pack("!I", zlib.crc32(covered) ^ 0x5354554E))


def _exchange(wire: socket.socket, request: bytes) -> tuple[int, Attributes]:
    for _ in range(5):
        wire.send(request)
        try:
            reply = wire.recv(2048)
        except TimeoutError:
            continue
        kind, length = struct.unpack("!HH", reply[:4])
        found: Attributes = {}
        at = 20
        while at < 20 + length:
            name, size = struct.unpack("!HH", reply[at : at + 4])
            found[name] = reply[at + 4 : at + 4 + size]
            at += 4 + size + -size % 4
        return kind, found
    raise TimeoutError("the TURN server does not answer")


def allocate(host: str, port: int, username: str, password: str) -> int:
    """0 when the server granted a relayed address, else its error code (401, 437, ...)."""
    transport = (TRANSPORT, b"\x11\x00\x00\x00")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.settimeout(1.0)
        wire.connect((host, port))
        kind, challenge = _exchange(wire, _request([transport], None))
        if kind != ALLOCATE_ERROR or REALM not in challenge:
            raise ConnectionError("the TURN server does not ask for credentials: anybody could relay through it")
        realm, nonce = challenge[REALM], challenge[NONCE]
        key = hashlib.md5(username.encode() + b":" + realm + b":" + password.encode()).digest()  # noqa: S324 - RFC 8489 section 9.2.2 says MD5
        signed = [transport, (USERNAME, username.encode()), (REALM, realm), (NONCE, nonce)]
        kind, answer = _exchange(wire, _request(signed, key))
        if kind == ALLOCATE_OK and RELAYED in answer:
            return 0
        return answer[ERROR_CODE][2] * 100 + answer[ERROR_CODE][3]


async def probe(servers: IceServers) -> str:
    """One sentence when the first TURN server grants an address. Raises ConnectionError or TimeoutError."""
    first = urlsplit(servers.turn[0].replace(":", "://", 1))
    username, password = credentials(servers.secret, "doctor", time.time() + 60)
    code = await asyncio.to_thread(allocate, first.hostname or "", first.port or 3478, username, password)
    if code:
        raise ConnectionError(f"the TURN server refused our credential with {code}: is TURN_SECRET its secret?")
    return f"{first.hostname} relays"
