"""One spelling for many: folding is stable, search finds what people type."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.vault.normal import PREFIX, email, fold, name_matches, phone, prefixes, search_starts, words

TEXT = st.text(max_size=40)
LETTERS = st.text(st.characters(categories=("Lu", "Ll", "Lt", "Lo", "Mn", "Mc")), min_size=1, max_size=12)


@given(TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXT)
def test_words_of_words_are_the_words(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@given(TEXT)
def test_every_unicode_form_gives_the_same_words(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert words(unicodedata.normalize(form, text)) == words(text)


@given(st.text("abcdefghijklmnopqrstuvwxyzàéîõüßçñåøłđœ -'", max_size=30))
def test_upper_and_lower_case_give_the_same_words(text: str) -> None:
    assert words(text.upper()) == words(text.lower()) == words(text)


@given(LETTERS, LETTERS)
def test_whatever_starts_a_word_finds_it(first: str, last: str) -> None:
    name = f"{first} {last}"
    stored = prefixes(name)
    for word in words(name):
        for length in range(1, len(word) + 1):
            typed = word[:length]
            if words(typed) == [typed]:  # not a slice that splits a letter from its mark
                assert search_starts(typed) <= stored
                assert name_matches(name, typed)


@given(TEXT)
def test_prefixes_are_short_and_start_a_word_or_stand_in_a_cjk_word(text: str) -> None:
    assert all(1 <= len(start) <= PREFIX for start in prefixes(text))
    assert all(any(start in word for word in words(text)) for start in prefixes(text))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Zoë O'Brien-Łukasz", ["zoe", "obrien", "lukasz"]),
        ("O\u2019BRIEN", ["obrien"]),
        ("José  Muñoz", ["jose", "munoz"]),
        ("Jose\u0301 Mun\u0303oz", ["jose", "munoz"]),
        ("IŞIK", ["isik"]),
        ("Işık", ["isik"]),
        ("Straße", ["strasse"]),
        ("STRASSE", ["strasse"]),
        ("ΟΔΥΣΣΕΥΣ", ["οδυσσευσ"]),
        ("Οδυσσεύς", ["οδυσσευσ"]),
        ("Ｙａｍａｄａ", ["yamada"]),
        ("مُحَمَّد", ["محمد"]),
        ("محـمد", ["محمد"]),
        ("דָּוִד", ["דוד"]),
        ("が", ["が"]),
        ("か", ["か"]),
        ("रीता", ["रीता"]),
        ("김철수", ["김철수"]),
        ("!?", []),
    ],
)
def test_names_of_many_scripts(written: str, expected: list[str]) -> None:
    assert words(written) == expected


@pytest.mark.parametrize(
    ("name", "typed", "found"),
    [
        ("Maria Muñoz", "mun", True),
        ("Maria Muñoz", "MAR muñ", True),
        ("Maria Muñoz", "muno mari", True),
        ("Maria Muñoz", "ria", False),
        ("Maria Muñoz", "marina", False),
        ("Maria Muñoz", "", False),
        ("山田太郎", "山", True),
        ("山田太郎", "太", True),
        ("山田太郎", "太郎", True),
        ("山田太郎", "郎太", False),
        ("김철수", "철", True),
        ("Annette Marshall", "anneliese", False),
    ],
)
def test_searches(name: str, typed: str, found: bool) -> None:
    assert name_matches(name, typed) is found
    if found:
        assert search_starts(typed) <= prefixes(name)


def test_the_stored_prefixes_of_a_name_are_exactly_these() -> None:
    assert prefixes("Maria Li") == {"m", "ma", "mar", "mari", "l", "li"}
    assert prefixes("山田") == {"山", "山田", "田"}


@pytest.mark.parametrize(
    "written",
    [
        "+14155550142",
        "+1 415 555 0142",
        "+1 (415) 555-0142",
        "+1.415.555.0142",
        "+1\u00a0415\u2011555\u20110142",
        "＋１４１５５５５０１４２",
        "\u202a+1 415 555 0142\u202c",
        "+١٤١٥٥٥٥٠١٤٢",
    ],
)
def test_one_number_in_any_formatting(written: str) -> None:
    assert phone(written) == "+14155550142"


@given(st.integers(1_000_000, 999_999_999_999_999), st.lists(st.sampled_from(" -.()/"), max_size=12))
def test_separators_never_change_a_number(number: int, between: list[str]) -> None:
    digits = str(number)
    spaced = "".join(digit + (between[at] if at < len(between) else "") for at, digit in enumerate(digits))
    assert phone(f"+{spaced}") == f"+{digits}"


@pytest.mark.parametrize("wrong", ["", "4155550142", "+0415", "+1415555014x", "+1234567890123456", "+12"])
def test_what_is_no_number_is_refused_without_being_quoted(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^not an E\.164 phone number$"):
        phone(wrong)


def test_addresses() -> None:
    assert email(" Pat@Example.ORG ") == "pat@example.org"
    for wrong in ("", "pat", "@example.org", "pat@", "a b@example.org"):
        with pytest.raises(ValueError, match="^not an e-mail address$"):
            email(wrong)
