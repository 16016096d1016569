"""One spelling for what people write in many: the same person is found whoever typed the name.

Changing anything here changes stored blind indexes: it needs a second column and a dual read.
"""

from __future__ import annotations

import re
import unicodedata

PREFIX = 4
"""Letters of the longest stored prefix. Longer ones would tell more and find little more."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN_DIGITS = re.compile(r"[\s().\-\u2010-\u2015\u2212/]")

# Letters that carry no separable accent, yet are typed without their stroke or as two letters.
_PLAIN = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ی": "ي", "ک": "ك"}
)
# Not part of a name's spelling: apostrophes, Arabic tatweel. Format characters (joiners) go by category Cf.
_SILENT = frozenset("'\u2018\u2019\u02bc\u02b9`\u00b4\u0640")


def fold(text: str) -> str:
    """NFKC and casefold, repeated until stable: folding twice is folding once."""
    while (again := unicodedata.normalize("NFKC", text.casefold())) != text:
        text = again
    return text


def words(name: str) -> list[str]:
    """The words of a name, folded, without accents: "Zoë O'Brien-Łuk" gives zoe, obrien, luk.

    Accents are dropped where they are ornaments (Latin, Greek, Cyrillic, Arabic, Hebrew), kept where they are
    letters (Indic and Thai vowels, Japanese voicing marks).
    """
    text = _plain(name)
    while (again := _plain(text)) != text:
        text = again
    spaced = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in text)
    return spaced.split()


def prefixes(name: str) -> set[str]:
    """Every start of 1 to PREFIX letters of every word; of CJK words also from each later character,
    because family and given name are written together."""
    return {
        word[at : at + length]
        for word in words(name)
        for at in (range(len(word)) if _is_cjk(word) else range(1))
        for length in range(1, PREFIX + 1)
        if at + length <= len(word)
    }


def search_starts(typed: str) -> set[str]:
    """The longest stored prefix of each word typed."""
    return {word[:PREFIX] for word in words(typed)}


def name_matches(name: str, typed: str) -> bool:
    """Whether every word typed starts a word of the name (or stands in it, for CJK). Nothing typed matches nothing."""
    have, asked = words(name), words(typed)
    return bool(asked) and all(
        any(word.startswith(ask) or (_is_cjk(word) and ask in word) for word in have) for ask in asked
    )


def phone(e164: str) -> str:
    """`+` and 7 to 15 digits (ITU-T E.164), whatever stands between them. Raises ValueError, without the number."""
    text = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", e164))
    text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    if not _E164.fullmatch(text):
        raise ValueError("not an E.164 phone number")
    return text


def email(address: str) -> str:
    """NFKC, casefolded, outer space removed. Raises ValueError, without the address."""
    text = fold(address).strip()
    local, at, domain = text.rpartition("@")
    if not (local and at and domain) or any(char.isspace() for char in text):
        raise ValueError("not an e-mail address")
    return text


def _plain(text: str) -> str:
    """One pass of folding, stripping and plain letters; `words` repeats it until stable."""
    apart = unicodedata.normalize("NFD", fold(text)).translate(_PLAIN)
    kept = (c for c in apart if not _is_ornament(c) and c not in _SILENT and unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", "".join(kept))


def _is_ornament(char: str) -> bool:
    """A mark that people leave out when they type: combining diacritics, Arabic harakat, Hebrew points."""
    return (
        "\u0300" <= char <= "\u036f"
        or "\u064b" <= char <= "\u065f"
        or char == "\u0670"
        or ("\u0591" <= char <= "\u05c7" and unicodedata.category(char) == "Mn")
    )


def _is_cjk(word: str) -> bool:
    """Whether the word holds Han, kana or Hangul: scripts in which one character is a syllable or more."""
    return any(
        "\u3041" <= char <= "\u30ff"
        or "\u31f0" <= char <= "\u31ff"
        or "\u3400" <= char <= "\u9fff"
        or "\uac00" <= char <= "\ud7a3"
        or "\uf900" <= char <= "\ufaff"
        or "\U00020000" <= char <= "\U0003ffff"
        for char in word
    )
