"""What is answered, and that nothing is written unless the answer is AA."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from server.appointments.machine import Act, machine
from server.appointments.tables import Appointment
from server.interop.ack import Code
from server.interop.hl7 import parse
from tests.server.interop.conftest import DATA, NOW, Clinic
from tests.server.interop.messages import changed, joined, lines, notes, without

SIU = {path.stem: path.read_bytes() for path in sorted((DATA / "siu").glob("*.hl7"))}
OTHER = {path.stem: path.read_bytes() for path in sorted((DATA / "other").glob("*.hl7"))}
LATER = NOW + timedelta(days=2)


async def test_the_same_message_again_is_accepted_and_books_nothing(clinic: Clinic, sample: bytes) -> None:
    first = await clinic.take(sample)
    before = await clinic.counts()
    again = await clinic.take(sample)
    assert (again.code, again.appointment_id, again.start) == (Code.accept, first.appointment_id, first.start)
    assert notes(again.encode(), "I") == [("SCH", "2", "0")]
    assert await clinic.counts() == before


async def test_a_redated_message_again_keeps_its_first_time(clinic: Clinic, sample: bytes) -> None:
    first = await clinic.take(sample, LATER)
    again = await clinic.take(sample, LATER + timedelta(hours=3))
    assert (again.code, again.start) == (Code.accept, first.start)
    assert len(await clinic.appointments()) == 1


async def test_two_of_the_same_at_once_book_one(clinic: Clinic, sample: bytes) -> None:
    acks = await asyncio.gather(*(clinic.take(sample) for _ in range(6)))
    [appointment] = await clinic.appointments()
    assert {(ack.code, ack.appointment_id) for ack in acks} == {(Code.accept, appointment.id)}
    assert await clinic.audit_faults() == []


@pytest.mark.parametrize("place", [1, 2])
async def test_another_number_is_another_booking_and_meets_the_taken_slot(
    clinic: Clinic, sample: bytes, place: int
) -> None:
    await clinic.take(sample)
    before = await clinic.counts()
    other = changed(changed(sample, "SCH", place, "777"), "PID", 3, "PATID9^^^^MR")
    ack = await clinic.take(other)
    assert ack.code is Code.error
    assert b"The provider has another visit then" in ack.encode()
    assert await clinic.counts() == before  # the second patient was not recorded either
    assert (await clinic.take(other, LATER)).code is Code.accept
    assert len(await clinic.appointments()) == 2


async def test_a_known_patient_is_found_by_clinic_number(clinic: Clinic, sample: bytes) -> None:
    first = await clinic.take(sample)
    second = await clinic.take(changed(changed(sample, "SCH", 2, "777"), "PID", 5, "BING^ADAM"), LATER)
    assert ("PID", "5", "0") in notes(second.encode(), "W")
    one, two = await clinic.appointments()
    assert one.person_id == two.person_id
    assert first.appointment_id != second.appointment_id
    assert (await clinic.person(two.id)).profile.family == "EVERYMAN"


async def test_a_clinic_number_with_another_birth_date_is_refused(clinic: Clinic, sample: bytes) -> None:
    await clinic.take(sample)
    before = await clinic.counts()
    ack = await clinic.take(changed(changed(sample, "SCH", 2, "777"), "PID", 7, "19880819"), LATER)
    assert notes(ack.encode(), "E") == [("PID", "7", "205")]
    assert await clinic.counts() == before


async def test_an_appointment_that_is_here_is_neither_moved_nor_given_to_somebody_else(
    clinic: Clinic, sample: bytes
) -> None:
    await clinic.take(sample)
    before = await clinic.counts()
    moved = changed(changed(sample, "TQ1", 7, "20210925093000+0215"), "TQ1", 8, "20210925102000+0215")
    for other in (moved, changed(sample, "PID", 3, "PATID9^^^^MR")):
        ack = await clinic.take(other)
        assert ack.code is Code.error
        assert notes(ack.encode(), "E") == [("SCH", "2", "205")]
    assert await clinic.counts() == before


async def test_a_cancelled_appointment_is_not_called_booked(clinic: Clinic, sample: bytes) -> None:
    await clinic.take(sample)
    [booked] = await clinic.appointments()
    async with clinic.desk.unit(clinic.principal) as unit:
        await unit.move(await unit.get(Appointment, booked.id), machine, Act.cancel)
    assert (await clinic.take(sample)).code is Code.error


FAULTS = [  # (segment, field, what stands there, the answer)
    ("SCH", 25, "Cancelled", ("AE", "SCH", "25", "103")),
    ("TQ1", 7, "tomorrow", ("AE", "TQ1", "7", "102")),
    ("TQ1", 7, "20210230093000+0215", ("AE", "TQ1", "7", "102")),
    ("TQ1", 7, "20200924093000+0215", ("AE", "TQ1", "8", "102")),  # a year and fifty minutes
    ("TQ1", 8, "20210924092000+0215", ("AE", "TQ1", "8", "102")),  # ends before it starts
    ("PID", 3, "", ("AE", "PID", "3", "101")),
    ("PID", 3, "123456789^^^USSSA^SS", ("AE", "PID", "3", "101")),
    ("PID", 5, '""', ("AE", "PID", "5", "101")),
    ("PID", 5, "A\\X07\\B^C", ("AE", "PID", "5", "102")),
    ("PID", 5, "N" * 121, ("AE", "PID", "5", "102")),
    ("PID", 7, "", ("AE", "PID", "7", "101")),
    ("PID", 7, "1988", ("AE", "PID", "7", "102")),
    ("PID", 7, "20990101", ("AE", "PID", "7", "102")),
    ("MSH", 9, "", ("AR", "MSH", "9", "101")),
    ("MSH", 10, "", ("AR", "MSH", "10", "101")),
    ("MSH", 12, "3.0", ("AR", "MSH", "12", "203")),
]


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
async def test_each_fault_is_named_by_segment_and_field(clinic: Clinic, sample: bytes) -> None:
    before = await clinic.counts()
    for name, field, value, (code, *where) in FAULTS:
        ack = await clinic.take(changed(sample, name, field, value))
        assert (ack.code.value, notes(ack.encode(), "E")) == (code, [tuple(where)]), (name, field, value)
    assert await clinic.counts() == before


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
async def test_one_number_and_no_language_are_enough(clinic: Clinic, sample: bytes) -> None:
    ack = await clinic.take(changed(changed(sample, "SCH", 1, ""), "PID", 15, "klingon!"))
    assert ("PID", "15", "0") in notes(ack.encode(), "W")
    assert (await clinic.person(ack.appointment_id)).profile.language == "en-US"


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
async def test_every_fault_is_reported_at_once(clinic: Clinic, sample: bytes) -> None:
    ack = await clinic.take(changed(changed(without(sample, "SCH"), "TQ1", 7, "soon"), "PID", 3, ""))
    assert notes(ack.encode(), "E") == [("SCH", "", "100"), ("TQ1", "7", "102"), ("PID", "3", "101")]


async def test_a_visit_in_the_past_is_refused(clinic: Clinic, sample: bytes) -> None:
    before = await clinic.counts()
    ack = await clinic.take(sample, NOW - timedelta(days=1))
    assert ack.code is Code.error
    assert notes(ack.encode(), "E") == [("TQ1", "7", "207")]
    assert await clinic.counts() == before


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
async def test_moves_and_cancellations_are_refused_in_plain_words(clinic: Clinic) -> None:
    for name in ("SIU-S13-01", "SIU-S14-01", "SIU-S15-01", "SIU-S17-01"):
        ack = await clinic.take(SIU[name])
        assert ack.code is Code.reject
        assert notes(ack.encode(), "E") == [("MSH", "9", "201")]
        assert b"S12" in ack.encode()


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
async def test_every_other_message_gets_its_answer_and_writes_nothing(clinic: Clinic) -> None:
    assert len(OTHER) == 30
    before = await clinic.counts()
    for name, raw in OTHER.items():
        ack = await clinic.take(raw)
        answer = parse(ack.encode()).first("MSA")
        assert answer is not None
        assert answer.value(1) in {"AR", "AE"}, name
        assert answer.value(2) == parse(raw).control_id
    assert await clinic.counts() == before


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
async def test_other_messages_dressed_up_as_s12_are_answered(clinic: Clinic) -> None:
    """Past the door of MSH-9 too, nothing crashes."""
    for name, raw in OTHER.items():
        dressed = changed(raw.removeprefix(b"\xef\xbb\xbf"), "MSH", 9, "SIU^S12^SIU_S12")
        assert (await clinic.take(dressed, LATER)).code is Code.error, name


@pytest.mark.parametrize("clinic", ["sqlite"], indirect=True)
async def test_a_spoilt_sample_is_always_answered(clinic: Clinic, sample: bytes) -> None:
    """Bytes dropped, doubled and replaced in a seeded way; whatever is refused leaves no row behind."""
    chance = random.Random(20210924)
    codes = set()
    for _ in range(100):
        raw = spoilt(sample, chance)
        before = await clinic.counts()
        ack = await clinic.take(raw, NOW + timedelta(hours=chance.randrange(1, 20000)))
        codes.add(ack.code)
        assert parse(ack.encode()).first("MSA") is not None
        if ack.code is not Code.accept:
            assert await clinic.counts() == before
    assert codes == set(Code)


def spoilt(raw: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:  # whole fields, so that some of it still reads
        segments = lines(raw)
        at = chance.randrange(len(segments))
        fields = segments[at].split("|")
        fields[chance.randrange(1, len(fields))] = chance.choice(["", '""', "\\", "^^^&&~~", "\ufeffñ\x00", "9" * 50])
        segments[at] = "|".join(fields)
        return joined(segments)
    made = bytearray(raw)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(made))
        made[at : at + chance.randrange(3)] = bytes(chance.choices(b"|^~\\&\r\n\x00\xff\x8bA0", k=chance.randrange(3)))
    return bytes(made)
