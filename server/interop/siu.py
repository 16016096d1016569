"""SIU^S12 (HL7 v2 chapter 10.3.3.1, "notification of new appointment booking"): a message to booking facts.

Pure reading: no database. Where senders put the same fact in several places, the order of belief is written here
once. Facts that are wrong raise `Hl7Faults`, facts that are merely doubtful become warnings for the ACK.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from babel.core import get_global

from server.interop.ack import Note, warning
from server.interop.hl7 import Hl7Fault, Message, Segment, day, instant

T = TypeVar("T")

MIN_MINUTES, MAX_MINUTES = 5, 480

# What is booked: (segment, its start, its duration, the duration's unit), the most trusted first. AIS is the service,
# AIP the person, AIL the place, AIG other resources.
_RESOURCES = (("AIS", 4, 7, 8), ("AIP", 6, 9, 10), ("AIL", 6, 9, 10), ("AIG", 8, 11, 12))
# Who sees the patient: the booked person, the attending doctor, the filler's and the placer's contact.
_PROVIDERS = (("AIP", 3), ("PV1", 7), ("SCH", 16), ("SCH", 12))
_UNITS = {
    **dict.fromkeys(("S", "SEC", "SECS", "SECOND", "SECONDS"), 1 / 60),
    **dict.fromkeys(("", "M", "MN", "MIN", "MINS", "MINUTE", "MINUTES"), 1.0),
    **dict.fromkeys(("H", "HR", "HRS", "HOUR", "HOURS"), 60.0),
}
_NOT_BOOKED = {"BLOCKED", "CANCELLED", "CANCELED", "COMPLETE", "DC", "DELETED", "NOSHOW", "PENDING", "WAITLIST"}
_NOT_A_CLINICS = {"SS", "DL", "PPN", "CC"}  # table 0203: numbers of the state or a bank, no use as a clinic number
_NET = {"INTERNET", "X.400"}
_DEAF_TO_TEXTS = {"FX", "BP", "MD", "TDD", "TTY", "SAT", *_NET}  # table 0202: no SMS arrives there


class Hl7Faults(Exception):  # noqa: N818 - the sender's faults
    """Every fault found in one message."""

    def __init__(self, faults: Sequence[Hl7Fault]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody named at `segment`-`field` (XCN)."""

    segment: str
    field: int
    family: str
    given: str


@dataclass(frozen=True, slots=True)
class Number:
    """One repetition of PID-13 or PID-40: the ways it may be read as a phone number, the likeliest first."""

    field: int
    repetition: int
    spellings: tuple[str, ...]
    mobile: bool


@dataclass(frozen=True, slots=True)
class Patient:
    """PID: `number` is the clinic's own, `language` a BCP 47 tag or empty."""

    number: str
    family: str
    given: str
    birth_date: date
    numbers: tuple[Number, ...]
    emails: tuple[tuple[int, str], ...]  # (field, address)
    language: str


@dataclass(frozen=True, slots=True)
class Slot:
    """When, and where in the message that stands."""

    start: datetime
    minutes: int


@dataclass(slots=True)
class Facts:
    """What a booking needs. `external_id` names the appointment across systems; `reason` may be empty."""

    external_id: str
    placer_id: str
    filler_id: str
    slot: Slot
    patient: Patient
    providers: tuple[Named, ...]
    reason: str
    notes: list[Note] = field(default_factory=list)


def read(message: Message, zone: ZoneInfo) -> Facts:
    """The facts of an S12. `zone` is where times without an offset are. Raises Hl7Faults with all that is wrong."""
    faults: list[Hl7Fault] = []
    notes: list[Note] = []
    if message.misread:
        notes.append(warning("MSH", 18, "The text is not in the character set named here; please check names."))

    def part(work: Callable[[], T]) -> T | None:
        try:
            return work()
        except Hl7Fault as fault:
            faults.append(fault)
            return None

    ids = part(lambda: _ids(message))
    slot = part(lambda: _slot(message, zone, notes))
    patient = part(lambda: _patient(message, notes))
    if ids is None or slot is None or patient is None:
        raise Hl7Faults(faults)
    sender = "|".join(message.header.value(place) for place in (3, 4))
    return Facts(f"hl7|{sender}|{ids[0]}|{ids[1]}", *ids, slot, patient, tuple(_providers(message)), _reason(message),
                 notes)  # fmt: skip


def _ids(message: Message) -> tuple[str, str]:
    """SCH-1 and SCH-2, one of which must be there; and the status, which must not contradict a booking."""
    schedule = _one(message, "SCH")
    status = schedule.value(25).upper()
    if status in _NOT_BOOKED:
        raise Hl7Fault("SCH", 25, "The status says that this is not a booked appointment.", "103")
    placer, filler = schedule.value(1), schedule.value(2)
    if not placer and not filler:
        raise Hl7Fault("SCH", 2, "The appointment has neither a placer nor a filler number.", "101")
    return placer, filler


# -- when ---------------------------------------------------------------------------------------------------------


def _slot(message: Message, zone: ZoneInfo, notes: list[Note]) -> Slot:
    """TQ1-7/8, then AIS-4, AIP-6, AIL-6, AIG-8, then SCH-11.4/.5. A later place that differs earns a warning."""
    starts = list(_starts(message))
    if not starts:
        raise Hl7Fault("TQ1", 7, "The message does not say when the appointment starts.", "101")
    segment, place, text, end_text, end_place = starts[0]
    start = instant(text, zone, segment, place)
    for other, other_place, other_text, _, _ in starts[1:]:
        if _differs(other_text, start, zone, other, other_place):
            notes.append(warning(other, other_place, f"This start differs from {segment}-{place}, which was used."))
            break
    if end_text:
        end = instant(end_text, zone, segment, end_place)
        minutes = (end - start) / timedelta(minutes=1)
        if not MIN_MINUTES <= minutes <= MAX_MINUTES:
            raise Hl7Fault(segment, end_place, f"A visit takes {MIN_MINUTES} to {MAX_MINUTES} minutes.")
        return Slot(start, round(minutes))
    return Slot(start, _minutes(message))


def _starts(message: Message) -> Iterator[tuple[str, int, str, str, int]]:
    """(segment, field, start, end or empty, field of the end) in the order of belief."""
    for timing in message.all("TQ1"):
        if timing.value(7):
            yield "TQ1", 7, timing.value(7), timing.value(8), 8
    for name, place, _, _ in _RESOURCES:
        for resource in message.all(name):
            if resource.value(place):
                yield name, place, resource.value(place), "", 0
    schedule = message.first("SCH")
    if schedule is not None and schedule.value(11, 4):
        yield "SCH", 11, schedule.value(11, 4), schedule.value(11, 5), 11


def _differs(text: str, start: datetime, zone: ZoneInfo, segment: str, field: int) -> bool:
    try:
        return instant(text, zone, segment, field) != start
    except Hl7Fault:
        return True


def _minutes(message: Message) -> int:
    """The first usable of TQ1-6, AIS-7, AIP-9, AIL-9, AIG-11, SCH-9, SCH-11.3. Raises Hl7Fault when there is none."""
    for timing in message.all("TQ1"):
        if found := _span(timing.value(6), timing.value(6, 2)):
            return found
    for name, _, place, unit in _RESOURCES:
        for resource in message.all(name):
            if found := _span(resource.value(place), resource.value(unit)):
                return found
    schedule = message.first("SCH")
    if schedule is not None:
        for amount, unit_text in ((schedule.value(9), schedule.value(10)), (schedule.value(11, 3), "")):
            if found := _span(amount.lstrip("M"), unit_text):  # SCH-11.3 may be written M60
                return found
    raise Hl7Fault("SCH", 9, f"The message says neither an end nor a length of {MIN_MINUTES} to {MAX_MINUTES} minutes.",
                   "101")  # fmt: skip


def _span(amount: str, unit: str) -> int:
    """Minutes, or 0 when they cannot be read or are out of bounds. Without a unit they are minutes."""
    factor = _UNITS.get(unit.upper())
    if factor is None or not amount.isascii() or not amount.replace(".", "", 1).isdigit() or len(amount) > 8:
        return 0
    minutes = round(float(amount) * factor)
    return minutes if MIN_MINUTES <= minutes <= MAX_MINUTES else 0


# -- who ----------------------------------------------------------------------------------------------------------


def _patient(message: Message, notes: list[Note]) -> Patient:
    pid = _one(message, "PID")
    family, given = _name(pid)
    born = pid.value(7)
    if not born:
        raise Hl7Fault("PID", 7, "The birth date is missing; without it nobody can be told apart.", "101")
    emails = tuple(dict.fromkeys((place, text) for place in (13, 40) for text in _emails(pid, place)))
    return Patient(_clinic_number(pid), family, given, day(born, "PID", 7), tuple(_numbers(pid)), emails,
                   _language(pid, notes))  # fmt: skip


def _one(message: Message, name: str) -> Segment:
    found = list(message.all(name))
    if not found:
        raise Hl7Fault(name, 0, f"The segment {name} is missing.", "100")
    if len(found) > 1:
        raise Hl7Fault(name, 0, f"There is more than one {name}; an appointment here is for one patient.", "100")
    return found[0]


def _clinic_number(pid: Segment) -> str:
    """PID-3 (CX): the first of type MR, else the first that is the clinic's to give."""
    typed = [(pid.value_in(raw, 5).upper(), pid.value_in(raw)) for raw in pid.repetitions(3)]
    usable = [(kind, number) for kind, number in typed if number and kind not in _NOT_A_CLINICS]
    best = next((number for kind, number in usable if kind == "MR"), usable[0][1] if usable else "")
    if not best:
        raise Hl7Fault("PID", 3, "The patient has no clinic number.", "101")
    return clean(best, "PID", 3, 40)


def _name(pid: Segment) -> tuple[str, str]:
    """(family, given) of PID-5, its first repetition that has a name (the legal one stands first, chapter 3.4.2.5).

    FN.1 is the whole surname; senders that leave it empty give its parts: own prefix and own surname (FN.2, FN.3) or
    the partner's (FN.4, FN.5). A single name is a family name here.
    """
    for raw in pid.repetitions(5):
        own, partner = ([pid.value_in(raw, 1, part) for part in parts] for parts in ((2, 3), (4, 5)))
        family = pid.value_in(raw, 1, 1) or (" ".join(own) if own[1] else " ".join(partner) if partner[1] else "")
        given = pid.value_in(raw, 2) or pid.value_in(raw, 3)
        if family.strip() or given:
            family, given = (family, given) if family.strip() else (given, "")
            return clean(family, "PID", 5, 120), clean(given, "PID", 5, 120)
    raise Hl7Fault("PID", 5, "The patient has no name.", "101")


def clean(text: str, segment: str, field: int, limit: int) -> str:
    """A value a person will read: single spaces, NFC, nothing invisible that controls a terminal. Raises Hl7Fault."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if len(text) > limit:
        raise Hl7Fault(segment, field, f"This is longer than {limit} characters.")
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in text):
        raise Hl7Fault(segment, field, "This holds a character that cannot be printed.")
    return text


def _numbers(pid: Segment) -> Iterator[Number]:
    """PID-13, then PID-40 (XTN), mobile phones first. Fax, pager, text telephone and e-mail are not candidates."""
    found = []
    for place in (13, 40):
        for repetition, raw in enumerate(pid.repetitions(place), 1):
            value = [pid.value_in(raw, part) for part in range(1, 13)]
            if value[2].upper() in _DEAF_TO_TEXTS or value[1].upper() in {"NET", "BPN"} or "@" in value[0]:
                continue
            country = f"+{value[4].lstrip('+')} " if value[4] else ""
            composed = f"{country}{value[5]}{value[6]}" if value[6] else ""
            spellings = tuple(dict.fromkeys(text for text in (value[11], composed, value[0]) if text))
            if spellings:
                mobile = value[2].upper() == "CP" or value[1].upper() in {"PRS", "ORN"}
                found.append(Number(place, repetition, spellings, mobile))
    yield from sorted(found, key=lambda number: not number.mobile)


def _emails(pid: Segment, field: int) -> Iterator[str]:
    """XTN-4, or XTN-1 as older versions had it; whatever is marked as an Internet address, well written or not."""
    for raw in pid.repetitions(field):
        texts = [text for text in (pid.value_in(raw, 4), pid.value_in(raw, 1)) if text]
        marked = pid.value_in(raw, 2).upper() == "NET" or pid.value_in(raw, 3).upper() in _NET
        yield from (text for text in texts if "@" in text or (marked and text == texts[0]))


def _language(pid: Segment, notes: list[Note]) -> str:
    """PID-15 (CWE): ISO 639-1 or -2, as the short BCP 47 tag."""
    code = pid.value(15).replace("_", "-")
    if not code:
        return ""
    first, *rest = code.lower().split("-")
    if not (first.isascii() and first.isalpha() and 2 <= len(first) <= 3):
        notes.append(warning("PID", 15, "This is not an ISO 639 language code; the practice's language is used."))
        return ""
    short = str(get_global("language_aliases").get(first, first)).split("_")[0] if len(first) == 3 else first
    region = rest[0].upper() if rest and len(rest[0]) == 2 and rest[0].isascii() and rest[0].isalpha() else ""
    return f"{short}-{region}" if region else short


def _providers(message: Message) -> Iterator[Named]:
    """Everybody who may be the one seen (XCN: family in .2, given in .3), the likeliest first."""
    for name, place in _PROVIDERS:
        for segment in message.all(name):
            for raw in segment.repetitions(place):
                family, given = segment.value_in(raw, 2), segment.value_in(raw, 3)
                if family:
                    yield Named(name, place, family, given)


def _reason(message: Message) -> str:
    """SCH-7, else the service of AIS-3: the text, else the code. It is sealed and never stands in a message."""
    places = ((message.first("SCH"), 7), (message.first("AIS"), 3))
    texts = (seg.value(place, part) for seg, place in places if seg is not None for part in (2, 1))
    found = " ".join(next((text for text in texts if text), "").split())
    return "".join(char for char in found if char.isprintable())[:200]
