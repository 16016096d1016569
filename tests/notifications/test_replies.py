"""Answers by text: sure or unknown, and the carriers' words before all else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.alarms import urgent
from notifications.replies import Kind, Reply, classify
from notifications.words_of import LOCALES, heard


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
        *(
            (text, "es", Kind.STOP)
            for text in (
                "please stop",
                "ok stop",
                "Ok, stop texting me!",
                "stop texting me",
                "unsubscribe me",
                "please unsubscribe",
                "Opt me out please",
                "stop sending me these messages",
                "por favor stop",
            )
        ),
    ],
)
def test_plain_answers_are_understood(text, locale, kind):
    reply = classify(text, locale)
    assert (reply.kind, reply.carrier) == (kind, False)


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


def test_what_the_carrier_acted_on_is_obeyed_whatever_the_words():
    for carrier, kind in (("STOP", Kind.STOP), ("START", Kind.START), ("HELP", Kind.HELP)):
        assert classify("basta", "en", carrier) == Reply(kind, carrier=True)
    assert classify("1", "en", None).kind is Kind.CONFIRM


@pytest.mark.parametrize(
    "text",
    [
        "",
        "please cancel",
        "I want to stop",
        "stop by at 3 please",
        "12",
        "1 2",
        "1 or 2?",
        "2 pm is fine",
        "1 change",
        "no",
        "Can I stop by at 3?",
        "running late",
        "running late 2 hours",
        "late 500",
        "late 10 or 20",
        "👍",
        "si",
        "5",
    ],
)
def test_unsure_is_unknown(text):
    assert classify(text, "en").kind is Kind.UNKNOWN


PLAIN_WORDS = [
    ("es", "llego tarde 10 min", Kind.LATE),
    ("es", "mi enlace", Kind.LINK),
    ("es", "no ire", Kind.DECLINE),
    ("fr", "Oui, merci", Kind.CONFIRM),
    ("fr", "je ne peux pas venir", Kind.DECLINE),
    ("fr", "une autre heure", Kind.CHANGE),
    ("fr", "faux numéro", Kind.NOT_ME),
    ("fr", "Arrêtez", Kind.STOP),
    ("fr", "je serai en retard de 15 minutes", Kind.LATE),
    ("de", "Ja", Kind.CONFIRM),
    ("de", "Verschieben bitte", Kind.CHANGE),
    ("de", "Ich kann nicht kommen", Kind.DECLINE),
    ("de", "falsche Nummer", Kind.NOT_ME),
    ("de", "Hilfe", Kind.HELP),
    ("de", "Komme ca. 10 Minuten später", Kind.LATE),
    ("pt", "sim", Kind.CONFIRM),
    ("pt-BR", "nao posso ir", Kind.DECLINE),
    ("pt", "remarcar", Kind.CHANGE),
    ("pt", "vou atrasar uns 10 minutos", Kind.LATE),
    ("it", "Sì grazie", Kind.CONFIRM),
    ("it", "non posso venire", Kind.DECLINE),
    ("it", "spostare", Kind.CHANGE),
    ("it", "sono in ritardo di 20 min", Kind.LATE),
    ("ar", "سأتأخر ١٠ دقائق", Kind.LATE),
    ("ar", "موافقة", Kind.CONFIRM),
    ("ar", "الرابط", Kind.LINK),
    ("zh", "是的", Kind.CONFIRM),
    ("zh", "好的，谢谢", Kind.CONFIRM),
    ("zh-Hans-CN", "来不了", Kind.DECLINE),
    ("zh", "改期", Kind.CHANGE),
    ("zh", "打错了", Kind.NOT_ME),
    ("zh", "退订", Kind.STOP),
    ("zh", "我会晚到10分钟", Kind.LATE),
    ("hi", "हाँ", Kind.CONFIRM),
    ("hi", "हां जी", Kind.CONFIRM),
    ("hi", "मैं नहीं आ सकता", Kind.DECLINE),
    ("hi", "गलत नंबर", Kind.NOT_ME),
    ("hi", "मुझे 10 मिनट की देर होगी", Kind.LATE),
    ("hi", "१", Kind.CONFIRM),
    ("uk", "Так", Kind.CONFIRM),
    ("uk", "не зможу прийти", Kind.DECLINE),
    ("uk", "перенести", Kind.CHANGE),
    ("uk", "це не я", Kind.NOT_ME),
    ("uk", "запізнюся на 10 хв", Kind.LATE),
    ("uk", "відписатися", Kind.STOP),
    ("uk", "посилання", Kind.LINK),
    ("en", "running late 10", Kind.LATE),
    ("en", "I'm running about 15 mins late, sorry", Kind.LATE),
    ("en", "my link", Kind.LINK),
    ("en", "Send my link please", Kind.LINK),
]


@pytest.mark.parametrize(("locale", "text", "kind"), PLAIN_WORDS)
def test_plain_words_in_every_language(locale, text, kind):
    assert classify(text, locale).kind is kind


def test_every_language_has_plain_words_for_the_four_answers():
    for language in LOCALES:
        assert {locale.split("-")[0] for locale, *_ in PLAIN_WORDS} == set(LOCALES)
        for kind in ("confirm", "change", "decline", "not_me", "stop", "link"):
            for phrase in heard(language)["answers"][kind]:
                assert classify(phrase, language).kind == kind, (language, phrase)


def test_how_late_is_read_as_written():
    assert classify("running late 10", "en").minutes == 10
    assert classify("سأتأخر ١٥ دقيقة", "ar").minutes == 15


URGENT = [
    "I have chest pain",
    "CANT BREATHE",
    "i can’t breathe!!",
    "he took an overdose",
    "I want to die",
    "feeling worse today",
    "me duele el pecho",
    "no puedo respirar",
    "quiero morirme",
    "j'ai une douleur à la poitrine",
    "je n'arrive plus a respirer",
    "ich bekomme keine Luft",
    "Brustschmerzen seit heute",
    "falta de ar",
    "nao consigo respirar",
    "mi fa male il petto",
    "non riesco a respirare",
    "ألم في صدري",
    "لا أستطيع التنفس",
    "أريد أن أموت",
    "我胸痛",
    "她呼吸困难，快来",
    "सीने में दर्द है",
    "सांस नहीं आ रही",
    "біль у грудях",
    "не можу дихати",
    "хочу померти",
    "Call an ambulance",
    "1, but I have chest pain",
]


@pytest.mark.parametrize("text", URGENT)
def test_urgent_words_are_found_in_every_language(text):
    assert urgent(text)


def test_every_urgent_phrase_is_found_alone_and_in_the_middle_of_a_text():
    for language in LOCALES:
        for phrase in heard(language)["urgent"]:
            said = phrase.replace("*", "xx" if language != "zh" else "")
            assert urgent(said), (language, phrase)
            assert urgent(f"Hello, {said.upper()}, 10:30."), (language, phrase)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "yes please",
        "Can I come at 3?",
        "running late 10",
        "Thank you, see you on Tuesday",
        "gracias, hasta mañana",
        "merci, à demain",
        "Danke, bis morgen",
        "obrigado, até amanhã",
        "grazie, a domani",
        "شكرا، أراكم غدا",
        "好的，谢谢，明天见",
        "धन्यवाद, कल मिलते हैं",
        "дякую, до завтра",
        "Is there parking nearby?",
        "My number is +44 7700 900112",
    ],
)
def test_everyday_texts_raise_no_alarm(text):
    assert not urgent(text)


def test_another_languages_words_are_not_guessed():
    assert classify("no puedo", "ar").kind is Kind.UNKNOWN
    assert classify("2", "fr").kind is Kind.CHANGE


@given(st.text(max_size=60), st.text(max_size=8))
def test_any_text_has_exactly_one_meaning(text, locale):
    assert isinstance(classify(text, locale), Reply)


@given(st.sampled_from("1234"), st.sampled_from(LOCALES), st.text(alphabet=" .!,;:()*-\n\u200f", max_size=6))
def test_punctuation_around_a_digit_changes_nothing(digit, locale, around):
    assert classify(around + digit + around, locale) == classify(digit, locale)
