"""RTCP (RFC 3550 section 6), feedback (RFC 4585, RFC 5104) and REMB (draft-alvestrand-rmcat-remb-03)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import pack, unpack_from

from media.sfu.rtp import Malformed

SR, RR, BYE, RTPFB, PSFB = 200, 201, 203, 205, 206
NACK, TWCC = 1, 15
PLI, FIR, AFB = 1, 4, 15


def packets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, count or format, the whole packet with its header) of a compound. Raises Malformed at the first that is
    none.
    """
    at = 0
    while at < len(data):
        if len(data) - at < 4 or data[at] >> 6 != 2:
            raise Malformed("not RTCP version 2")
        size = 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if at + size > len(data):
            raise Malformed("the RTCP packet is cut")
        yield data[at + 1], data[at] & 0x1F, data[at : at + size]
        at += size


def nacked(packet: bytes) -> tuple[bytes, list[int]]:
    """(media SSRC, sequence numbers) of a generic NACK, RFC 4585 section 6.2.1."""
    if len(packet) < 12:
        raise Malformed("the NACK is cut")
    lost = []
    for at in range(12, len(packet) - 3, 4):
        first, mask = unpack_from("!HH", packet, at)
        lost.append(first)
        lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return packet[8:12], lost


def fir_targets(packet: bytes) -> list[bytes]:
    """The SSRCs of a full intra request, RFC 5104 section 4.3.1."""
    return [packet[at : at + 4] for at in range(12, len(packet) - 7, 8)]


def remb(packet: bytes) -> int | None:
    """Bits per second of a REMB message, or None when this application feedback is another."""
    if len(packet) < 20 or packet[12:16] != b"REMB":
        return None
    return (int.from_bytes(packet[17:20], "big") & 0x3FFFF) << (packet[17] >> 2)


def reports(packet: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(SSRC, fraction lost of 256, cumulative lost) of each report block of an SR or RR."""
    at = 28 if packet[1] == SR else 8
    for _ in range(packet[0] & 0x1F):
        if at + 24 > len(packet):
            raise Malformed("the report block is cut")
        yield packet[at : at + 4], packet[at + 4], int.from_bytes(packet[at + 5 : at + 8], "big")
        at += 24


def sender_report(packet: bytes, ssrc: bytes) -> bytes:
    """The sender report alone, under another SSRC: the clock pair of the true source, which keeps lips in step."""
    if len(packet) < 28:
        raise Malformed("the sender report is cut")
    return pack("!BBH", 0x80, SR, 6) + ssrc + packet[8:28]


def build_nack(sender: bytes, media: bytes, lost: Iterable[int]) -> bytes:
    """One generic NACK for all of `lost` (sorted as they are sent)."""
    items: list[list[int]] = []
    for seq in lost:
        if items and 0 < (distance := (seq - items[-1][0]) & 0xFFFF) <= 16:
            items[-1][1] |= 1 << (distance - 1)
        else:
            items.append([seq, 0])
    body = b"".join(pack("!HH", first, mask) for first, mask in items)
    return pack("!BBH", 0x80 | NACK, RTPFB, 2 + len(items)) + sender + media + body


def build_pli(sender: bytes, media: bytes) -> bytes:
    return pack("!BBH", 0x80 | PLI, PSFB, 2) + sender + media


def build_remb(sender: bytes, bits: int, media: list[bytes]) -> bytes:
    exponent = max(0, bits.bit_length() - 18)
    rate = (exponent << 18 | bits >> exponent).to_bytes(3, "big")
    body = b"REMB" + bytes((len(media),)) + rate + b"".join(media)
    return pack("!BBH", 0x80 | AFB, PSFB, 2 + len(body) // 4) + sender + bytes(4) + body


def build_rr(sender: bytes, blocks: list[bytes]) -> bytes:
    return pack("!BBH", 0x80 | len(blocks), RR, 1 + 6 * len(blocks)) + sender + b"".join(blocks)


def report_block(ssrc: bytes, *, fraction: int, lost: int, highest: int, jitter: int, lsr: int, dlsr: int) -> bytes:
    """RFC 3550 section 6.4.1. `lost` is clamped to 24 bits; `lsr` and `dlsr` are in 1/65536 s."""
    lost = min(max(lost, 0), 0x7FFFFF)
    return ssrc + bytes((fraction,)) + lost.to_bytes(3, "big") + pack("!IIII", highest, jitter, lsr, dlsr)
