"""The words we send, in every language, from an allow-list of harmless facts.

A text may say which practice, when, where to tap and whom to call; it has no way to say more. A clinician's name, a
reason, a patient's name or the kind of visit cannot be passed in, so they cannot leak (minimum necessary).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_timezone_location

from notifications.mail_html import mail_html
from notifications.sms import normalise

LOCALES = ("en", "es", "ar")
ALLOWED = frozenset({"clinic", "date", "time", "zone", "link", "phone"})
VISIT_KEYS = ("visit_confirmation", "visit_reminder", "visit_link", "visit_moved", "visit_cancelled")
REPLY_KEYS = (
    "reply_confirmed",
    "reply_change",
    "reply_declined",
    "reply_not_me",
    "reply_unknown",
    "reply_help",
)
KEYS = (*VISIT_KEYS, "new_message", "summons", *REPLY_KEYS)
# The stranger who holds a wrong number gets no link; a call for help gets the phone number instead.
LINKLESS = frozenset({"reply_not_me", "reply_help"})

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_VALUE = re.compile(r"[^\x00-\x1f\x7f{}]{1,400}")
_LINK = re.compile(r"https?://[!-~]{1,380}")
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


class Channel(StrEnum):
    """How a text travels. Answers to a text (`reply_*`) travel by SMS only."""

    SMS = "sms"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Rendered:
    """Words ready to send. `subject` and `html` are empty for an SMS."""

    text: str
    subject: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """A start, said in the patient's language: feed it to `render` with `**when.context()`."""

    date: str
    time: str
    zone: str

    def context(self) -> dict[str, str]:
        """The three placeholders."""
        return {"date": self.date, "time": self.time, "zone": self.zone}


class ForbiddenContext(ValueError):
    """A caller tried to put something into a text that no text may say."""


def language_of(locale: str) -> str:
    """The language whose words we have for a BCP 47 locale; English when we have none."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in LOCALES else "en"


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """The whole file of one language: chrome and texts."""
    return tomllib.loads(files("notifications").joinpath(f"words/{language}.toml").read_text("utf-8"))


def placeholders(template: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(_PLACEHOLDER.findall(template))


def render(key: str, channel: str, locale: str, **context: str) -> Rendered:
    """The words for one message.

    Raises ForbiddenContext for a fact outside the allow-list, and ValueError for an unknown key, a key without this
    channel, a missing fact, or a fact of more than one line.
    """
    language = language_of(locale)
    _check_context(context)
    text = words(language).get(key) if key in KEYS else None
    if text is None:
        raise ValueError(f"There is no text called {key}.")
    if channel == Channel.SMS:
        direction = words(language)["chrome"]["direction"]
        body = normalise(_fill(text["sms"], context, direction))
        # A phone takes the direction of the first strong letter, and a text often begins with the practice's name.
        return Rendered(text=f"\u200f{body}" if direction == "rtl" else body)
    if channel == Channel.MAIL and "mail" in text:
        return _render_mail(text, words(language)["chrome"], language, context)
    raise ValueError(f"The text {key} does not travel by {channel}.")


def _render_mail(
    text: Mapping[str, str], chrome: Mapping[str, str], language: str, context: dict[str, str]
) -> Rendered:
    direction = chrome["direction"]
    paragraphs = [" ".join(part.split()) for part in text["mail"].strip().split("\n\n")]
    subject = _fill(text["subject"], context, direction)
    link = context.get("link")
    if link is None:
        raise ValueError("The text lacks: link.")
    plain = [_fill(part, context, direction) for part in paragraphs]
    plain += [f"{chrome['open']}:\n{link}", _fill(chrome["call"], context, direction), chrome["private"]]
    html = mail_html(
        language=language,
        direction=direction,
        heading=subject,
        paragraphs=paragraphs,
        button=chrome["open"],
        link=link,
        footer=[chrome["call"], chrome["private"]],
        values=context,
    )
    return Rendered(text="\n\n".join(plain) + "\n", subject=_one_line(subject), html=html)


def summary(clinic: str, locale: str) -> str:
    """The calendar's title for a visit: the practice and nothing else."""
    _check_context({"clinic": clinic})
    return words(language_of(locale))["chrome"]["summary"].replace("{clinic}", clinic)


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
    spoken = [format_skeleton("MMMEd", local, locale=habits), format_time(local, "short", locale=habits)]
    date, time = (_digits(normalise_spaces(part), habits) for part in spoken)
    return When(date=date, time=time, zone=_zone_words(zone, habits, language_of(locale)))


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


def _check_context(context: Mapping[str, object]) -> None:
    foreign = sorted(set(context) - ALLOWED)
    if foreign:
        raise ForbiddenContext(f"No text may say: {', '.join(foreign)}. Only {', '.join(sorted(ALLOWED))}.")
    for name, value in context.items():
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise ValueError(f"The value of {name} must be one line of at most 400 characters without braces.")
    link = context.get("link")
    if isinstance(link, str) and not _LINK.fullmatch(link):
        raise ValueError("The link must be one web address.")


def _fill(template: str, context: Mapping[str, str], direction: str) -> str:
    missing = sorted(placeholders(template) - set(context))
    if missing:
        raise ValueError(f"The text lacks: {', '.join(missing)}.")
    values = dict(context)
    if direction == "rtl" and "phone" in values:
        values["phone"] = f"\u2066{values['phone']}\u2069"  # isolate: +351 must not read 351+ between Arabic words
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def _one_line(text: str) -> str:
    return " ".join(text.split())
