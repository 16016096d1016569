"""GSM 03.38: which characters a text may hold, and how many segments it takes (3GPP TS 23.038, 23.040).

One odd character turns a whole text from 7-bit to UCS-2 and more than halves the room, so typographic spaces,
quotes and dashes become plain ones first. Accents the alphabet lacks are dropped only when that saves a segment.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_ALL = _BASIC | _EXTENDED

_PLAIN = {
    **dict.fromkeys(
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "
    ),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
    "\u2026": "...",
    "\u2022": "-",
    "\u00b7": "-",
}
_PLAIN_TABLE = str.maketrans(_PLAIN)


class Encoding(StrEnum):
    """How the text goes over the air."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """`count` parts, `units` septets (GSM-7) or 16-bit code units (UCS-2) of text, headers not counted."""

    encoding: Encoding
    count: int
    units: int


def is_gsm7(text: str) -> bool:
    """Whether every character is in the GSM 7-bit default alphabet or its extension table."""
    return _ALL.issuperset(text)


def segments(body: str) -> Segments:
    """Count the parts a body takes: 160 then 153 septets, or 70 then 67 code units. An escaped or surrogate pair
    is never split between parts, as TS 23.038 6.2.1 and the networks have it."""
    if is_gsm7(body):
        return _pack(Encoding.GSM7, [2 if char in _EXTENDED else 1 for char in body], 160, 153)
    return _pack(Encoding.UCS2, [2 if ord(char) > 0xFFFF else 1 for char in body], 70, 67)


def _pack(encoding: Encoding, costs: list[int], single: int, part: int) -> Segments:
    units = sum(costs)
    if units <= single:
        return Segments(encoding, 1, units)
    count, room = 1, part
    for cost in costs:
        if cost > room:
            count, room = count + 1, part
        room -= cost
    return Segments(encoding, count, units)


def _fold(text: str) -> str:
    """Drop the accents of letters that GSM-7 lacks: á becomes a, ñ and é stay."""
    folded = []
    for char in text:
        if char in _BASIC or char in _EXTENDED:
            folded.append(char)
        else:
            base = unicodedata.normalize("NFKD", char)
            folded.append("".join(c for c in base if not unicodedata.combining(c)))
    return "".join(folded)


def normalise(body: str) -> str:
    """The same words in the fewest segments: plain typography always, accents dropped only if that saves one."""
    if "\r" not in body and is_gsm7(body):
        return body
    plain = unicodedata.normalize("NFC", body).replace("\r\n", "\n").translate(_PLAIN_TABLE)
    if is_gsm7(plain):
        return plain
    folded = _fold(plain)
    if is_gsm7(folded) and segments(folded).count < segments(plain).count:
        return folded
    return plain
