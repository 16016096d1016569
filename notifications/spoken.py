"""A text a person typed, made comparable: case, digits of any script, punctuation, accents of typing set aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

_ALEF = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه"})
_HAN = re.compile(r"[\u3400-\u9fff]")


def clean(text: str) -> str:
    """Words between single spaces; the same cleaning is applied to what people say and to what we know."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_ALEF)
    out: list[str] = []
    for char in folded:
        category = unicodedata.category(char)
        if char.isdecimal():
            out.append(str(unicodedata.decimal(char)))
        elif char.isalpha() or category == "Mc":  # Mc: the vowels that Devanagari writes beside a letter
            out.append(char)
        elif char in "'’‘`ʼ" or category in ("Mn", "Cf") or char == "ـ":
            continue
        else:
            out.append(" ")
    return " ".join("".join(out).split())


def plain(text: str) -> str:
    """`clean`, and without accents, for people who type none: n for ñ, e for é."""
    return clean("".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn"))


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Longest first. A star stands for any ending; Han phrases need no spaces around them."""
    parts = []
    for phrase in sorted(phrases, key=len, reverse=True):
        words = r"\s+".join(
            re.escape(word.rstrip("*")) + (r"\S*" if word.endswith("*") else "") for word in phrase.split()
        )
        parts.append(words if _HAN.search(phrase) else rf"(?<!\S){words}(?!\S)")
    return re.compile("|".join(parts) or r"(?!)")


def known(phrases: Iterable[str], *, folded: bool = False) -> re.Pattern[str]:
    """A pattern that finds any of these phrases in a cleaned (or, when `folded`, plain) text."""
    make = plain if folded else clean
    starred = (" ".join(make(word) + "*" * word.endswith("*") for word in phrase.split()) for phrase in phrases)
    return _pattern(tuple(sorted(set(filter(None, starred)))))


def without(text: str, phrases: Iterable[str], *, folded: bool = False) -> str:
    """The cleaned text with every such phrase taken out."""
    return " ".join(known(phrases, folded=folded).sub(" ", text).split())
