"""Free times: what the hours give, less what is taken, held or too soon; the three best, in two zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from server.appointments.availability import Rules
from server.appointments.free import Free
from server.appointments.hours import Span, Weekly
from server.appointments.slots import Last, choose, free_in
from server.appointments.tables import VisitType
from server.core.ids import new_id
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import find, held_part, kind, noon, open_hours, week, wish, z


async def test_without_hours_there_are_no_slots_and_the_answer_says_why(clinic: Clinic) -> None:
    found = await find(clinic)
    assert (found["slots"], found["none"], found["practice_zone"]) == ([], "no-hours", "America/New_York")


async def test_the_soonest_times_leave_out_what_is_taken_and_held(clinic: Clinic) -> None:
    await open_hours(clinic, hours=week("10:00", "11:00"))
    day = noon(clinic).replace(hour=10)
    desk = clinic.staff("scheduler")
    asked = {"from": z(day), "provider_id": clinic.north.accounts["provider"]}
    assert (await find(clinic, **asked))["slots"][0]["start"] == z(day)
    await desk.post("/v1/appointments", await wish(clinic, day))
    held = await desk.post("/v1/holds", held_part(await wish(clinic, day + timedelta(minutes=15))))
    assert held["seconds"] == 120
    found = await find(clinic, **asked)
    assert [one["start"] for one in found["slots"]] == [
        z(day + timedelta(minutes=30)), z(day + timedelta(days=1)), z(day + timedelta(days=2)),
    ]  # fmt: skip
    assert [one["why"] for one in found["slots"]] == ["soonest", "another-day", "another-day"]
    clinic.clock.forward(timedelta(minutes=2, seconds=1))
    assert (await find(clinic, **asked))["slots"][0]["start"] == z(day + timedelta(minutes=15)), "the hold ran out"


async def test_every_time_found_can_be_booked_as_it_stands(clinic: Clinic) -> None:
    await open_hours(clinic, step=5)
    await open_hours(clinic, "second", zone="Asia/Kathmandu", step=20)
    desk = clinic.staff("scheduler")
    for _ in range(4):
        person = await clinic.person(given="Ida", phone=None)
        for slot in (await find(clinic, person_id=person))["slots"]:
            body = await wish(clinic, noon(clinic), person_id=person, provider_id=slot["provider_id"])
            row = (await desk.post("/v1/appointments", {**body, "start": slot["start"]}))["row"]
            assert (row["start"], row["end"], row["provider"]["name"]) == (
                slot["start"], slot["end"], slot["provider_name"],
            )  # fmt: skip


async def test_both_zones_are_written_with_their_offsets(clinic: Clinic) -> None:
    await open_hours(clinic, zone="America/New_York", hours=week("01:00", "02:00"), step=30)
    person = await clinic.person(zone="Europe/Lisbon", language="es")
    half_past = await kind(clinic, minutes=30)
    year = clinic.clock.now().year + 1
    sunday = 8 - date(year, 11, 1).isoweekday()  # the first of November
    asked = {"from": f"{year}-11-{sunday:02d}", "person_id": person, "visit_type_id": half_past}
    found = await find(clinic, **asked)  # the night New York has one hour twice
    assert found["person"] == {"zone": "Europe/Lisbon", "known": True, "language": "es"}
    first = found["slots"][0]
    assert first["for_provider"] | {"place": ""} == {
        "zone": "America/New_York", "offset": "-04:00", "ambiguous": True, "wall": f"{year}-11-{sunday:02d}T01:00",
        "date": f"Sun, Nov {sunday}", "time": "1:00 AM", "place": "",
    }  # fmt: skip
    assert "New York" in first["for_provider"]["place"]
    assert (first["for_person"]["wall"], first["for_person"]["offset"]) == (f"{year}-11-{sunday:02d}T05:00", "+00:00")
    assert "Lisboa" in first["for_person"]["place"]
    assert not first["for_person"]["ambiguous"]


@sqlite_only
async def test_a_person_without_a_zone_reads_the_practices_and_that_is_said(clinic: Clinic) -> None:
    await open_hours(clinic)
    found = await find(clinic, person_id=await clinic.person(), language="ar")
    assert found["person"] == {"zone": "America/New_York", "known": False, "language": "ar"}
    assert (await find(clinic))["person"] is None
    assert (await find(clinic))["slots"][0]["for_person"] is None


@sqlite_only
async def test_buffers_keep_neighbours_apart_and_may_lie_outside_the_hours(clinic: Clinic) -> None:
    await open_hours(clinic, hours=week("10:00", "12:00"), step=5)
    padded = await kind(clinic, minutes=20, before=10, after=10)
    day, desk = noon(clinic).replace(hour=10), clinic.staff("scheduler")
    assert (await find(clinic, visit_type_id=padded, **{"from": z(day)}))["slots"][0]["start"] == z(day)
    await desk.post("/v1/appointments", await wish(clinic, day, visit_type_id=padded))
    refused = await desk.refused(409, "POST", "/v1/appointments", await wish(clinic, day + timedelta(minutes=20)))
    assert refused["next_free"][0]["start"] == z(day + timedelta(minutes=30))
    next_padded = (await find(clinic, visit_type_id=padded, **{"from": z(day)}))["slots"][0]
    assert next_padded["start"] == z(day + timedelta(minutes=40))
    assert next_padded["end"] == z(day + timedelta(minutes=60)), "the patient's visit is without buffers"


@sqlite_only
async def test_nobody_is_proposed_a_time_too_soon_or_during_their_own_visit(clinic: Clinic) -> None:
    await open_hours(clinic, notice=90, step=5)
    soon = (await find(clinic))["slots"][0]["start"]
    ahead = datetime.fromisoformat(soon) - clinic.clock.now()
    assert timedelta(minutes=89) < ahead <= timedelta(minutes=95)
    await open_hours(clinic, "second", notice=0)
    mine = await clinic.book(person=await clinic.person(), start=noon(clinic), provider="provider")
    asked = {"person_id": mine.person_id, "provider_id": clinic.north.accounts["second"], "from": z(noon(clinic))}
    starts = [one["start"] for one in (await find(clinic, **asked))["slots"]]
    assert starts[0] == z(noon(clinic) + timedelta(minutes=15))


async def test_the_last_provider_and_the_usual_time_are_among_the_three(clinic: Clinic) -> None:
    await open_hours(clinic, hours=week("08:00", "18:00"))
    await open_hours(clinic, "second", hours=week("09:00", "18:00"))
    person = await clinic.person(zone="UTC")
    last = noon(clinic, 2).replace(hour=15)
    await clinic.book(person=person, start=last, provider="second")
    found = (await find(clinic, person_id=person, **{"from": z(noon(clinic, 3).replace(hour=7))}))["slots"]
    told = {one["why"]: one for one in found}
    assert told.keys() == {"soonest", "same-provider", "usual-time"}
    assert told["soonest"]["start"] == z(noon(clinic, 3).replace(hour=8))
    assert told["same-provider"]["provider_id"] == clinic.north.accounts["second"]
    assert told["same-provider"]["start"] == z(noon(clinic, 3).replace(hour=9))
    assert told["usual-time"]["start"] == z(last + timedelta(days=7, hours=-1))
    assert told["usual-time"]["provider_id"] == clinic.north.accounts["second"]
    assert [one["start"] for one in found] == sorted(one["start"] for one in found)


@sqlite_only
@pytest.mark.parametrize(
    ("asked", "status", "pointer"),
    [
        ({"visit_type_id": ""}, 422, "/visit_type_id"),
        ({"visit_type_id": "A" * 22}, 404, None),
        ({"person_id": "A" * 22}, 404, None),
        ({"provider_id": "A" * 22}, 404, None),
        ({"from": "yesterday"}, 422, "/from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, 422, "/from"),
        ({"language": "x"}, 422, "/language"),
        ({"colour": "red"}, 422, "/colour"),
    ],
)
async def test_a_fault_in_the_question_is_pointed_at(
    clinic: Clinic, asked: dict[str, str], status: int, pointer: str | None
) -> None:
    path = f"/v1/slots?{urlencode({'visit_type_id': clinic.north.visit_type, **asked})}"
    problem = await clinic.staff("provider").refused(status, "GET", path)
    assert [fault["pointer"] for fault in problem.get("errors", [])] == ([pointer] if pointer else [])


@sqlite_only
async def test_another_practice_finds_none_of_ours(clinic: Clinic) -> None:
    await open_hours(clinic)
    theirs = clinic.staff("scheduler", clinic.south)
    path = "/v1/slots?visit_type_id={}&{}={}"
    for name, value in (("provider_id", clinic.north.accounts["provider"]), ("person_id", await clinic.person())):
        await theirs.refused(404, "GET", path.format(clinic.south.visit_type, name, value))
    await theirs.refused(404, "GET", path.format(clinic.north.visit_type, "language", "en"))
    assert (await theirs.get(path.format(clinic.south.visit_type, "language", "en")))["slots"] == []


# -- the choice itself, without a database ------------------------------------------

LISBON = ZoneInfo("Europe/Lisbon")
MONDAY = datetime(2027, 5, 3, 9, tzinfo=UTC)


def whys(free: list[Free], last: Last | None) -> list[tuple[str, datetime, str]]:
    return [(pick.why, pick.free.start, pick.free.provider_id) for pick in choose(free, last, LISBON)]


def test_fewer_than_three_free_times_are_all_there() -> None:
    assert whys([], None) == []
    assert whys([Free(MONDAY, "a")], Last("b", 1, 600)) == [("soonest", MONDAY, "a")]


def test_at_the_same_time_the_known_provider_comes_first() -> None:
    free = [Free(MONDAY, "a"), Free(MONDAY, "b")]
    assert whys(free, Last("b", 5, 600))[0] == ("soonest", MONDAY, "b")


def test_the_rest_of_a_day_fills_what_other_days_cannot() -> None:
    free = [Free(MONDAY + timedelta(minutes=15 * n), "a") for n in range(5)]
    assert [why for why, _, _ in whys(free, None)] == ["soonest", "next", "next"]


def test_days_are_those_of_the_person() -> None:
    """23:30 and 00:30 UTC are one day in Lisbon's summer."""
    late = datetime(2027, 5, 3, 23, 30, tzinfo=UTC)
    free = [Free(late, "a"), Free(late + timedelta(hours=1), "a"), Free(late + timedelta(hours=24), "a")]
    assert [(why, at) for why, at, _ in whys(free, None)] == [
        ("soonest", late), ("next", late + timedelta(hours=1)), ("another-day", late + timedelta(hours=24)),
    ]  # fmt: skip


def test_a_visit_may_begin_in_one_window_and_end_in_the_next() -> None:
    rules = Rules(ZoneInfo("UTC"), 30, timedelta(), [Weekly(day, 0, 1440) for day in range(1, 8)], [])
    kind = VisitType(id=new_id(), tenant="t", name="Long", minutes=60)
    edge = datetime.combine(date(2027, 5, 4), datetime.min.time(), UTC)
    parts = [Span(edge - timedelta(hours=2), edge), Span(edge, edge + timedelta(hours=2))]
    found: list[Any] = [at for part in parts for at in free_in(rules, kind, part, set(), [])]
    assert found == [edge - timedelta(hours=2) + timedelta(minutes=30 * n) for n in range(8)]
