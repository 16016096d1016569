"""Numbers as people write them; reserved ranges only where asked for."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.numbers import is_fictional, parse_phone, show_phone


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("912 345 678", "PT", "+351912345678"),
        ("+351 912 345 678", "US", "+351912345678"),
        ("(020) 7183 8750", "gb", "+442071838750"),
        ("00 44 20 7183 8750", "PT", "+442071838750"),
        ("٩١٢٣٤٥٦٧٨", "PT", "+351912345678"),
    ],
)
def test_a_number_is_read_as_its_region_writes_it(text, region, expected):
    assert parse_phone(text, region) == expected


@pytest.mark.parametrize(
    "text",
    [
        "+1 415 555 0101",
        "+1 212 555 0199",
        "+44 7700 900123",
        "+44 20 7946 0018",
        "+61 491 570 156",
        "+33 6 39 98 12 34",
    ],
)
def test_reserved_numbers_are_only_for_fiction(text):
    number = parse_phone(text, "US", fictional=True)
    assert number == "+" + "".join(char for char in text if char.isdigit())
    assert is_fictional(number)
    with pytest.raises(ValueError, match="reserved for examples"):
        parse_phone(text, "US")


@pytest.mark.parametrize(
    "text", ["", "hello", "555-1234", "0044 20 7183 8750", "+999 123 456", "911", "+1 900 555 4321"]
)
def test_nonsense_is_refused_in_one_sentence_that_does_not_repeat_it(text):
    for fictional in (True, False):
        with pytest.raises(ValueError) as refused:
            parse_phone(text, "US", fictional=fictional)
        assert str(refused.value).endswith(".")
        assert not text or text not in str(refused.value)


def test_an_extension_cannot_receive_texts():
    with pytest.raises(ValueError, match="extension"):
        parse_phone("+44 20 7183 8750 ext 12", "GB")


@given(st.text(max_size=40), st.sampled_from(["US", "GB", "PT", "ES", "EG"]), st.booleans())
def test_whatever_is_typed_gives_e164_or_value_error(text, region, fictional):
    try:
        number = parse_phone(text, region, fictional=fictional)
    except ValueError:
        return
    assert number.startswith("+")
    assert number[1:].isdigit()
    assert parse_phone(number, "FR", fictional=fictional) == number


@given(st.sampled_from(["US", "GB", "PT", "ES", "EG", "MX"]), st.integers(min_value=0, max_value=2))
def test_every_way_of_writing_one_number_is_the_same_number(region, form):
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert parse_phone(phonenumbers.format_number(example, form), region, fictional=True) == phonenumbers.format_number(
        example, phonenumbers.PhoneNumberFormat.E164
    )


def test_a_number_is_shown_as_its_reader_expects():
    assert show_phone("+351912345678", "pt") == "912 345 678"
    assert show_phone("+351912345678", "US") == "+351 912 345 678"
