"""Invitations: a golden file, the same UID through a visit's life, and the right instant in every zone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendar import ics

GOLDEN = Path(__file__).parents[1] / "data" / "ics"
START = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
FACTS = {
    "uid": "visit-7f3a@riverside.example",
    "start": START,
    "end": START + timedelta(minutes=20),
    "zone": "Europe/Lisbon",
    "summary": "Visit at Riverside Clinic",
    "organizer_name": "Riverside Clinic",
    "organizer_email": "visits@riverside.example",
    "attendee_email": "marta@example.org",
    "url": "https://visits.example.org/v#Kq2mKq2m",
    "description": "Open your visit: https://visits.example.org/v#Kq2mKq2m",
    "stamp": datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("request.ics", {"sequence": 0, "method": "REQUEST"}),
        (
            "moved.ics",
            {
                "sequence": 1,
                "method": "REQUEST",
                "start": START + timedelta(days=2),
                "end": START + timedelta(days=2, minutes=20),
            },
        ),
        ("cancel.ics", {"sequence": 2, "method": "CANCEL"}),
    ],
)
def test_each_step_of_a_visit_is_the_golden_file(name, change):
    assert ics(**{**FACTS, **change}) == (GOLDEN / name).read_bytes()


def test_the_golden_files_tell_one_story():
    told = [
        icalendar.Calendar.from_ical((GOLDEN / name).read_bytes())
        for name in ("request.ics", "moved.ics", "cancel.ics")
    ]
    events = [calendar.walk("VEVENT")[0] for calendar in told]
    assert {str(event["UID"]) for event in events} == {FACTS["uid"]}
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert [str(calendar["METHOD"]) for calendar in told] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [str(event["STATUS"]) for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert all(calendar.walk("VTIMEZONE")[0]["TZID"] == "Europe/Lisbon" for calendar in told)


ZONES = [
    "Europe/Lisbon",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "UTC",
]


@given(st.integers(1_767_225_600, 1_893_456_000), st.integers(5, 240), st.sampled_from(ZONES))
def test_the_instant_survives_every_zone_and_clock_change(seconds, minutes, zone):
    start = datetime.fromtimestamp(seconds, UTC).replace(second=0)
    end = start + timedelta(minutes=minutes)
    raw = ics(**{**FACTS, "start": start, "end": end, "zone": zone, "sequence": 0, "method": "REQUEST"})
    event = icalendar.Calendar.from_ical(raw).walk("VEVENT")[0]
    shown = event.decoded("DTSTART")
    assert shown.utcoffset() is not None
    assert shown.astimezone(UTC) == start
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75


def test_the_second_of_two_equal_hours_is_told_in_utc():
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 in New York, before the clocks go back
    for start, written in (
        (first, b"DTSTART;TZID=America/New_York:20261101T013000"),
        (first + timedelta(hours=1), b"DTSTART:20261101T063000Z"),
    ):
        facts = {**FACTS, "start": start, "end": start + timedelta(minutes=20), "zone": "America/New_York"}
        assert written in ics(**{**facts, "sequence": 0, "method": "REQUEST"})


@pytest.mark.parametrize(
    "change",
    [
        {"method": "REPLY"},
        {"start": START.replace(tzinfo=None)},
        {"end": START},
        {"sequence": -1},
    ],
)
def test_an_impossible_invitation_is_refused(change):
    with pytest.raises(ValueError):
        ics(**{**FACTS, "sequence": 0, "method": "REQUEST", **change})


def test_words_cannot_break_out_of_their_line():
    raw = ics(
        **{**FACTS, "summary": "A\r\nBEGIN:VALARM", "url": "https://example.org/", "sequence": 0, "method": "REQUEST"}
    )
    assert icalendar.Calendar.from_ical(raw).walk("VALARM") == []
    assert b"\r\nBEGIN:VALARM" not in raw
