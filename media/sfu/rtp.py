"""RTP headers (RFC 3550 section 5.1) and header extensions (RFC 8285), read and changed where they lie."""

from __future__ import annotations

from collections.abc import Iterator

HEADER = 12
LONGEST = 1400
"""Longer packets than this do not fit the SRTP buffer with their tag, and no browser makes them."""


class Malformed(ValueError):
    """Not a packet that can be forwarded."""


def is_rtcp(data: bytes) -> bool:
    """RFC 5761 section 4: the second byte tells the two apart on one port."""
    return len(data) > 1 and 192 <= data[1] <= 223


def header_length(packet: bytes) -> int:
    """Bytes before the payload. Raises Malformed when the packet is shorter than it says."""
    if len(packet) < HEADER or packet[0] >> 6 != 2:
        raise Malformed("not RTP version 2")
    end = HEADER + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < end + 4:
            raise Malformed("the extension header is cut")
        end += 4 + 4 * int.from_bytes(packet[end + 2 : end + 4], "big")
    if len(packet) < end:
        raise Malformed("the header is cut")
    return end


def payload_size(packet: bytes) -> int:
    """Bytes of payload without padding; 0 for a packet that only probes the path."""
    size = len(packet) - header_length(packet)
    if packet[0] & 0x20:
        size -= packet[-1]
    return max(size, 0)


def elements(packet: bytes) -> Iterator[tuple[int, int, int]]:
    """(id, where its data begins, its length) of each header extension, in the one-byte or two-byte form."""
    if len(packet) < HEADER or not packet[0] & 0x10:
        return
    at = HEADER + 4 * (packet[0] & 0x0F)
    if len(packet) < at + 4:
        return
    profile = int.from_bytes(packet[at : at + 2], "big")
    end = min(len(packet), at + 4 + 4 * int.from_bytes(packet[at + 2 : at + 4], "big"))
    at += 4
    one_byte = profile == 0xBEDE
    if not one_byte and profile & 0xFFF0 != 0x1000:
        return
    while at < end:
        if packet[at] == 0:
            at += 1
            continue
        if one_byte:
            kind, size, head = packet[at] >> 4, (packet[at] & 0x0F) + 1, 1
            if kind == 15:
                return
        else:
            if at + 1 >= end:
                return
            kind, size, head = packet[at], packet[at + 1], 2
        if at + head + size > end:
            return
        yield kind, at + head, size
        at += head + size


def extension(packet: bytes, wanted: int) -> bytes | None:
    for kind, at, size in elements(packet):
        if kind == wanted:
            return packet[at : at + size]
    return None


def renumber(packet: bytes, ids: dict[int, int]) -> bytes:
    """The same packet with extension ids changed; an id that is not in `ids` becomes padding, so no length changes."""
    out: bytearray | None = None
    for kind, at, size in elements(packet):
        new = ids.get(kind, 0)
        if new == kind:
            continue
        if out is None:
            out = bytearray(packet)
        one_byte = packet[HEADER + 4 * (packet[0] & 0x0F)] == 0xBE
        head = 1 if one_byte else 2
        if new == 0:
            out[at - head : at + size] = bytes(head + size)
        elif one_byte:
            out[at - 1] = (new << 4) | (size - 1)
        else:
            out[at - 2] = new
    return packet if out is None else bytes(out)


def without(packet: bytes, ids: tuple[int, ...]) -> bytes:
    """The same packet, these extensions become padding; the very same object when it has none of them."""
    out: bytearray | None = None
    for kind, at, size in elements(packet):
        if kind in ids:
            out = bytearray(packet) if out is None else out
            head = 1 if packet[HEADER + 4 * (packet[0] & 0x0F)] == 0xBE else 2
            out[at - head : at + size] = bytes(head + size)
    return packet if out is None else bytes(out)


def wrap_rtx(packet: bytes, *, pt: int, ssrc: bytes, seq: int) -> bytes:
    """The packet as a retransmission (RFC 4588 section 4): its own sequence number moves into the payload."""
    end = header_length(packet)
    head = bytes((packet[0], (packet[1] & 0x80) | pt)) + seq.to_bytes(2, "big") + packet[4:8] + ssrc + packet[12:end]
    return head + packet[2:4] + packet[end:]


def unwrap_rtx(packet: bytes, *, pt: int, ssrc: bytes) -> bytes | None:
    """The packet that a retransmission carries; None when it carries none (padding that probes the path)."""
    end = header_length(packet)
    if payload_size(packet) < 2:
        return None
    head = bytes((packet[0], (packet[1] & 0x80) | pt)) + packet[end : end + 2] + packet[4:8] + ssrc + packet[12:end]
    return head + packet[end + 2 :]
