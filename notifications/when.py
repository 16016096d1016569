"""A start said in words: date, time and zone as the patient's locale has them (CLDR by Babel)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_timezone_location

from notifications.words_of import language_of, words

_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True, slots=True)
class When:
    """A start, said in the patient's language: feed it to `render` with `**when.context()`."""

    date: str
    time: str
    zone: str

    def context(self) -> dict[str, str]:
        """The three placeholders."""
        return {"date": self.date, "time": self.time, "zone": self.zone}


def when(start: datetime, zone: str, locale: str) -> When:
    """A start instant (aware) as date, time and zone in words, in the IANA `zone`.

    12 or 24 hours as the locale has it; plain `en` follows British habit (Tue 24 Nov 14:30), `en-US` American. No
    U+202F. Digits are those of the locale. Raises ValueError for a naive instant or an unknown zone.
    """
    if start.tzinfo is None:
        raise ValueError("A visit's start must be an aware instant.")
    try:
        local = start.astimezone(ZoneInfo(zone))
    except (KeyError, OSError) as error:
        raise ValueError("The time zone is not in the IANA list.") from error
    habits = _habits(locale)
    said = [
        format_skeleton("MMMEd", local, locale=habits),
        format_time(local, "short", locale=habits),
    ]
    date, time = (_digits(normalise_spaces(part), habits) for part in said)
    return When(date=date, time=time, zone=_zone_words(zone, habits, language_of(locale)))


def menu(choices: Sequence[When]) -> str:
    """Choices by digit, `1: Tue 24 Nov 14:30 / 2: ...`; the digits are the ones a patient types."""
    return " / ".join(f"{digit}: {one.date} {one.time}" for digit, one in enumerate(choices, 1))


def normalise_spaces(text: str) -> str:
    """Every kind of space is a plain one: U+202F alone would turn a text into UCS-2."""
    return " ".join(text.split())


def _habits(locale: str) -> Locale:
    """Whose dates and clock to use: the territory's when we know it, else those of the language of our words."""
    language, _, rest = locale.replace("-", "_").partition("_")
    spoken = language_of(locale)
    tag = f"{spoken}_{rest}" if rest and language.lower() == spoken else spoken
    try:
        return Locale.parse("en_GB" if tag == "en" else tag)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB" if spoken == "en" else spoken)


def _digits(text: str, habits: Locale) -> str:
    return text.translate(_ARABIC_DIGITS) if habits.default_numbering_system == "arab" else text


def _zone_words(zone: str, habits: Locale, language: str) -> str:
    chrome = words(language)["chrome"]
    city = get_timezone_location(zone, locale=habits, return_city=True).rpartition("/")[2]
    if zone.upper() in ("UTC", "ETC/UTC", "GMT", "ETC/GMT") or not city:
        return chrome["utc"]
    return chrome["zone"].replace("{city}", normalise_spaces(city))
