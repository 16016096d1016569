"""Phone numbers in and out of E.164 (ITU-T E.164), read the way people write them."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

# Ranges kept for fiction and examples by each regulator: NANPA 555 line numbers, Ofcom's drama numbers,
# ACMA's and ARCEP's lists. Nobody answers there, so a real practice must not store them.
_FICTIONAL = tuple(
    re.compile(pattern)
    for pattern in (
        r"\+1[2-9]\d{2}55501\d{2}",
        r"\+447700900\d{3}",
        r"\+442079460\d{3}",
        r"\+44(113|114|115|116|117|118|121|131|141|151|161)4960\d{3}",
        r"\+441914980\d{3}",
        r"\+441632960\d{3}",
        r"\+442896496\d{3}",
        r"\+442920180\d{3}",
        r"\+448081570\d{3}",
        r"\+443069990\d{3}",
        r"\+61491570(006|156|157|158|159|110|313|737|266|491|804)",
        r"\+61[2378](5550|7010)\d{4}",
        r"\+33(19900|26191|35301|46571|53649|63998)\d{4}",
    )
)
_FIXED = (PhoneNumberType.FIXED_LINE, PhoneNumberType.PAGER, PhoneNumberType.UAN, PhoneNumberType.VOICEMAIL)
_COSTLY = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST)


def is_fictional(number: str) -> bool:
    """Whether an E.164 number is reserved for examples."""
    return any(pattern.fullmatch(number) for pattern in _FICTIONAL)


def parse_phone(text: str, region: str, *, fictional: bool = False) -> str:
    """The E.164 form of a number as somebody in `region` (ISO 3166) would write it.

    `fictional` admits the reserved example numbers: true in the demo and in tests, false for a real practice.
    Raises ValueError with one sentence for the person who typed it; the number itself is not repeated.
    """
    try:
        parsed = phonenumbers.parse(text, region.upper())
    except NumberParseException as error:
        raise ValueError(
            "This is not a phone number. Write it with its country code, such as +351 912 345 678."
        ) from error
    number = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    if is_fictional(number):
        if fictional:
            return number
        raise ValueError("This number is reserved for examples and reaches nobody. Please enter a real one.")
    if parsed.extension:
        raise ValueError("A number with an extension cannot receive texts. Please enter it without one.")
    if not phonenumbers.is_valid_number(parsed):
        raise ValueError(
            "This number does not exist as written. Check the digits, or begin with + and the country code."
        )
    if phonenumbers.number_type(parsed) in _COSTLY:
        raise ValueError("This number charges whoever contacts it. Please enter an ordinary one.")
    return number


def takes_texts(number: str) -> bool:
    """Whether an E.164 number can receive texts, as far as its range tells: a fixed line cannot."""
    return phonenumbers.number_type(phonenumbers.parse(number)) not in _FIXED


def show_phone(number: str, region: str) -> str:
    """An E.164 number as people in `region` like to read it: national at home, international abroad."""
    form = PhoneNumberFormat.NATIONAL if at_home(number, region) else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(phonenumbers.parse(number), form)


def at_home(number: str, region: str) -> bool:
    """Whether an E.164 number has the country code of `region`."""
    return phonenumbers.country_code_for_region(region.upper()) == phonenumbers.parse(number).country_code
