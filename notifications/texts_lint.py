"""A reader of every template who never tires: same keys, same facts, no carrier words, nothing clinical.

Segments are counted whole: with the practice's name, date, time and zone of the sample, and a link of 75 characters
INCLUDED, because that is what the phone receives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from notifications.sms import Segments, segments
from notifications.texts import ALLOWED, KEYS, LINKLESS, LOCALES, REPLY_KEYS, Channel, placeholders, render, when, words

SAMPLE_CLINIC = "Riverside Clinic"
SAMPLE_LINK = "https://visits.example.org/v#" + "Kq2m" * 11 + "Kq"
SAMPLE_PHONE = "+1 415 555 0142"
SAMPLE_START = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
ASKING = ("visit_confirmation", "visit_reminder")  # texts that ask for a reply may take two segments
LIMITED = ("en", "en-US", "es", "es-MX")  # Arabic needs UCS-2 and is known, not limited

# Words on which a carrier acts (FCC list, Twilio's opt-in words), and their like in our other languages.
_CARRIER = {
    "en": (
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "opt out",
        "opt-out",
        "unsubscribe",
        "stop",
        "stopall",
        "yes",
        "start",
    ),
    "es": ("cancelar", "cancele", "baja", "alto", "parar", "pare", "fin", "sí", "alta"),
    "ar": ("إلغاء", "الغاء", "إيقاف", "ايقاف", "توقف", "نعم", "ابدأ"),
}
# What a glance at a locked phone must not reveal.
# fmt: off
_CLINICAL = {
    "en": (
        "video", "doctor", "dr", "nurse", "clinician", "therapist", "therapy", "specialist", "patient",
        "diagnosis", "diagnostic", "result", "results", "treatment", "medication", "medicine",
        "prescription", "symptom", "symptoms", "disease", "illness", "mental", "psychiatry", "psychology",
        "pregnancy", "cancer", "hiv", "surgery", "blood", "consultation",
    ),
    "es": (
        "vídeo", "video", "videollamada", "doctor", "doctora", "médico", "médica", "enfermera",
        "especialista", "paciente", "diagnóstico", "resultado", "resultados", "tratamiento", "medicación",
        "receta", "síntoma", "síntomas", "enfermedad", "terapia", "salud", "consulta", "sangre",
    ),
    "ar": (
        "فيديو", "طبيب", "الطبيب", "طبيبة", "دكتور", "ممرضة", "أخصائي", "مريض", "المريض", "تشخيص", "نتيجة",
        "نتائج", "علاج", "العلاج", "دواء", "وصفة", "أعراض", "مرض", "استشارة", "صحة",
    ),
}
# fmt: on
_ASK = {
    "en": r"\b(?:reply|answer|text|send)\s+(?:with\s+)?(\w+)",
    "es": r"\b(?:responda|conteste|envíe|escriba)\s+(?:con\s+)?(\w+)",
    "ar": r"(?:أرسل|أجب|اكتب|رد)\s+(\w+)",
}


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
    faults += [f"clinical word {word}" for word in _found(_CLINICAL, language, bare)]
    if channel == "sms":
        bare = _without_help_line(bare, language)
        faults += [f"carrier word {word}" for word in _found(_CARRIER, language, bare)]
        asked = re.findall(_ASK[language], bare, re.IGNORECASE)
        faults += [f"asks for the word {word}, not a digit" for word in asked if not word.isdecimal()]
    return faults


def text_segments() -> dict[tuple[str, str], Segments]:
    """(locale, key) -> the segments of the sample SMS."""
    return {(locale, key): segments(sample(key, locale)) for locale in (*LIMITED, "ar") for key in KEYS}


def sample(key: str, locale: str) -> str:
    """The SMS a patient in Lisbon would get."""
    moment = when(SAMPLE_START, "Europe/Lisbon", locale).context()
    facts = {"clinic": SAMPLE_CLINIC, "link": SAMPLE_LINK, "phone": SAMPLE_PHONE, **moment}
    return render(key, Channel.SMS, locale, **facts).text


def _keys(language: str) -> Iterator[str]:
    have, want = set(words(language)), {"chrome", *KEYS}
    yield from (f"{language} lacks {key}" for key in sorted(want - have))
    yield from (f"{language} has an unknown {key}" for key in sorted(have - want))
    model, mine = words("en")["chrome"], words(language)["chrome"]
    if set(model) != set(mine):
        yield f"{language} chrome differs in {', '.join(sorted(set(model) ^ set(mine)))}"


def _same_facts(language: str, key: str) -> Iterator[str]:
    model, mine = words("en").get(key, {}), words(language).get(key, {})
    wanted = {"sms"} if key in REPLY_KEYS else {"sms", "subject", "mail"}
    if set(mine) != wanted:
        yield f"{language} {key}: must have exactly {', '.join(sorted(wanted))}"
    for part in set(model) & set(mine):
        if placeholders(model[part]) != placeholders(mine[part]):
            yield f"{language} {key} {part}: not the same placeholders as English"
    if mine.get("sms", "").count("{link}") != (key not in LINKLESS):
        yield f"{language} {key} sms: must hold {'no' if key in LINKLESS else 'the one'} link"
    if key in ASKING and words(language)["chrome"]["help_line"] not in mine.get("sms", ""):
        yield f"{language} {key} sms: lacks the HELP and STOP line"


def _too_long() -> Iterator[str]:
    for (locale, key), counted in text_segments().items():
        limit = 2 if key in ASKING else 1
        if locale in LIMITED and counted.count > limit:
            yield f"{locale} {key} sms: {counted.count} segments ({counted.units} units), at most {limit}"


def _without_help_line(text: str, language: str) -> str:
    """The one place where the carriers' words belong: our HELP and STOP line, or its STOP half alone."""
    line = words(language)["chrome"]["help_line"]
    stop_half = line[line.index("STOP") :]
    return text.replace(line, " ").replace(stop_half, " ")


def _found(table: dict[str, tuple[str, ...]], language: str, text: str) -> list[str]:
    """Whole words only, English ones in every language: a carrier reads English everywhere."""
    lists = {*table["en"], *table[language]}
    return sorted(word for word in lists if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE))
