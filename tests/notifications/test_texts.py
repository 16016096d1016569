"""The words: complete in every language, inside the allow-list, and short enough for a phone."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.sms import is_gsm7, segments
from notifications.texts import (
    ALLOWED,
    ASKING,
    HELPING,
    LOCALES,
    MAIL_KEYS,
    NEUTRAL_KEYS,
    SMS_KEYS,
    Channel,
    ForbiddenContext,
    neutral,
    render,
    summary,
    when,
)
from notifications.texts_lint import (
    LIMIT,
    LIMITS,
    SAMPLE_CLINIC,
    SAMPLE_LINK,
    SAMPLE_PHONE,
    lint_template,
    lint_texts,
    sample,
    text_segments,
)
from notifications.words_of import language_of
from server.access import links
from server.core.ids import b64
from server.vault.env_keys import EnvKeys

START = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
FACTS = {
    "clinic": SAMPLE_CLINIC,
    "link": SAMPLE_LINK,
    "phone": SAMPLE_PHONE,
    "date": "Tue 24 Nov",
    "time": "14:30",
    "zone": "Lisbon time",
    "menu": "1: Tue 24 Nov 14:30 / 2: Wed 25 Nov 09:00",
    "minutes": "15",
    "emergency": "112",
    "code": "482913",
}
SPACES = {"\u202f", "\u00a0", "\u2009"}


def test_every_text_passes_the_linter():
    assert lint_texts() == []


def test_the_sample_link_is_the_length_we_promise_to_count():
    keys = EnvKeys("KEYS", {"KEYS": b64(bytes(32))})
    real = links.url_of(keys, "https://visits.example.org", links.make(keys, "t", "a", "p", START))
    assert len(real) == len(SAMPLE_LINK)


def test_english_fits_the_promise_with_the_link_included():
    for (locale, key), counted in text_segments().items():
        if locale.startswith("en"):
            assert counted.count <= (2 if key in ASKING or key in HELPING else 1), (locale, key, counted)


def test_the_confirmation_says_what_the_design_says():
    facts = {**FACTS, **when(START, "Europe/Lisbon", "en").context(), "link": "https://rvrs.example/v/7Kq2m"}
    assert render("visit_confirmation", "sms", "en", **facts).text == (
        "Riverside Clinic: your visit Tue 24 Nov 14:30 (Lisbon time). Reply 1 to confirm, 2 to change, 3 if you can't "
        "come. Your link, try it now: https://rvrs.example/v/7Kq2m HELP for help, STOP to end texts."
    )


@pytest.mark.parametrize(
    ("template", "language", "fault"),
    [
        ("Reply CANCEL to cancel.", "en", "carrier word cancel"),
        ("Reply YES to confirm.", "en", "asks for the word YES"),
        ("Text END to finish.", "en", "carrier word end"),
        ("Responda CANCELAR.", "es", "carrier word cancelar"),
        ("Responda STOP ahora.", "es", "carrier word stop"),
        ("أرسل إلغاء", "ar", "carrier word إلغاء"),
        ("Your video visit {date}", "en", "clinical word video"),
        ("Su vídeo {date}", "es", "clinical word vídeo"),
        ("زيارة فيديو", "ar", "clinical word فيديو"),
        ("Votre visio {date}", "fr", "clinical word visio"),
        ("Répondez OUI", "fr", "carrier word oui"),
        ("Ihr Befund ist da", "de", "clinical word befund"),
        ("Antworten Sie JA", "de", "asks for the word JA"),
        ("A sua consulta", "pt", "clinical word consulta"),
        ("Risponda SÌ", "it", "carrier word sì"),
        ("回复取消", "zh", "carrier word 取消"),
        ("您的视频预约", "zh", "clinical word 视频"),
        ("आपकी रिपोर्ट", "hi", "clinical word रिपोर्ट"),
        ("Ваш лікар чекає", "uk", "clinical word лікар"),
        ("Dr Lim is ready", "en", "clinical word dr"),
        ("Hello {patient}", "en", "unknown placeholder {patient}"),
        ("Hello {clinic", "en", "broken braces"),
        ("Hello {clinic.name}", "en", "broken braces"),
    ],
)
def test_the_linter_finds_what_it_is_for(template, language, fault):
    assert any(found.startswith(fault) for found in lint_template(template, language, "sms"))


def test_the_linter_lets_mail_say_what_no_carrier_reads():
    assert lint_template("We cannot end it here.", "en", "mail") == []


@pytest.mark.parametrize("name", ["patient", "provider", "reason", "clinician", "name", "subject", "html"])
@pytest.mark.parametrize("channel", list(Channel))
def test_nothing_outside_the_allow_list_can_be_said(name, channel):
    with pytest.raises(ForbiddenContext, match=name):
        render("visit_link", channel, "en", **FACTS, **{name: "CANARY"})


@pytest.mark.parametrize("bad", ["two\nlines", "", "{link}", "x" * 401, "a\x00b"])
def test_a_fact_is_one_plain_line(bad):
    with pytest.raises(ValueError, match="clinic"):
        render("visit_link", "sms", "en", **{**FACTS, "clinic": bad})


@pytest.mark.parametrize("bad", ["javascript:alert(1)", "https://example.org/a b", "example.org"])
def test_a_link_is_a_web_address(bad):
    with pytest.raises(ValueError, match="link"):
        render("visit_link", "mail", "en", **{**FACTS, "link": bad})


def test_missing_facts_unknown_keys_and_channels_are_refused():
    with pytest.raises(ValueError, match="lacks: time, zone"):
        render("visit_link", "sms", "en", clinic="C", link=SAMPLE_LINK)
    with pytest.raises(ValueError, match="lacks: link"):
        render("new_message", "mail", "en", clinic="C", phone="1")
    with pytest.raises(ValueError, match="no text called chrome"):
        render("chrome", "sms", "en", **FACTS)
    with pytest.raises(ValueError, match="does not travel by mail"):
        render("reply_confirmed", "mail", "en", **FACTS)


def test_an_unknown_language_is_answered_in_english():
    assert render("new_message", "sms", "fi-FI", **FACTS) == render("new_message", "sms", "en", **FACTS)


class _Reader(HTMLParser):
    """What a mail reader sees: tags, attributes and text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("key", MAIL_KEYS)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_mail_is_whole_in_both_forms(key, locale):
    mail = render(key, "mail", locale, **FACTS)
    reader = _Reader(mail.html)
    tags = [tag for tag, _ in reader.tags]
    assert mail.subject
    assert "\n" not in mail.subject
    assert mail.text.count(SAMPLE_LINK) == 1
    assert {attrs["href"] for tag, attrs in reader.tags if tag == "a"} == {SAMPLE_LINK}
    assert SAMPLE_CLINIC in mail.text
    assert SAMPLE_CLINIC in "".join(reader.text)
    assert tags.count("h1") == 1
    assert not {"img", "script", "link", "iframe"} & set(tags)
    assert "url(" not in mail.html
    direction = "rtl" if locale == "ar" else "ltr"
    assert reader.tags[0] == ("html", {"lang": locale, "dir": direction})
    assert "{" not in mail.text + mail.subject


NASTY = st.text(st.sampled_from("<>&\"'ab/= ;é"), min_size=1, max_size=30).filter(str.strip)


@given(NASTY, st.sampled_from(MAIL_KEYS), st.sampled_from(LOCALES))
def test_no_value_becomes_markup(clinic, key, locale):
    plain = [tag for tag, _ in _Reader(render(key, "mail", locale, **FACTS).html).tags]
    mail = render(key, "mail", locale, **{**FACTS, "clinic": clinic})
    reader = _Reader(mail.html)
    assert [tag for tag, _ in reader.tags] == plain
    assert clinic in "".join(reader.text)


@pytest.mark.parametrize("locale", ["en", "en-US", "es", "es-MX", "fr", "fr-CA", "de", "pt", "pt-PT", "it"])
def test_latin_texts_never_leave_gsm7(locale):
    for key in SMS_KEYS:
        body = sample(key, locale)
        assert is_gsm7(body) or segments(body).count == 1, (key, body)


def test_every_locale_keeps_to_its_limit_and_has_one():
    counted = text_segments()
    assert {language_of(locale) for locale, _ in counted} == set(LOCALES)
    for (locale, key), found in counted.items():
        limit = LIMITS.get(language_of(locale), LIMIT)
        assert found.count <= limit[0 if key in ASKING or key in HELPING else 1], (locale, key, found)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_phone_that_others_may_read_is_told_neither_the_practice_nor_that_a_message_waits(locale):
    assert neutral("new_message") is None
    for key in SMS_KEYS:
        calm = neutral(key)
        if calm is not None and key not in ("reply_urgent", "code"):
            assert SAMPLE_CLINIC not in sample(calm, locale)
            assert neutral(calm) is None  # neutral words are said as they are
    assert {key for key in SMS_KEYS if neutral(key) is None} == {
        "new_message",
        "staff_alert",
        "interpreter_asked",
        "interpreter_moved",
        "interpreter_off",
        *NEUTRAL_KEYS,
    }


def test_arabic_reads_right_to_left_and_its_phone_number_left_to_right():
    assert sample("visit_link", "ar").startswith("\u200f")
    assert f"\u2066{SAMPLE_PHONE}\u2069" in sample("reply_help", "ar")
    assert f'<bdi dir="ltr">{SAMPLE_PHONE}</bdi>' in render("visit_link", "mail", "ar", **FACTS).html


def test_summary_names_the_practice_only():
    assert summary("Riverside Clinic", "en") == "Visit at Riverside Clinic"
    assert "Riverside Clinic" in summary("Riverside Clinic", "ar")


@pytest.mark.parametrize(
    ("locale", "zone", "expected"),
    [
        ("en", "Europe/Lisbon", ("Tue 24 Nov", "14:30", "Lisbon time")),
        ("en-GB", "Europe/London", ("Tue 24 Nov", "14:30", "London time")),
        ("en-US", "America/New_York", ("Tue, Nov 24", "9:30 AM", "New York time")),
        ("en-US", "America/Argentina/Buenos_Aires", ("Tue, Nov 24", "11:30 AM", "Buenos Aires time")),
        ("es", "Europe/Lisbon", ("mar, 24 nov", "14:30", "hora de Lisboa")),
        ("ar", "Europe/Lisbon", ("الثلاثاء، 24 نوفمبر", "2:30 م", "بتوقيت لشبونة")),
        ("ar-EG", "Europe/Lisbon", ("الثلاثاء، ٢٤ نوفمبر", "٢:٣٠ م", "بتوقيت لشبونة")),
        ("fr", "Europe/Paris", ("mar. 24 nov.", "15:30", "heure de Paris")),
        ("de", "Europe/Berlin", ("Di., 24. Nov.", "15:30", "Ortszeit Berlin")),
        ("pt-PT", "Europe/Lisbon", ("terça, 24/11", "14:30", "hora de Lisboa")),
        ("it", "Europe/Rome", ("mar 24 nov", "15:30", "ora di Roma")),
        ("zh", "Asia/Shanghai", ("11月24日周二", "22:30", "上海时间")),
        ("hi", "Asia/Kolkata", ("मंगल, 24 नव॰", "8:00 pm", "Kolkata का समय")),
        ("uk", "Europe/Warsaw", ("вт, 24 лист.", "15:30", "час: Варшава")),
        ("en", "UTC", ("Tue 24 Nov", "14:30", "UTC")),
        ("fi", "Europe/Lisbon", ("Tue 24 Nov", "14:30", "Lisbon time")),
        ("en-XX", "Europe/Lisbon", ("Tue 24 Nov", "14:30", "Lisbon time")),
        ("en-US-u-hc-h23", "Europe/Lisbon", ("Tue 24 Nov", "14:30", "Lisbon time")),
    ],
)
def test_when_speaks_as_the_locale_does(locale, zone, expected):
    said = when(START, zone, locale)
    assert (said.date, said.time, said.zone) == expected


@given(
    st.integers(1_577_836_800, 2_208_988_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from(sorted(available_timezones())),
    st.sampled_from(["en", "en-US", "en-CA", "es", "es-US", "ar", "ar-EG", "pt-PT"]),
)
def test_when_always_names_the_zone_and_never_uses_odd_spaces(start, zone, locale):
    said = when(start, zone, locale)
    for part in (said.date, said.time, said.zone):
        assert part.strip()
        assert not SPACES & set(part)
    assert set(said.context()) <= ALLOWED


@given(st.one_of(st.text(max_size=12), st.from_regex(r"(en|es|ar)[-_][\w-]{0,8}", fullmatch=True)))
def test_any_locale_a_browser_may_send_gets_words(locale):
    said = when(START, "Europe/Lisbon", locale)
    assert render("visit_link", "sms", locale, **{**FACTS, **said.context()}).text


def test_when_needs_an_instant_and_a_known_zone():
    with pytest.raises(ValueError, match="aware"):
        when(START.replace(tzinfo=None), "Europe/Lisbon", "en")
    with pytest.raises(ValueError, match="IANA"):
        when(START, "Mars/Olympus", "en")


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("#17252D", "#FAF7F2"),
        ("#41515B", "#FAF7F2"),
        ("#0B5D5B", "#FAF7F2"),
        ("#FFFFFF", "#0B5D5B"),
        ("#EAF0F2", "#0F171B"),
        ("#B9C6CC", "#0F171B"),
        ("#63CFC7", "#0F171B"),
        ("#0B1A1D", "#63CFC7"),
    ],
)
def test_every_pair_of_colours_in_a_mail_reaches_seven_to_one(ink, paper):
    html = render("visit_link", "mail", "en", **FACTS).html
    assert ink in html
    assert paper in html
    lighter, darker = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 7
