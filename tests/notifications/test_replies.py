"""Answers by text: sure or unknown, and the carriers' words before all else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.replies import Kind, Reply, classify


@pytest.mark.parametrize(
    ("text", "locale", "kind"),
    [
        ("1", "en", Kind.CONFIRM),
        (" 1. ", "en-GB", Kind.CONFIRM),
        ("(2)", "en", Kind.CHANGE),
        ("3!", "es", Kind.DECLINE),
        ("4", "ar", Kind.NOT_ME),
        ("١", "ar", Kind.CONFIRM),
        ("٢", "ar-EG", Kind.CHANGE),
        ("۳", "ar", Kind.DECLINE),
        ("１", "en", Kind.CONFIRM),
        ("1 please", "en", Kind.CONFIRM),
        ("1 confirm", "en", Kind.CONFIRM),
        ("1, gracias", "es", Kind.CONFIRM),
        ("شكرا ١", "ar", Kind.CONFIRM),
        ("I can’t come", "en", Kind.DECLINE),
        ("Yes!", "en", Kind.CONFIRM),
        ("ok", "en", Kind.CONFIRM),
        ("Sí", "es", Kind.CONFIRM),
        ("SI", "es_MX", Kind.CONFIRM),
        ("No puedo", "es", Kind.DECLINE),
        ("número equivocado", "es", Kind.NOT_ME),
        ("نَعَم", "ar", Kind.CONFIRM),
        ("لا أستطيع الحضور", "ar", Kind.DECLINE),
        ("إلغاء", "ar", Kind.STOP),
        ("Ayuda", "es", Kind.HELP),
        ("baja", "es", Kind.STOP),
        ("stop texting me please", "en", Kind.STOP),
        ("yes", "ar", Kind.CONFIRM),
    ],
)
def test_plain_answers_are_understood(text, locale, kind):
    assert classify(text, locale) == Reply(kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((word, Kind.STOP) for word in ("STOP", "stop.", "Stopall", "UNSUBSCRIBE", "cancel", "End", "QUIT", "revoke")),
        *((word, Kind.STOP) for word in ("OptOut", "opt-out", "opt out")),
        ("HELP", Kind.HELP),
        ("info", Kind.HELP),
        ("START", Kind.START),
        ("unstop", Kind.START),
    ],
)
@pytest.mark.parametrize("locale", ["en", "es", "ar", "fr"])
def test_carrier_keywords_are_the_carriers_in_every_locale(text, kind, locale):
    assert classify(text, locale) == Reply(kind, carrier=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "1 2",
        "1 or 2?",
        "2 pm is fine",
        "1 change",
        "no",
        "Can I stop by at 3?",
        "running late 10",
        "👍",
        "si",
        "5",
    ],
)
def test_unsure_is_unknown(text):
    assert classify(text, "en") == Reply(Kind.UNKNOWN)


def test_another_languages_words_are_not_guessed():
    assert classify("no puedo", "ar").kind is Kind.UNKNOWN
    assert classify("2", "fr").kind is Kind.CHANGE


@given(st.text(max_size=60), st.text(max_size=8))
def test_any_text_has_exactly_one_meaning(text, locale):
    assert isinstance(classify(text, locale), Reply)


@given(st.sampled_from("1234"), st.sampled_from(["en", "es", "ar"]), st.text(alphabet=" .!,;:()*-\n\u200f", max_size=6))
def test_punctuation_around_a_digit_changes_nothing(digit, locale, around):
    assert classify(around + digit + around, locale) == classify(digit, locale)
