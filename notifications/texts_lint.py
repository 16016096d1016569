"""A reader of every template who never tires: same keys, same facts, no carrier words, nothing clinical, no more
segments than promised. Which words are which stands in heard/<language>.toml.

Segments are counted whole: with the practice's name, date, time and zone of the sample, and a link as long as ours
really are INCLUDED, because that is what the phone receives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from notifications.sms import Segments, segments
from notifications.texts import (
    ALLOWED,
    ASKING,
    HELPING,
    KEYS,
    LINKLESS,
    LOCALES,
    MAIL_KEYS,
    SMS_KEYS,
    UNSOLICITED,
    Channel,
    menu,
    placeholders,
    render,
    when,
    words,
)
from notifications.words_of import heard, language_of

SAMPLE_CLINIC = "Riverside Clinic"
SAMPLE_LINK = (
    "https://visits.example.org/j/" + "Kq2m" * 5 + "Kq" + "#" + "Kq2m" * 10 + "Kq2"
)  # as access/links.py makes it
SAMPLE_PHONE = "+1 415 555 0142"
SAMPLE_START = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
COUNTED = (*LOCALES, "en-US", "es-MX")
# (segments of a text that asks for an answer, of any other): known before sending for every locale. Words outside
# GSM-7 cost UCS-2, where the link alone is a segment and a half.
LIMITS = {"en": (2, 1), "ar": (5, 3), "hi": (5, 3), "uk": (4, 3), "zh": (4, 3)}
LIMIT = (2, 2)


def lint_texts() -> list[str]:
    """Every fault in every text, one sentence each; empty when all is well."""
    faults: list[str] = []
    for language in LOCALES:
        faults += _keys(language)
        for key in KEYS:
            for channel, template in words(language).get(key, {}).items():
                faults += [
                    f"{language} {key} {channel}: {fault}" for fault in lint_template(template, language, channel)
                ]
            faults += _same_facts(language, key)
    return faults + list(_too_long())


def lint_template(template: str, language: str, channel: str) -> list[str]:
    """The faults of one template: unknown facts, clinical words, and in an SMS the carriers' words."""
    faults = [f"unknown placeholder {{{name}}}" for name in sorted(placeholders(template) - ALLOWED)]
    if template.count("{") != len(re.findall(r"\{\w+\}", template)) or template.count("{") != template.count("}"):
        faults.append("broken braces")
    bare = re.sub(r"\{\w*\}", " ", template)
    faults += [f"clinical word {word}" for word in _found("clinical", language, bare)]
    if channel == "sms":
        bare = _without_help_line(bare, language)
        faults += [f"carrier word {word}" for word in _found("carrier", language, bare)]
        asked = re.findall(heard(language)["lint"]["ask"], bare, re.IGNORECASE)
        faults += [f"asks for the word {word}, not a digit" for word in asked if not word.isdecimal()]
    return faults


def text_segments() -> dict[tuple[str, str], Segments]:
    """(locale, key) -> the segments of the sample SMS."""
    return {(locale, key): segments(sample(key, locale)) for locale in COUNTED for key in SMS_KEYS}


def sample(key: str, locale: str) -> str:
    """What a patient in Lisbon would get."""
    starts = [when(SAMPLE_START + timedelta(days=day), "Europe/Lisbon", locale) for day in range(3)]
    facts = {
        "clinic": SAMPLE_CLINIC, "link": SAMPLE_LINK, "phone": SAMPLE_PHONE, "minutes": "15", "emergency": "112",
        "code": "482913", "menu": menu(starts), **starts[0].context(),
    }  # fmt: skip
    return render(key, Channel.SMS, locale, **facts).text


def _keys(language: str) -> Iterator[str]:
    have, want = set(words(language)), {"chrome", *KEYS}
    yield from (f"{language} lacks {key}" for key in sorted(want - have))
    yield from (f"{language} has an unknown {key}" for key in sorted(have - want))
    for found, model, mine in (
        ("chrome", words("en")["chrome"], words(language)["chrome"]),
        ("heard", heard("en"), heard(language)),
        ("answers", heard("en")["answers"], heard(language)["answers"]),
    ):
        if set(model) != set(mine):
            yield f"{language} {found} differs in {', '.join(sorted(set(model) ^ set(mine)))}"


def _same_facts(language: str, key: str) -> Iterator[str]:
    model, mine = words("en").get(key, {}), words(language).get(key, {})
    wanted = {"sms", "subject", "mail"} if key in MAIL_KEYS else {"sms"}
    if set(mine) != wanted:
        yield f"{language} {key}: must have exactly {', '.join(sorted(wanted))}"
    for part in set(model) & set(mine):
        if placeholders(model[part]) != placeholders(mine[part]):
            yield f"{language} {key} {part}: not the same placeholders as English"
    if mine.get("sms", "").count("{link}") != (key not in LINKLESS):
        yield f"{language} {key} sms: must hold {'no' if key in LINKLESS else 'the one'} link"
    if key in UNSOLICITED and words(language)["chrome"]["help_line"] not in mine.get("sms", ""):
        yield f"{language} {key} sms: lacks the HELP and STOP line"


def _too_long() -> Iterator[str]:
    for (locale, key), counted in text_segments().items():
        asking, other = LIMITS.get(language_of(locale), LIMIT)
        limit = asking if key in ASKING or key in HELPING else other
        if counted.count > limit:
            yield f"{locale} {key} sms: {counted.count} segments ({counted.units} units), at most {limit}"


def _without_help_line(text: str, language: str) -> str:
    """Where the carriers' words belong: the HELP and STOP line, its STOP half alone, and how to come back."""
    chrome = words(language)["chrome"]
    line = chrome["help_line"]
    for allowed in (line, line[line.index("STOP") :], chrome["start_line"]):
        text = text.replace(allowed, " ")
    return text


def _found(kind: str, language: str, text: str) -> list[str]:
    """Whole words only, English ones in every language: a carrier reads English everywhere. Chinese has no spaces, so
    there a word is found wherever it stands."""
    found = {word for word in {*heard("en")["lint"][kind], *heard(language)["lint"][kind]} if _stands(word, text)}
    if language == "zh":
        found |= {word for word in heard("zh")["lint"][kind] if word in text}
    return sorted(found)


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
