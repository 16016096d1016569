"""What a patient's answer by text means. Sure or not at all: what is not plainly understood goes to a person.

Digits are the language of our texts: 1 confirm, 2 change, 3 can't come, 4 not me. The carriers' own words come first,
because the carrier acts on them whatever we think (FCC 47 CFR 64.1200(a)(10), Twilio's default keywords).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the patient wants."""

    CONFIRM = "confirm"
    CHANGE = "change"
    DECLINE = "decline"
    NOT_ME = "not_me"
    HELP = "help"
    STOP = "stop"
    START = "start"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reply:
    """`carrier` is true for the carriers' keywords: the carrier answers those itself, so we stay quiet."""

    kind: Kind
    carrier: bool = False


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
    ("stop", "texting", "messaging", "messages", "texts", "sms", "all", "me", "please", "sending", "it", "now")
)

_SYNONYMS: dict[str, dict[Kind, tuple[str, ...]]] = {
    "en": {
        Kind.CONFIRM: (
            "yes",
            "y",
            "ok",
            "okay",
            "confirm",
            "confirmed",
            "i confirm",
            "i will be there",
            "see you then",
        ),
        Kind.CHANGE: ("change", "reschedule", "move", "another time", "different time"),
        Kind.DECLINE: ("cant come", "i cant come", "cannot come", "i cannot come", "cant make it", "i cant make it"),
        Kind.NOT_ME: ("not me", "wrong number", "wrong person"),
        Kind.STOP: ("do not text me", "dont text me", "no more texts"),
    },
    "es": {
        Kind.CONFIRM: ("si", "sí", "vale", "confirmo", "confirmar", "confirmado", "alli estare", "allí estaré"),
        Kind.CHANGE: ("cambiar", "cambio", "otra hora", "otro dia", "otro día"),
        Kind.DECLINE: ("no puedo", "no puedo ir", "no ire", "no iré"),
        Kind.NOT_ME: ("no soy yo", "numero equivocado", "número equivocado"),
        Kind.HELP: ("ayuda",),
        Kind.STOP: ("baja", "alto", "parar", "no mas mensajes", "no más mensajes", "darme de baja"),
        Kind.START: ("alta",),
    },
    "ar": {
        Kind.CONFIRM: ("نعم", "اجل", "موافق", "اؤكد", "تاكيد", "تمام"),
        Kind.CHANGE: ("تغيير", "موعد اخر", "وقت اخر"),
        Kind.DECLINE: ("لا استطيع", "لا استطيع الحضور", "لن احضر"),
        Kind.NOT_ME: ("لست انا", "رقم خاطئ", "رقم خطا"),
        Kind.HELP: ("مساعدة",),
        Kind.STOP: ("توقف", "ايقاف", "الغاء", "الغاء الاشتراك", "لا ترسلوا"),
        Kind.START: ("ابدا", "بدء"),
    },
}
_POLITE = {
    "en": ("please", "thanks", "thank you", "thx", "ok"),
    "es": ("por favor", "gracias", "vale"),
    "ar": ("من فضلك", "شكرا", "شكرا لكم", "لو سمحت"),
}
_ALEF = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي"})


def _clean(text: str) -> str:
    """Case, digits of any script, punctuation, Arabic vowel signs and alef forms set aside."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_ALEF)
    out: list[str] = []
    for char in folded:
        if char.isdecimal():
            out.append(str(unicodedata.decimal(char)))
        elif char.isalpha():
            out.append(char)
        elif char in "'’‘`" or unicodedata.category(char) in ("Mn", "Cf") or char == "ـ":
            continue
        else:
            out.append(" ")
    return " ".join("".join(out).split())


def _phrases(language: str) -> dict[str, Kind]:
    """Every known phrase of English and the patient's language, cleaned as the text will be."""
    found: dict[str, Kind] = {}
    for spoken in {"en", language}:
        for kind, words in _SYNONYMS.get(spoken, {}).items():
            found.update((_clean(word), kind) for word in words)
    return found


def _without_politeness(text: str, language: str) -> str:
    for word in {*_POLITE["en"], *_POLITE.get(language, ())}:
        text = re.sub(rf"(?:^|(?<= )){re.escape(_clean(word))}(?= |$)", " ", text)
    return " ".join(text.split())


def classify(text: str, locale: str) -> Reply:
    """The meaning of a reply in the patient's locale (BCP 47), or UNKNOWN for a person to read."""
    language = locale.replace("_", "-").split("-")[0].lower()
    clean = _clean(text)
    if clean in _CARRIER:
        return Reply(_CARRIER[clean], carrier=True)
    words = clean.split()
    if words and words[0] == "stop" and _STOP_FILL.issuperset(words):
        return Reply(Kind.STOP)
    phrases = {**_phrases(language), **_DIGITS}
    for candidate in (clean, _without_politeness(clean, language)):
        if candidate in phrases:
            return Reply(phrases[candidate])
        first, _, rest = candidate.partition(" ")
        if rest and first in _DIGITS and phrases.get(rest) == _DIGITS[first]:
            return Reply(_DIGITS[first])
    return Reply(Kind.UNKNOWN)
