"""LP: one unambiguous way to put several byte strings into one.

Everything we authenticate (cell contexts, wrap contexts, blind indexes, message
headers) is bound through `lp`, so no two different lists of parts can ever
encode to the same bytes.
"""

from __future__ import annotations

_LENGTH = 4
_MAX = 2**32 - 1


def lp(*parts: bytes | str) -> bytes:
    """`u32be(length) || bytes` for each part, in order; text counts as its UTF-8 bytes.

    Raises ValueError for a part of 4 GiB or more.
    """
    out: list[bytes] = []
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        if len(raw) > _MAX:
            raise ValueError("a part is too long for a 32-bit length")
        out += (len(raw).to_bytes(_LENGTH, "big"), raw)
    return b"".join(out)


def unlp(data: bytes) -> list[bytes]:
    """The parts again. Raises ValueError when `data` is not a whole number of parts."""
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + _LENGTH
        end = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or end > len(data):
            raise ValueError("cut short: a length runs past the end")
        parts.append(data[start:end])
        at = end
    return parts
