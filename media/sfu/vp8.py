"""The VP8 payload descriptor (RFC 7741 section 4.2): what a packetizer writes before a frame, and no page seals.

Nothing of a frame is read but the bit that says whether it stands by itself, which stays clear (docs/crp-1.md 9).
"""

from __future__ import annotations

from dataclasses import dataclass

from media.sfu.rtp import Malformed


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Offsets are into the packet; 0: the field is not there. `picture_bytes` is 1 or 2 (section 4.2, M bit)."""

    opens_key_frame: bool
    picture: int = 0
    picture_bytes: int = 0
    base: int = 0
    """TL0PICIDX."""


def descriptor(packet: bytes, at: int) -> Descriptor:
    """What stands at `at`, where the payload begins. Raises Malformed when it is cut."""
    try:
        first = packet[at]
        begins = first & 0x10 and not first & 0x07
        at += 1
        picture = size = base = 0
        if first & 0x80:
            more = packet[at]
            at += 1
            if more & 0x80:
                picture, size = at, 2 if packet[at] & 0x80 else 1
                at += size
            if more & 0x40:
                base = at
                at += 1
            if more & 0x30:
                at += 1
        return Descriptor(bool(begins) and not packet[at] & 1, picture, size, base)
    except IndexError:
        raise Malformed("the VP8 descriptor is cut") from None


def picture_of(packet: bytes, found: Descriptor) -> int:
    if found.picture_bytes == 2:
        return (packet[found.picture] & 0x7F) << 8 | packet[found.picture + 1]
    return packet[found.picture] & 0x7F
