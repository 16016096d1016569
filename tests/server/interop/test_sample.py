"""The real sample against the answer its makers expect, and the same message changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.access.tables import Account
from server.interop import siu
from server.interop.ack import Code
from server.interop.hl7 import parse
from server.people.service import reaches
from tests.server.interop.conftest import DATA, MINUTES, NOW, Clinic
from tests.server.interop.messages import changed, joined, lines, notes, without

EXPECTED = DATA / "siu" / "SIU-S12-01-expected.json"


def expected() -> dict[str, Any]:
    """The expected resources by "Type/id"."""
    bundle = json.loads(EXPECTED.read_bytes())
    resources = [entry["resource"] for entry in bundle["entry"]]
    return {f"{one['resourceType']}/{one['id']}": one for one in resources}


def expected_appointment() -> dict[str, Any]:
    return next(one for one in expected().values() if one["resourceType"] == "Appointment")


async def test_the_sample_becomes_the_expected_appointment(clinic: Clinic, sample: bytes) -> None:
    ack = await clinic.take(sample)
    assert ack.code is Code.accept
    [appointment] = await clinic.appointments()
    answer = expected_appointment()
    assert appointment.id == ack.appointment_id
    assert appointment.status == answer["status"]
    assert appointment.start == datetime.fromisoformat(answer["start"])
    assert appointment.end == datetime.fromisoformat(answer["end"])
    assert await clinic.audit_faults() == []


async def test_the_participants_are_the_expected_ones(clinic: Clinic, sample: bytes) -> None:
    ack = await clinic.take(sample)
    resources = expected()
    actors = [resources[one["actor"]["reference"]] for one in expected_appointment()["participant"]]
    [patient] = [one for one in actors if one["resourceType"] == "Patient"]
    [practitioner] = [one for one in actors if one["resourceType"] == "Practitioner"]
    profile = (await clinic.person(ack.appointment_id)).profile
    assert profile.family == patient["name"][0]["family"]
    assert profile.given == patient["name"][0]["given"][0]
    assert profile.birth_date.isoformat() == patient["birthDate"]
    assert profile.number in [one["value"] for one in patient["identifier"] if "MR" in json.dumps(one)]
    assert profile.language == patient["communication"][0]["language"]["coding"][0]["code"]
    async with clinic.desk.unit(clinic.principal, write=False) as unit:
        account = await unit.get(Account, (await clinic.appointments())[0].provider_id)
        name = (await unit.dek()).open("account", "name", account.id, account.name)
    assert practitioner["name"][0]["family"].casefold() in name.casefold()
    assert practitioner["name"][0]["given"][0] in name


def test_the_identifiers_are_the_expected_ones(sample: bytes) -> None:
    facts = siu.read(parse(sample), ZoneInfo("America/Los_Angeles"))
    assert [facts.placer_id, facts.filler_id] == [one["value"] for one in expected_appointment()["identifier"]]


async def test_a_person_whose_numbers_are_not_valid_is_created_without_one(clinic: Clinic, sample: bytes) -> None:
    ack = await clinic.take(sample)
    warned = notes(ack.encode(), "W")
    assert warned.count(("PID", "13", "0")) == 3  # two repetitions, and that no text can be sent
    assert ("PID", "40", "0") in warned
    assert ("SCH", "11", "0") in warned  # the request's window disagrees with the timing that was used
    person = await clinic.person(ack.appointment_id)
    async with clinic.desk.unit(clinic.principal, write=False) as unit:
        assert await reaches(unit, person.id) == []


async def test_a_usable_mobile_and_an_address_are_kept(clinic: Clinic, sample: bytes) -> None:
    phones = "(415)555-0111^ORN^FX~12^PRN^CP~^NET^Internet^adam@example.org~^PRN^PH^^1^415^5550122~(415)555-0133^^CP"
    ack = await clinic.take(changed(sample, "PID", 13, phones))
    person = await clinic.person(ack.appointment_id)
    async with clinic.desk.unit(clinic.principal, write=False) as unit:
        found = {reach.contact.system: reach.value for reach in await reaches(unit, person.id)}
    assert found == {"phone": "+14155550133", "email": "adam@example.org"}
    assert [note.repetition for note in ack.warnings if note.field == 13] == [2]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(("head", "tail"), [(b"", b""), (b"\x0b", b"\x1c\r"), (b"\xef\xbb\xbf", b""), (b"\r\n", b"\n")])
def test_line_endings_and_framing_change_nothing(sample: bytes, end: str, head: bytes, tail: bytes) -> None:
    zone = ZoneInfo("UTC")
    again = head + joined(lines(sample), end) + tail
    assert siu.read(parse(again), zone) == siu.read(parse(sample), zone)


@pytest.mark.parametrize(
    ("named", "codec"),
    [("", "utf-8"), ("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/15", "iso8859-15"), ("", "latin-1"),
     ("UNICODE", "utf-16")],
)  # fmt: skip
def test_names_survive_every_character_set(sample: bytes, named: str, codec: str) -> None:
    text = changed(changed(sample, "PID", 5, "MUÑOZ^Zoë"), "MSH", 18, named).decode()
    patient = siu.read(parse(text.encode(codec)), ZoneInfo("UTC")).patient
    assert (patient.family, patient.given) == ("MUÑOZ", "Zoë")


async def test_a_wrong_character_set_is_warned_of(clinic: Clinic, sample: bytes) -> None:
    text = changed(changed(sample, "PID", 5, "MUÑOZ^Zoë"), "MSH", 18, "UNICODE UTF-8").decode()
    ack = await clinic.take(text.encode("latin-1"))
    assert (await clinic.person(ack.appointment_id)).profile.name == "Zoë MUÑOZ"
    assert ("MSH", "18", "0") in notes(ack.encode(), "W")


async def test_segments_in_another_order_mean_the_same(clinic: Clinic, sample: bytes) -> None:
    header, *rest = lines(sample)
    ack = await clinic.take(joined([header, *reversed(rest)]))
    assert ack.code is Code.accept
    [appointment] = await clinic.appointments()
    assert appointment.start == datetime.fromisoformat(expected_appointment()["start"])
    assert appointment.provider_id == clinic.robert


async def test_other_separators_mean_the_same(clinic: Clinic, sample: bytes) -> None:
    other = sample.decode().translate(str.maketrans("|^~\\&", "#@*!%"))
    assert (await clinic.take(other.encode())).start == datetime.fromisoformat(expected_appointment()["start"])


async def test_without_an_offset_a_time_is_wall_time_at_the_practice(clinic: Clinic, sample: bytes) -> None:
    raw = changed(changed(sample, "TQ1", 7, "20210924093000"), "TQ1", 8, "20210924102000")
    ack = await clinic.take(raw)
    assert ack.start == datetime(2021, 9, 24, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gone", "start"),
    [(("TQ1",), "0715"), (("TQ1", "AIS"), "0815"), (("TQ1", "AIS", "AIP"), "0915"),
     (("TQ1", "AIS", "AIP", "AIL"), "1015"), (("TQ1", "AIS", "AIP", "AIL", "AIG"), "1115")],
)  # fmt: skip
def test_the_start_is_taken_from_the_most_trusted_place(sample: bytes, gone: tuple[str, ...], start: str) -> None:
    raw = changed(sample, "AIP", 6, "20210924081500+0000")
    raw = changed(changed(raw, "AIL", 6, "20210924091500+0000"), "AIG", 8, "20210924101500+0000")
    raw = changed(raw, "SCH", 11, "^^50^20210924111500+0000^20210924120500+0000")
    slot = siu.read(parse(without(raw, *gone)), ZoneInfo("UTC")).slot
    assert slot.start.strftime("%H%M") == start
    assert slot.minutes == 50


async def test_a_redated_message_starts_then_and_keeps_its_length(clinic: Clinic, sample: bytes) -> None:
    later = NOW + timedelta(days=30, minutes=10, seconds=40)
    ack = await clinic.take(sample, later)
    [appointment] = await clinic.appointments()
    assert appointment.start == NOW + timedelta(days=30, minutes=11) == ack.start
    assert appointment.end - appointment.start == timedelta(minutes=50)


@pytest.mark.parametrize(("asked", "given"), [(8, 15), (40, 50)])
async def test_the_nearest_video_visit_is_booked_and_a_difference_said(
    clinic: Clinic, sample: bytes, asked: int, given: int
) -> None:
    end = datetime(2021, 9, 24, 9, 30, tzinfo=UTC) + timedelta(minutes=asked)
    ack = await clinic.take(changed(sample, "TQ1", 8, end.strftime("%Y%m%d%H%M00+0215")))
    [appointment] = await clinic.appointments()
    assert given in MINUTES
    assert appointment.end - appointment.start == timedelta(minutes=given)
    assert ("TQ1", "8", "0") in notes(ack.encode(), "W")


async def test_an_unknown_provider_becomes_the_first_one_with_a_warning(clinic: Clinic, sample: bytes) -> None:
    ack = await clinic.take(changed(sample, "AIP", 3, "77^NOBODY^Ned"))
    [appointment] = await clinic.appointments()
    assert appointment.provider_id == clinic.park
    assert ("AIP", "3", "0") in notes(ack.encode(), "W")


async def test_a_contact_person_who_sees_patients_is_taken_with_a_warning(clinic: Clinic, sample: bytes) -> None:
    raw = changed(changed(sample, "AIP", 3, "77^NOBODY^Ned"), "SCH", 16, "9^GE^R")
    ack = await clinic.take(raw)
    [appointment] = await clinic.appointments()
    assert appointment.provider_id == clinic.robert
    assert ("AIP", "3", "0") in notes(ack.encode(), "W")
