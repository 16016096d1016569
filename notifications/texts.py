"""The words we send, in every language, from an allow-list of harmless facts.

A text may say which practice, when, where to tap and whom to call; it has no way to say more. A clinician's name, a
reason, a patient's name or the kind of visit cannot be passed in, so they cannot leak (minimum necessary).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from notifications.mail_html import mail_html
from notifications.sms import normalise
from notifications.when import When, menu, normalise_spaces, when
from notifications.words_of import LOCALES, language_of, words

__all__ = [
    "ALLOWED", "ASKING", "KEYS", "LOCALES", "Channel", "ForbiddenContext", "Rendered", "When", "language_of", "menu",
    "neutral", "normalise_spaces", "render", "summary", "when", "words",
]  # fmt: skip

ALLOWED = frozenset({"clinic", "date", "time", "zone", "link", "phone", "menu", "minutes", "emergency", "code"})
HELPING = ("help_iphone", "help_android", "help_computer", "help_app", "help_voice", "help_join")
"""What to do next, for who is stuck: as long as a text that asks something."""
MAIL_KEYS = (
    "visit_confirmation", "visit_reminder", "visit_link", "visit_moved", "visit_colleague", "visit_choose",
    "visit_cancelled", "visit_missed", "visit_late", "visit_in_time", "visit_correction", "slot_offer", "new_message",
    "summons", "code", "fresh_link", *HELPING,
)  # fmt: skip
NEUTRAL_KEYS = (
    "neutral_ask",
    "neutral_link",
    "neutral_update",
    "neutral_time",
    "neutral_menu",
    "neutral_help",
)
REPLY_KEYS = (
    "reply_confirmed", "reply_offers", "reply_offers_again", "reply_moved", "reply_change", "reply_declined",
    "reply_gone", "reply_which", "reply_not_me", "reply_unknown", "reply_help", "reply_urgent", "reply_stopped",
    "reply_started", "reply_late", "reply_link", "reply_no_visit", "reply_wait",
)  # fmt: skip
STAFF_KEYS = ("staff_alert", "interpreter_asked", "interpreter_moved", "interpreter_off")
SMS_KEYS = (*MAIL_KEYS, *NEUTRAL_KEYS, *REPLY_KEYS, *STAFF_KEYS)
KEYS = SMS_KEYS
ASKING = frozenset(  # texts that ask for an answer
    ("visit_confirmation", "visit_reminder", "visit_choose", "slot_offer", "neutral_ask", "reply_offers",
     "reply_offers_again", "reply_declined")
)  # fmt: skip
UNSOLICITED = frozenset(("visit_confirmation", "visit_reminder", "slot_offer", "neutral_ask"))
"""What we write first and ask something in: these carry the HELP and STOP line."""
# A stranger with a wrong number, a call for help, a menu of two people's visits and what is off get no link.
LINKLESS = frozenset(
    ("visit_cancelled", "code", "neutral_menu", "neutral_help", "reply_which", "reply_not_me", "reply_unknown",
     "reply_help", "reply_urgent", "reply_stopped", "reply_started", "reply_no_visit", "reply_wait", "interpreter_off")
)  # fmt: skip
_NEUTRAL = {
    **dict.fromkeys(("visit_confirmation", "visit_reminder"), "neutral_ask"),
    **dict.fromkeys(("visit_link", *HELPING), "neutral_link"),
    **dict.fromkeys(
        ("visit_moved", "visit_colleague", "visit_cancelled", "visit_missed", "visit_late", "visit_in_time",
         "visit_correction", "slot_offer", "summons",
         "reply_change", "reply_declined", "reply_gone", "reply_late", "reply_link", "fresh_link"),
        "neutral_update",
    ),
    **dict.fromkeys(("reply_confirmed", "reply_moved"), "neutral_time"),
    **dict.fromkeys(("visit_choose", "reply_offers", "reply_offers_again", "reply_which"), "neutral_menu"),
    **dict.fromkeys(
        ("reply_not_me", "reply_unknown", "reply_help", "reply_stopped", "reply_started", "reply_no_visit",
         "reply_wait"),
        "neutral_help",
    ),
    "code": "code",  # asked for a moment ago, by whoever holds the phone
    "reply_urgent": "reply_urgent",  # a life comes before a secret
}  # fmt: skip

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_VALUE = re.compile(r"[^\x00-\x1f\x7f{}]{1,400}")
_LINK = re.compile(r"https?://[!-~]{1,380}")


class Channel(StrEnum):
    """How a text travels. Answers to a text (`reply_*`) travel by SMS only."""

    SMS = "sms"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Rendered:
    """Words ready to send. `subject` and `html` are empty for anything but a mail."""

    text: str
    subject: str = ""
    html: str = ""


class ForbiddenContext(ValueError):
    """A caller tried to put something into a text that no text may say."""


def neutral(key: str) -> str | None:
    """The key that says the same on a phone that others may read: no practice, no kind of notice. None: say nothing,
    because there is no neutral way to say that a message waits."""
    return _NEUTRAL.get(key)


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
    if channel == Channel.SMS and "sms" in text:
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
