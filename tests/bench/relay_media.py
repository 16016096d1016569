"""Sound and picture encoded once and sent by everybody: real VP8 at 1 Mbit/s and real Opus, ready as RTP payloads."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from aiortc.codecs.vpx import VpxPayloadDescriptor

FPS = 30
SECONDS = 6
BITS = 1_000_000
NOISY = 90
"""Rows that change wholly with each frame, so that the encoder needs its bits."""
PAYLOAD = 1100
"""Bytes of a packet's payload, as browsers cut them."""
VIDEO_STEP = 90_000 // FPS
AUDIO_STEP = 960
"""20 ms at 48 kHz."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One packet without its header: `at` seconds after the beginning, `timestamp` in ticks of its clock."""

    at: float
    timestamp: int
    marker: bool
    payload: bytes


@functools.cache
def picture() -> tuple[Piece, ...]:
    """`SECONDS` of a moving pattern, 640x480; the first frame is a key frame, so that it can begin anew."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = 640, 480, "yuv420p"
    codec.bit_rate, codec.time_base = BITS, Fraction(1, FPS)
    codec.options = {
        "deadline": "realtime", "cpu-used": "8", "g": str(FPS * SECONDS),
        "minrate": str(BITS), "maxrate": str(BITS), "bufsize": str(BITS // 5),
    }  # fmt: skip
    noise = random.Random(7).randbytes(640 * 700)
    made: list[Piece] = []
    for number in range(FPS * SECONDS):
        frame = av.VideoFrame(640, 480, "yuv420p")
        still = bytes((60 + number % 40,)) * (640 * (480 - NOISY))
        frame.planes[0].update(noise[number * 641 % 128_000 :][: 640 * NOISY] + still)
        for plane in frame.planes[1:]:
            plane.update(bytes((100 + number % 50,)) * plane.buffer_size)
        frame.pts = number
        for packet in codec.encode(frame):
            made += _cut(bytes(packet), number)
    return tuple(made)


def _cut(encoded: bytes, number: int) -> Iterator[Piece]:
    """RFC 7741: a descriptor before each part of a frame."""
    parts = [encoded[at : at + PAYLOAD] for at in range(0, len(encoded), PAYLOAD)]
    for index, part in enumerate(parts):
        head = VpxPayloadDescriptor(partition_start=int(index == 0), partition_id=0, picture_id=number % 32768)
        last = index == len(parts) - 1
        at = number / FPS + index * 0.001  # a browser's pacer spreads a frame
        yield Piece(at, number * VIDEO_STEP, last, bytes(head) + part)


@functools.cache
def sound() -> tuple[Piece, ...]:
    """`SECONDS` of noise as Opus, 50 packets a second."""
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = 48_000, "stereo", "s16", 32_000
    codec.options = {"application": "voip"}
    dice = random.Random(9)
    made: list[Piece] = []
    for number in range(50 * SECONDS):
        frame = av.AudioFrame("s16", "stereo", AUDIO_STEP)
        frame.planes[0].update(dice.randbytes(AUDIO_STEP * 4))
        frame.sample_rate, frame.pts = 48_000, number * AUDIO_STEP
        for packet in codec.encode(frame):
            index = len(made)
            made.append(Piece(index * 0.02, index * AUDIO_STEP, False, bytes(packet)))
    return tuple(made)


def endless(pieces: tuple[Piece, ...], ticks: int) -> Iterator[Piece]:
    """The same again and again, the clocks going on. `ticks` a second."""
    for round_ in itertools.count():
        for one in pieces:
            later = round_ * SECONDS
            timestamp = (one.timestamp + later * ticks) & 0xFFFFFFFF
            yield Piece(one.at + later, timestamp, one.marker, one.payload)
