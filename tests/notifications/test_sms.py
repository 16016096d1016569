"""Segments are counted as the network counts them; normalising never costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.sms import Encoding, Segments, is_gsm7, normalise, segments

GSM = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0189:;<=>?¡AZÄÖÑÜ§¿azäöñüà"
EXTENDED = "^{}\\[~]|€"
gsm_text = st.text(alphabet=GSM + EXTENDED, max_size=700)
any_text = st.text(max_size=300)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a" * 160, Segments(Encoding.GSM7, 1, 160)),
        ("a" * 161, Segments(Encoding.GSM7, 2, 161)),
        ("a" * 306, Segments(Encoding.GSM7, 2, 306)),
        ("a" * 307, Segments(Encoding.GSM7, 3, 307)),
        ("€" * 80, Segments(Encoding.GSM7, 1, 160)),
        # 152 units, then a two-septet character that does not fit in the first part's last septet
        ("a" * 152 + "€" + "a" * 152, Segments(Encoding.GSM7, 3, 306)),
        ("م" * 70, Segments(Encoding.UCS2, 1, 70)),
        ("م" * 71, Segments(Encoding.UCS2, 2, 71)),
        ("م" * 134, Segments(Encoding.UCS2, 2, 134)),
        ("م" * 66 + "😀" + "م" * 66, Segments(Encoding.UCS2, 3, 134)),
        ("9:00\u202fAM", Segments(Encoding.UCS2, 1, 7)),
    ],
)
def test_known_lengths(body, expected):
    assert segments(body) == expected


@given(gsm_text)
def test_gsm_units_and_bounds(body):
    counted = segments(body)
    units = sum(2 if char in EXTENDED else 1 for char in body)
    assert (counted.encoding, counted.units) == (Encoding.GSM7, units)
    if units <= 160:
        assert counted.count == 1
    else:  # at most one septet is lost at each seam
        assert -(-units // 153) <= counted.count <= -(-units // 152)


@given(any_text)
def test_units_of_ucs2_are_utf16_code_units(body):
    counted = segments(body)
    if counted.encoding is Encoding.UCS2:
        assert counted.units == len(body.encode("utf-16-le", "surrogatepass")) // 2


@given(any_text, any_text)
def test_more_text_never_takes_fewer_segments(a, b):
    assert segments(a + b).count >= segments(a).count


@given(any_text)
def test_normalising_is_settled_and_never_takes_more_segments(body):
    once = normalise(body)
    assert normalise(once) == once
    if "…" not in body:  # an ellipsis becomes three dots, which is still one alphabet cheaper
        assert segments(once).count <= segments(body.replace("\t", " ")).count


@given(gsm_text)
def test_a_gsm_text_keeps_its_words(body):
    assert normalise(body) == body


def test_typography_becomes_plain():
    body = "It\u2019s 9:00\u202fAM \u2013 \u201cRiverside\u201d\u00a0Clinic\u2026"
    assert normalise(body) == 'It\'s 9:00 AM - "Riverside" Clinic...'
    assert is_gsm7(normalise(body))


def test_accents_stay_when_they_cost_nothing_and_go_when_they_save_a_segment():
    assert normalise("Sí, sábado") == "Sí, sábado"
    long = "Su cita será el sábado, mañana no. " * 4
    assert normalise(long) == long.replace("á", "a")
    assert "ñ" in normalise(long)
    assert segments(normalise(long)).count < segments(long).count


def test_other_scripts_are_left_alone():
    assert normalise("زيارتك غدًا") == "زيارتك غدًا"
