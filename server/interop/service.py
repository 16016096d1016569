"""Take in one HL7 v2 message and answer it. What is not accepted leaves nothing behind."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import phonenumbers
from phonenumbers import PhoneNumberType
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from notifications.numbers import parse_phone
from server.access import service as access
from server.access.tables import Practice
from server.appointments import service as appointments
from server.appointments.machine import Status
from server.appointments.schemas import BookIn
from server.appointments.tables import Appointment, VisitType
from server.core.clock import zone as known_zone
from server.core.errors import Conflict, Problem, SlotTaken
from server.core.principal import Principal
from server.interop import siu
from server.interop.ack import Ack, Code, Note, Severity, warning
from server.interop.hl7 import Hl7Fault, Message, parse
from server.people import service as people
from server.people.schemas import PersonIn
from server.people.tables import Person
from server.store.unit import Desk, Unit
from server.vault import normal
from server.vault.port import KeyPort

_MINUTE = timedelta(minutes=1)
_FIELDS = {  # where our own checks of a person point to in PID
    "number": 3, "family": 5, "given": 5, "birth_date": 7, "phone": 13, "email": 13, "language": 15,
}  # fmt: skip


class HasDesk(Protocol):
    """The part of the house that taking in a message needs."""

    @property
    def desk(self) -> Desk: ...
    @property
    def keys(self) -> KeyPort: ...


@dataclass(slots=True)
class _Case:
    """One message on its way to an appointment."""

    unit: Unit
    keys: KeyPort
    practice: Practice
    facts: siu.Facts
    redate: datetime | None
    made_up: bool
    notes: list[Note] = field(default_factory=list)

    def warn(self, segment: str, field: int, text: str, repetition: int = 1) -> None:
        self.notes.append(warning(segment, field, text, repetition))


async def intake(
    ports: HasDesk,
    principal: Principal,
    raw: bytes,
    redate: datetime | None = None,
    *,
    request_id: str = "",
    made_up: bool = False,
) -> Ack:
    """Book what an SIU^S12 announces, in a Unit of its own, and answer it.

    The same appointment (sender, SCH-1, SCH-2) again is accepted again and changes nothing. `redate` (aware) moves
    the start there, to the nearest minute. `made_up` (the demo) gives a patient who cannot be reached a reserved
    fictional number and address, so that the messages can be seen in the sinks. Raises only what is our own trouble;
    a faulty message gets its answer.
    """
    now = ports.desk.clock.now()
    message: Message | None = None
    try:
        message = parse(raw)
        _check_kind(message)
    except Hl7Fault as fault:
        return Ack(Code.reject, now, message, (Note.of(fault),))
    for last in (False, True):
        try:
            async with ports.desk.unit(principal, request_id=request_id) as unit:
                found, notes = await _apply(unit, ports.keys, message, redate, made_up=made_up)
            return Ack(Code.accept, now, message, tuple(notes), found.id, found.start)
        except siu.Hl7Faults as faults:
            return Ack(Code.error, now, message, tuple(Note.of(fault) for fault in faults.faults))
        except Hl7Fault as fault:
            return Ack(Code.error, now, message, (Note.of(fault),))
        except Problem as problem:
            if problem.status >= 500:
                raise
            return Ack(Code.error, now, message, (_note_of(problem),))
        except IntegrityError:  # a twin of this message was quicker: look again and answer as it did
            if last:
                raise
    raise AssertionError("unreachable")


def _check_kind(message: Message) -> None:
    """SIU^S12 of any version 2, identified by a control id. Raises Hl7Fault for everything else."""
    code, trigger = message.kind
    version = message.header.value(12)
    if not code:
        raise Hl7Fault("MSH", 9, "The message type is missing.", "101")
    if code != "SIU":
        raise Hl7Fault("MSH", 9, "Only scheduling messages (SIU^S12) are taken here.", "200")
    if trigger != "S12":
        raise Hl7Fault(
            "MSH", 9, "This version takes S12 (new booking) only: no moves, changes or cancellations.", "201"
        )
    if version and not version.startswith("2."):
        raise Hl7Fault("MSH", 12, "Only HL7 version 2 is taken here.", "203")
    if not message.control_id:
        raise Hl7Fault("MSH", 10, "The message control id is missing.", "101")


def _note_of(problem: Problem) -> Note:
    """One of our own refusals, at the place in the message it is about."""
    pointer = problem.errors[0].pointer.strip("/") if problem.errors else ""
    if isinstance(problem, SlotTaken) or pointer == "start":
        return Note(Severity.error, "TQ1", 7, problem.detail, "207")
    if pointer in _FIELDS:
        return Note(Severity.error, "PID", _FIELDS[pointer], problem.detail, "102")
    return Note(Severity.error, "SCH", 0, problem.detail, "205" if isinstance(problem, Conflict) else "207")


async def _apply(
    unit: Unit, keys: KeyPort, message: Message, redate: datetime | None, *, made_up: bool
) -> tuple[Appointment, list[Note]]:
    practice = await access.practice_of(unit)
    facts = siu.read(message, known_zone(practice.zone))
    if redate is not None:
        facts.notes = [note for note in facts.notes if note.segment in {"MSH", "PID"}]  # doubts about a time not used
    case = _Case(unit, keys, practice, facts, redate, made_up, list(facts.notes))
    known = await appointments.by_external_id(unit, keys, facts.external_id)
    if known is not None:
        return await _again(case, known), case.notes
    person = await _person(case)
    visit_type = await _visit_type(case)
    provider_id = await _provider(case, visit_type)
    body = BookIn(
        even_so=True,  # the other system has it so already
        person_id=person.id, provider_id=provider_id, visit_type_id=visit_type.id, start=_start(case),
        reason=facts.reason or None,
    )  # fmt: skip
    made = await appointments.book(unit, keys, body, external_id=facts.external_id)
    unit.record("C", "hl7.import", "Appointment", made.id, person_id=person.id)
    return made, case.notes


def _start(case: _Case) -> datetime:
    """To the minute, the nearest one."""
    start = case.redate or case.facts.slot.start
    return (start + _MINUTE / 2).replace(second=0, microsecond=0)


async def _again(case: _Case, known: Appointment) -> Appointment:
    """The appointment is here already: accept the repetition, refuse a different booking under the same number."""
    person = await people.by_number(case.unit, case.keys, case.facts.patient.number)
    if person is None or person.id != known.person_id:
        raise Hl7Fault("SCH", 2, "This appointment is booked already, for another patient.", "205")
    if case.redate is None and _start(case) != known.start:
        raise Hl7Fault("SCH", 2, "This appointment is booked already, for another time; moving it needs S13, which "
                       "this version does not take.", "205")  # fmt: skip
    if known.status in {Status.cancelled.value, Status.entered_in_error.value}:
        raise Hl7Fault("SCH", 2, "This appointment was booked and then cancelled here.", "205")
    text = "This appointment was booked before; nothing was changed."
    case.notes = [Note(Severity.information, "SCH", 2, text)]
    return known


# -- the patient --------------------------------------------------------------------------------------------------


async def _person(case: _Case) -> Person:
    """The person with the clinic number, found or created. Raises Hl7Fault when the number is somebody else's."""
    patient = case.facts.patient
    phone = _phone(case)
    email = _email(case)
    known = await people.by_number(case.unit, case.keys, patient.number)
    if known is not None:
        await _recognise(case, known, phone)
        return known
    fields = {
        "given": patient.given, "family": patient.family, "birth_date": patient.birth_date, "number": patient.number,
        "phone": phone, "email": email, "language": patient.language or case.practice.locale.replace("_", "-"),
    }  # fmt: skip
    try:
        body = PersonIn.model_validate(fields)
    except ValidationError as error:
        places = sorted({_FIELDS.get(str(item["loc"][0]), 0) for item in error.errors()})
        faults = [Hl7Fault("PID", place, "This cannot be recorded as written.") for place in places]
        raise siu.Hl7Faults(faults) from None
    return await people.create(case.unit, case.keys, body)


async def _recognise(case: _Case, known: Person, phone: str | None) -> None:
    """The birth date must agree, because a wrong chart is the worst mistake; names change, so those only warn."""
    patient = case.facts.patient
    profile = (await people.open_people(case.unit, [known.id]))[known.id].profile
    if profile.birth_date != patient.birth_date:
        raise Hl7Fault("PID", 7, "The clinic number belongs to somebody with another birth date.", "205")
    if normal.words(profile.name) != normal.words(f"{patient.given} {patient.family}"):
        case.warn("PID", 5, "The name differs from the one on record, which was kept.")
    reached = [reach.value for reach in await people.reaches(case.unit, known.id) if reach.contact.system == "phone"]
    if phone is not None and phone not in reached:
        case.warn("PID", 13, "The phone number differs from the one on record, which was kept.")


def _phone(case: _Case) -> str | None:
    """The first number that can receive texts; every one that cannot be one at all is warned of."""
    chosen = None
    for number in case.facts.patient.numbers:
        read = _read_number(case, number)
        if read is None:
            case.warn(
                "PID", number.field, "This is no number that texts can reach; it was left out.", number.repetition
            )
        chosen = chosen or read
    if chosen is None and case.made_up:
        case.warn("PID", 13, "The demo gave the patient a made-up mobile number, so that the texts can be seen.")
        return f"+447700900{_made_up_line(case)}"
    if chosen is None:
        case.warn("PID", 13, "The patient has no mobile number: no text messages will be sent.")
    return chosen


def _made_up_line(case: _Case) -> int:
    """Three digits of the range reserved for fiction in the United Kingdom, the same for the same patient."""
    digest = hashlib.sha256(case.facts.patient.number.encode()).digest()
    return 200 + int.from_bytes(digest[:4]) % 800


def _read_number(case: _Case, number: siu.Number) -> str | None:
    for text in number.spellings:
        try:
            phone = parse_phone(text, case.practice.region, fictional=case.unit.desk.fictional)
        except ValueError:
            continue
        if phonenumbers.number_type(phonenumbers.parse(phone)) != PhoneNumberType.FIXED_LINE:
            return phone
    return None


def _email(case: _Case) -> str | None:
    for place, text in case.facts.patient.emails:
        try:
            address = normal.email(text)
        except ValueError:
            address = ""
        if "." in address.rpartition("@")[2].strip(".") and address.count("@") == 1 and len(address) <= 254:
            return text
        case.warn("PID", place, "This is no e-mail address; it was left out.")
    return f"patient{_made_up_line(case)}@example.org" if case.made_up else None


# -- the visit ----------------------------------------------------------------------------------------------------


async def _visit_type(case: _Case) -> VisitType:
    """The video visit whose length is nearest; of two equally near ones the longer. Its length is the visit's."""
    wanted = case.facts.slot.minutes
    offered = [one for one in await appointments.visit_types(case.unit) if one.modality == "video"]
    if not offered:
        raise Hl7Fault("AIS", 3, "The practice offers no video visits.", "103")
    best = min(offered, key=lambda one: (abs(one.minutes - wanted), -one.minutes))
    if best.minutes != wanted:
        case.warn("TQ1", 8, f"{wanted} minutes were asked for; the nearest visit here takes {best.minutes}.")
    return best


async def _provider(case: _Case, visit_type: VisitType) -> str:
    """The account whose name is named, else the first provider by name who is free then, with a warning."""
    accounts = await access.providers(case.unit)
    if not accounts:
        raise Hl7Fault("AIP", 3, "Nobody at the practice sees patients.", "103")
    for place, named in enumerate(case.facts.providers):
        matching = [account_id for account_id, name in accounts if _is_named(named, name)]
        if len(matching) == 1:
            first = case.facts.providers[0]
            if place > 0 and (named.segment, named.field) != (first.segment, first.field):
                case.warn(first.segment, first.field, f"Nobody here has this name; {named.segment}-{named.field} was "
                          "taken as the provider.")  # fmt: skip
            return matching[0]
    case.warn("AIP", 3, "Nobody here has the provider's name; the first provider who is free was taken.")
    end = _start(case) + timedelta(minutes=visit_type.minutes)
    for account_id, _ in accounts:
        if await appointments.is_free(case.unit, account_id, _start(case), end):
            return account_id
    return accounts[0][0]


def _is_named(named: siu.Named, account: str) -> bool:
    """Whether every word of the family name and the first given name (or its initial) stand in the account's name."""
    have = normal.words(account)
    family, given = normal.words(named.family), normal.words(named.given)[:1]
    if not family or not set(family) <= set(have):
        return False
    rest = [word for word in have if word not in family]
    return all(any(word == one or (len(one) == 1 and word.startswith(one)) for word in rest) for one in given)
