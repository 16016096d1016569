"""What a patient's answer by text means. Sure or not at all: what is not plainly understood goes to a person.

Digits are the language of our texts: 1 confirm, 2 change, 3 can't come, 4 not me. The carriers' own words come first,
because the carrier acts on them whatever we think (FCC 47 CFR 64.1200(a)(10), Twilio's default keywords). The plain
words of each language stand in heard/<language>.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from notifications.spoken import clean, known, plain, without
from notifications.words_of import heard, language_of


class Kind(StrEnum):
    """What the patient wants."""

    CONFIRM = "confirm"
    CHANGE = "change"
    DECLINE = "decline"
    NOT_ME = "not_me"
    HELP = "help"
    STOP = "stop"
    START = "start"
    LATE = "late"
    LINK = "link"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reply:
    """`carrier` is true for the carriers' keywords: a carrier that knows them answers them itself. `minutes` is how
    late somebody says they run; `digit` is what was typed when the answer is one digit, for menus."""

    kind: Kind
    carrier: bool = False
    minutes: int | None = None
    digit: int | None = None


_DIGITS = {"1": Kind.CONFIRM, "2": Kind.CHANGE, "3": Kind.DECLINE, "4": Kind.NOT_ME}
_CARRIER = {
    **dict.fromkeys(
        ("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        Kind.STOP,
    ),
    **dict.fromkeys(("help", "info"), Kind.HELP),
    **dict.fromkeys(("start", "unstop"), Kind.START),
}
_STOP_FILL = frozenset(
    (
        "stop", "unsubscribe", "texting", "messaging", "messages", "texts", "sms", "all", "me", "please", "sending",
        "it", "now", "this", "these", "number", "contacting", "any", "more",
    )
)  # fmt: skip
_STOPS = ("stop", "unsubscribe")
_CARRIER_ACTS = (Kind.STOP, Kind.START, Kind.HELP)
LATEST = 180  # minutes; who comes later than that is better served by another time, so a person reads it


def classify(text: str, locale: str, opt_out: str | None = None) -> Reply:
    """The meaning of a reply in the patient's locale (BCP 47), or UNKNOWN for a person to read. `opt_out` is how the
    carrier itself understood it (`Inbound.opt_out`), and then acted."""
    if opt_out and opt_out.lower() in _CARRIER_ACTS:
        return Reply(Kind(opt_out.lower()), carrier=True)
    language = language_of(locale)
    cleaned = clean(text)
    if cleaned in _CARRIER:
        return Reply(_CARRIER[cleaned], carrier=True)
    for candidate in _candidates(cleaned, language):
        words = candidate.split()
        if words and words[0] in _STOPS and _STOP_FILL.issuperset(words):
            return Reply(Kind.STOP)
        if candidate.isdecimal() and len(candidate) == 1:
            return Reply(_DIGITS.get(candidate, Kind.UNKNOWN), digit=int(candidate))
        found = _phrase(candidate, language)
        if found is not None:
            return Reply(found)
        first, _, rest = candidate.partition(" ")
        if rest and first in _DIGITS and _phrase(rest, language) == _DIGITS[first]:
            return Reply(_DIGITS[first], digit=int(first))
    minutes = _late(cleaned, language)
    return Reply(Kind.UNKNOWN) if minutes is None else Reply(Kind.LATE, minutes=minutes)


def _candidates(cleaned: str, language: str) -> Iterator[str]:
    yield cleaned
    polite = [*heard("en")["polite"], *heard(language)["polite"]]
    courteous = without(cleaned, polite)
    if courteous and courteous != cleaned:
        yield courteous


def _phrase(candidate: str, language: str) -> Kind | None:
    """A known phrase of English or the patient's language, with accents or without."""
    exact, folded = _phrases(language)
    return exact.get(candidate) or folded.get(plain(candidate))


@cache
def _phrases(language: str) -> tuple[dict[str, Kind], dict[str, Kind]]:
    exact: dict[str, Kind] = {}
    folded: dict[str, Kind] = {}
    for spoken in ("en", language):
        for kind, phrases in heard(spoken)["answers"].items():
            exact.update((clean(phrase), Kind(kind)) for phrase in phrases)
            folded.update((plain(phrase), Kind(kind)) for phrase in phrases)
    return exact, folded


def _late(cleaned: str, language: str) -> int | None:
    """Minutes, when the text says nothing but that somebody runs late and by how much."""
    own = heard(language)
    both = (heard("en"), own)
    late = [phrase for one in both for phrase in one["late"]]
    numbers = re.findall(r"\d+", cleaned)
    if len(numbers) != 1 or not known(late).search(re.sub(r"\d+", " ", cleaned)):
        return None
    rest = re.sub(r"\d+", " ", cleaned)
    for phrases in (late, [phrase for one in both for phrase in (*one["filler"], *one["polite"])]):
        rest = without(rest, phrases)
    minutes = int(numbers[0][:4])
    return minutes if not rest and 0 < minutes <= LATEST else None
