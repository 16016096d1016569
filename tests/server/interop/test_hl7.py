"""The parser and the ACK: separators, escapes, times, and that nothing makes them crash."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.interop import siu
from server.interop.ack import Ack, Code, Note
from server.interop.hl7 import STANDARD, Hl7Fault, Message, Separators, day, escape, instant, parse, unescape
from tests.server.interop.conftest import NOW, SAMPLE
from tests.server.interop.messages import changed

ZONE = ZoneInfo("America/Los_Angeles")
HEAD = "MSH|^~\\&|a|b|c|d|20210101||SIU^S12|1|P|2.5\r"
SAMPLE_BYTES = SAMPLE.read_bytes()


def test_repetitions_components_and_subcomponents() -> None:
    message = parse(f'{HEAD}PID|1||A^B&C~D|""|E\r'.encode())
    pid = message.first("PID")
    assert pid is not None
    assert pid.repetitions(3) == ["A^B&C", "D"]
    assert (pid.value(3), pid.value(3, 2), pid.value(3, 2, 2), pid.value(3, repetition=2)) == ("A", "B", "C", "D")
    assert (pid.value(4), pid.repetitions(4), pid.value(99), pid.value(3, 9, 9)) == ("", [], "", "")
    assert message.header.value(1) == "|"
    assert message.kind == ("SIU", "S12")


@pytest.mark.parametrize(
    ("written", "read"),
    [("a\\F\\b", "a|b"), ("\\S\\\\T\\\\R\\\\E\\", "^&~\\"), ("\\XC3B1\\", "ñ"), ("\\X0D0A\\", "\r\n"),
     ("a\\.br\\b", "a\nb"),
     ("\\H\\loud\\N\\", "loud"), ("\\Zown\\x", "x"), ("tail\\", "tail\\"), ("a\\F", "a\\F"), ("\\XGG\\", ""),
     ("\\XFF\\", "ÿ")],
)  # fmt: skip
def test_escape_sequences(written: str, read: str) -> None:
    assert unescape(written, STANDARD) == read


@given(st.text())
def test_whatever_is_escaped_reads_back_and_breaks_no_segment(text: str) -> None:
    made = escape(text)
    assert not set(made) & set("|^~&\r\n")
    assert unescape(made, STANDARD) == text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize(
    ("written", "at"),
    [("20210924093000+0215", datetime(2021, 9, 24, 7, 15, tzinfo=UTC)),
     ("202109240930-0500", datetime(2021, 9, 24, 14, 30, tzinfo=UTC)),
     ("20210924093000.1234+0000", datetime(2021, 9, 24, 9, 30, tzinfo=UTC)),
     ("202101240930", datetime(2021, 1, 24, 17, 30, tzinfo=UTC))],
)  # fmt: skip
def test_timestamps(written: str, at: datetime) -> None:
    assert instant(written, ZONE, "TQ1", 7) == at


@pytest.mark.parametrize(
    "written",
    ["", "2021", "20210924", "2021092409", "20211324093000", "20210924253000", "20210924093000+1500",
     "20210924093000+0", "00010101000000+1400", "99991231235959-1400", "٢٠٢١٠٩٢٤٠٩٣٠", "202103140230", "202111070130"],
)  # fmt: skip
def test_what_is_no_time_is_a_fault_at_its_field(written: str) -> None:
    """The last two: a wall time that the clocks skip, and one that happens twice."""
    with pytest.raises(Hl7Fault) as caught:
        instant(written, ZONE, "TQ1", 7)
    assert (caught.value.segment, caught.value.field) == ("TQ1", 7)


def test_a_birth_date_does_not_move_with_its_offset() -> None:
    assert day("198808182326-0800", "PID", 7) == date(1988, 8, 18)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x0b\x1c\r", b"MS", b"MSH", b"MSH|", b"MSH||", b"MSH|||||\r", b"MSH|^^^^|\r", b"MSH|^~\\&#|\r1|\r",
     b"PID|1\r", b"MSHa^~\\&a", HEAD.encode() + b"not a segment\r", HEAD.encode() * 2, b"FHS|^~\\&|\r" + HEAD.encode(),
     b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_message_is_a_fault(raw: bytes) -> None:
    with pytest.raises(Hl7Fault):
        parse(raw)


def test_a_lone_line_feed_inside_text_belongs_to_the_text() -> None:
    message = parse(f"{HEAD}NTE|1||first\nsecond\rPID|1\r".encode())
    note = message.first("NTE")
    assert note is not None
    assert note.value(3) == "first\nsecond"
    assert [segment.name for segment in message.segments] == ["MSH", "NTE", "PID"]


@pytest.mark.parametrize(
    ("written", "family", "given_name"),
    [("EVERYMAN&&&&Aniston^ADAM", "EVERYMAN", "ADAM"), ("&van&Beek^Ada", "van Beek", "Ada"),
     ("&&&von&Braun^Ada", "von Braun", "Ada"), ("^Suharto", "Suharto", ""), ("~NEXT^Ann", "NEXT", "Ann"),
     ("O'Neil\\T\\Sons^  Jo \\.br\\ Ann", "O'Neil&Sons", "Jo Ann")],
)  # fmt: skip
def test_names(written: str, family: str, given_name: str) -> None:
    patient = siu.read(parse(changed(SAMPLE_BYTES, "PID", 5, written)), ZONE).patient
    assert (patient.family, patient.given) == (family, given_name)


@pytest.mark.parametrize(
    ("written", "tag"),
    [("ara^^HL70296", "ar"), ("eng", "en"), ("pt_BR", "pt-BR"), ("fre", "fr"), ("EN-US", "en-US"), ("", ""), ("1", "")],
)
def test_languages(written: str, tag: str) -> None:
    assert siu.read(parse(changed(SAMPLE_BYTES, "PID", 15, written)), ZONE).patient.language == tag


@pytest.mark.parametrize(
    ("amount", "unit", "minutes"),
    [
        ("45", "min^Minutes", 45),
        ("1.5", "h", 90),
        ("1800", "S", 30),
        ("45", "", 45),
        ("4", "min", 50),
        ("x", "min", 50),
    ],
)
def test_a_duration_out_of_bounds_is_passed_over(amount: str, unit: str, minutes: int) -> None:
    raw = changed(changed(changed(SAMPLE_BYTES, "TQ1", 8, ""), "AIS", 7, amount), "AIS", 8, unit)
    assert siu.read(parse(raw), ZONE).slot.minutes == minutes


def answered(raw: bytes) -> Ack:
    """Everything of the intake that needs no database."""
    message: Message | None = None
    try:
        message = parse(raw)
        siu.read(message, ZONE)
    except Hl7Fault as fault:
        return Ack(Code.reject, NOW, message, (Note.of(fault),))
    except siu.Hl7Faults as faults:
        return Ack(Code.error, NOW, message, tuple(Note.of(fault) for fault in faults.faults))
    return Ack(Code.accept, NOW, message, appointment_id="x", start=NOW)


def check(raw: bytes) -> None:
    ack = answered(raw)
    read = parse(ack.encode())
    assert {segment.name for segment in read.segments} <= {"MSH", "MSA", "ERR"}
    answer = read.first("MSA")
    assert answer is not None
    assert answer.value(1) == ack.code.value
    if ack.message is not None:
        assert answer.value(2) == ack.message.control_id


@given(st.binary(max_size=400))
def test_any_bytes_are_answered(raw: bytes) -> None:
    check(raw)


@given(st.text(alphabet='|^~\\&\r\n"MSHPIDC0219+XF.br ñ\x00', max_size=200))
def test_any_text_after_a_header_is_answered(text: str) -> None:
    check(HEAD.encode() + text.encode())


@given(
    st.sampled_from(["MSH", "SCH", "TQ1", "PID", "AIS", "AIP", "AIL", "PV1"]),
    st.integers(3, 40),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n|"), max_size=60),
)
def test_any_field_of_the_sample_may_hold_anything(name: str, field: int, value: str) -> None:
    check(changed(SAMPLE_BYTES, name, field, value))


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE_BYTES)), st.integers(0, 5), st.binary(max_size=4)), max_size=8))
def test_the_sample_with_any_bytes_replaced_is_answered(edits: list[tuple[int, int, bytes]]) -> None:
    raw = bytearray(SAMPLE_BYTES)
    for at, gone, new in edits:
        raw[at : at + gone] = new
    check(bytes(raw))


def test_an_answer_names_the_sender_and_carries_its_control_id() -> None:
    read = parse(Ack(Code.accept, NOW, parse(SAMPLE_BYTES), appointment_id="x", start=NOW).encode())
    assert [read.header.value(field) for field in (3, 5, 9, 11, 12, 18)] == [
        "EHRApp", "SCHApp", "ACK", "P", "2.8", "UNICODE UTF-8",
    ]  # fmt: skip
    answer = read.first("MSA")
    assert answer is not None
    assert answer.value(2) == "MSG00012"
    assert answer.separators == Separators()
