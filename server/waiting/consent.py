"""The consent shown before a visit. A new wording is a new version; old versions stay, because records name them."""

from __future__ import annotations

import hashlib

from server.waiting.schemas import ConsentText

VERSION = "2026-11"

_TEXTS: dict[str, tuple[list[str], str]] = {
    "en": (
        [
            "This visit is by video and is not recorded.",
            "Your care team keeps notes, as usual.",
            "You can stop at any time.",
        ],
        "You agree to be seen by video. Picture and sound go straight between you and the clinic, encrypted; nobody "
        "records them. The clinic writes notes about the visit, as it does when you come in person. Messages you write "
        "can be read by your care team and, for the medical record, by the clinic with its records key. You can stop, "
        "or ask to be seen another way, at any time. It does not change your care.",
    ),
    "es": (
        [
            "Esta visita es por vídeo y no se graba.",
            "Su equipo toma notas, como siempre.",
            "Puede parar en cualquier momento.",
        ],
        "Usted acepta que le atiendan por vídeo. La imagen y el sonido van cifrados directamente entre usted y la "
        "clínica; nadie los graba. La clínica escribe notas de la visita, igual que cuando acude en persona. Los "
        "mensajes que escriba los puede leer su equipo y, para la historia clínica, la clínica con su clave de "
        "archivo. Puede parar o pedir otra forma de atención en cualquier momento. Eso no cambia su atención.",
    ),
    "ar": (
        [
            "هذه الزيارة بالفيديو ولا يتم تسجيلها.",
            "يدوّن فريق الرعاية الملاحظات كالمعتاد.",
            "يمكنك التوقف في أي وقت.",
        ],
        "أنت توافق على أن تتم زيارتك بالفيديو. تنتقل الصورة والصوت مشفّرين بينك وبين العيادة مباشرة ولا يسجّلهما أحد. "
        "تكتب العيادة ملاحظات عن الزيارة كما تفعل عند حضورك شخصيًا. يمكن لفريق الرعاية قراءة الرسائل التي تكتبها، "
        "وللعيادة كذلك بمفتاح السجلات من أجل السجل الطبي. "
        "يمكنك التوقف أو طلب طريقة أخرى في أي وقت، ولن يغيّر ذلك رعايتك.",
    ),
}


def hash_of(shown: ConsentText) -> str:
    """SHA-256 of the words as shown, lines and full text: which ones somebody agreed to can be proven later."""
    return hashlib.sha256("\n".join([*shown.lines, shown.full]).encode()).hexdigest()


def text(locale: str) -> ConsentText:
    """The current wording in the language of `locale`, in English when we have no other."""
    lines, full = _TEXTS.get(locale.partition("-")[0].lower(), _TEXTS["en"])
    return ConsentText(version=VERSION, lines=lines, full=full)
