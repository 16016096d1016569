"""Series, groups and co-providers: all or nothing, together or apart, and nobody learns of anybody else."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col

from server.access.tables import Link
from server.appointments.busy import TICK
from server.appointments.tables import Appointment, Busy, CoProvider
from tests.parts.clinic import Browser, Clinic
from tests.parts.marks import sqlite_only
from tests.server.appointments.kit import held_part, noon, open_hours, wish, z

NEW_YORK = "America/New_York"


async def shared(clinic: Clinic) -> None:
    """Every tick of every provider belongs to exactly what stands there: a visit, or a group once."""
    expected = Counter[tuple[str, str]]()
    rows = await clinic.all(Appointment, col(Appointment.status).in_(["booked", "arrived"]))
    beside = await clinic.all(CoProvider)
    for one in rows:
        seeing = {one.provider_id} | {other.provider_id for other in beside if other.appointment_id == one.id}
        for provider_id in seeing:
            expected[provider_id, one.group_id or one.id] = int((one.end - one.start).total_seconds()) // TICK
    assert Counter((row.provider_id, row.appointment_id) for row in await clinic.all(Busy)) == expected


async def series(clinic: Clinic, start: str, **values: Any) -> dict[str, Any]:
    repeat = values.pop("repeat", {"freq": "weekly", "count": 4})
    return {
        "people": [{"person_id": await clinic.person()}], "provider_id": clinic.north.accounts["provider"],
        "visit_type_id": clinic.north.visit_type, "start": start, "repeat": repeat, **values,
    }  # fmt: skip


async def family(clinic: Clinic, count: int = 3) -> list[dict[str, Any]]:
    return [
        {
            "person_id": await clinic.person(given=f"Kin{n}", phone=f"+1415555{110 + n:04d}", email=None),
            "reason": f"r{n}",
        }
        for n in range(count)
    ]


async def group(clinic: Clinic, desk: Browser, start: datetime, **values: Any) -> dict[str, Any]:
    body = await wish(clinic, start)
    made: dict[str, Any] = await desk.post("/v1/groups", {**held_part(body), "people": await family(clinic), **values})
    return made


async def test_a_series_is_booked_by_the_wall_clock_each_with_its_own_link(clinic: Clinic) -> None:
    """14:30 in New York stays 14:30 over the change in March."""
    clinic.by_day()  # the text of a visit far away waits for the morning
    desk = clinic.staff("scheduler")
    made = await desk.post("/v1/series", await series(clinic, "2031-03-02T14:30:00"))
    starts = [row["start"] for row in made["rows"]]
    assert starts == [
        "2031-03-02T19:30:00Z", "2031-03-09T18:30:00Z", "2031-03-16T18:30:00Z", "2031-03-23T18:30:00Z",
    ]  # fmt: skip
    assert [row["series"] for row in made["rows"]] == [
        {"id": made["series_id"], "number": number} for number in (1, 2, 3, 4)
    ]
    assert len({one.id for one in await clinic.all(Link)}) == 4
    for row in made["rows"]:
        ledger = (await desk.get(f"/v1/appointments/{row['id']}/ledger"))["lines"]
        assert "link" in {line["step"] for line in ledger}
    await clinic.send_due()
    assert len(await clinic.house.sms.list()) == 1  # type: ignore[attr-defined]
    await shared(clinic)


async def test_one_taken_time_stops_the_whole_series_until_it_is_chosen(clinic: Clinic) -> None:
    await open_hours(clinic, zone=NEW_YORK)
    desk = clinic.staff("scheduler")
    other = await clinic.person(given="Ivo", phone=None)
    await clinic.book(person=other, start=datetime.fromisoformat("2031-03-09T18:30:00Z"), provider="provider")
    body = await series(clinic, "2031-03-02T14:30:00")
    seen = (await desk.post("/v1/series/preview", body))["occurrences"]
    assert [one["state"] for one in seen] == ["free", "taken", "free", "free"]
    assert all(one["in_hours"] for one in seen)
    before = await clinic.everything()
    problem = await desk.refused(409, "POST", "/v1/series", body)
    assert (problem["slug"], [one["number"] for one in problem["conflicts"]]) == ("slot-taken", [2])
    assert problem["conflicts"][0]["next_free"][0]["start"] == "2031-03-09T18:45:00Z"
    assert await clinic.everything() == before
    chosen = {"wall": "2031-03-09T14:30", "start": "2031-03-10T09:00"}
    made = await desk.post("/v1/series", {**body, "choices": [chosen, {"wall": "2031-03-23T14:30", "start": None}]})
    assert [(row["start"], row["series"]["number"]) for row in made["rows"]] == [
        ("2031-03-02T19:30:00Z", 1), ("2031-03-10T13:00:00Z", 2), ("2031-03-16T18:30:00Z", 3),
    ]  # fmt: skip
    await shared(clinic)


@sqlite_only
@pytest.mark.parametrize(
    ("start", "state", "either"),
    [("2031-03-08T02:30:00", "nonexistent", 0), ("2031-11-01T01:30:00", "ambiguous", 2)],
)
async def test_a_skipped_or_doubled_time_is_asked_like_a_single_booking(
    clinic: Clinic, start: str, state: str, either: int
) -> None:
    desk, body = clinic.staff("scheduler"), await series(clinic, start, repeat={"freq": "daily", "count": 3})
    seen = (await desk.post("/v1/series/preview", body))["occurrences"]
    assert ([one["state"] for one in seen], len(seen[1]["either"])) == (["free", state, "free"], either)
    before = await clinic.everything()
    problem = await desk.refused(422, "POST", "/v1/series", body)
    assert problem["errors"][0]["pointer"] == "/choices"
    assert seen[1]["wall"] in problem["errors"][0]["detail"]
    assert await clinic.everything() == before
    chosen = seen[1]["either"][1] if either else "2031-03-09T03:30"
    made = await desk.post("/v1/series", {**body, "choices": [{"wall": seen[1]["wall"], "start": chosen}]})
    assert len(made["rows"]) == 3


@sqlite_only
@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"start": "2031-03-09T02:30:00"}, "/start"),
        ({"start": "2031-11-02T01:30:00"}, "/start"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"repeat": {"freq": "weekly"}}, "/repeat"),
        ({"repeat": {"freq": "weekly", "count": 99}}, "/repeat/count"),
        ({"choices": [{"wall": "2031-05-05T10:00", "start": None}]}, "/choices/0/wall"),
        ({"people": []}, "/people"),
        ({"co_provider_ids": ["provider"]}, "/co_provider_ids/0"),
        ({"co_provider_ids": ["scheduler"]}, "/co_provider_ids/0"),
    ],
)
async def test_a_fault_of_a_series_is_pointed_at(clinic: Clinic, values: dict[str, Any], pointer: str) -> None:
    if "co_provider_ids" in values:
        values = {"co_provider_ids": [clinic.north.accounts[name] for name in values["co_provider_ids"]]}
    body = await series(clinic, **{"start": "2031-03-02T14:30:00", **values})
    before = await clinic.everything()
    for path in ("/v1/series", "/v1/series/preview"):
        problem = await clinic.staff("scheduler").refused(422, "POST", path, body)
        assert [fault["pointer"] for fault in problem["errors"]] == [pointer], path
    assert await clinic.everything() == before


async def test_the_later_ones_of_a_series_move_together_by_the_wall_clock(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    rows = (await desk.post("/v1/series", await series(clinic, "2031-02-23T14:30:00")))["rows"]
    moved = await desk.post(
        f"/v1/appointments/{rows[1]['id']}/move",
        {"version": 1, "start": "2031-03-03T09:00:00", "zone": NEW_YORK, "scope": "following"},
    )
    starts = [moved["row"]["start"], *(row["start"] for row in moved["also"])]
    assert starts == ["2031-03-03T14:00:00Z", "2031-03-10T13:00:00Z", "2031-03-17T13:00:00Z"]
    assert {row["revision"] for row in [moved["row"], *moved["also"]]} == {2}
    first = (await clinic.all(Appointment, Appointment.id == rows[0]["id"]))[0]
    assert (z(first.start), first.revision) == (rows[0]["start"], 1)
    # A week later, onto its own times: all the old ones are given back before the new ones are taken.
    body = {"version": 1, "start": "2031-03-02T19:30:00Z", "scope": "all"}
    moved = await desk.post(f"/v1/appointments/{rows[0]['id']}/move", body)
    assert len(moved["also"]) == 3
    await shared(clinic)


async def test_a_series_that_meets_a_taken_time_does_not_move_at_all(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    rows = (await desk.post("/v1/series", await series(clinic, "2031-04-01T14:30:00")))["rows"]
    other = await clinic.person(given="Ivo", phone=None)
    await clinic.book(person=other, start=datetime.fromisoformat("2031-04-15T20:00:00Z"), provider="provider")
    before = await clinic.everything()
    body = {"version": 1, "start": "2031-04-01T20:00:00Z", "scope": "all"}
    path = f"/v1/appointments/{rows[0]['id']}/move"
    problem = await desk.refused(409, "POST", path, body)
    assert [one["appointment_id"] for one in problem["conflicts"]] == [rows[2]["id"]]
    assert await clinic.everything() == before
    stays = {"appointment_id": rows[2]["id"], "start": None}
    moved = await desk.post(path, {**body, "choices": [stays]})
    assert len(moved["also"]) == 2
    await shared(clinic)


async def test_the_rest_of_a_series_is_called_off(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    rows = (await desk.post("/v1/series", await series(clinic, "2031-04-01T14:30:00")))["rows"]
    gone = await desk.post(
        f"/v1/appointments/{rows[1]['id']}/cancel", {"version": 1, "scope": "following", "reason": "pat"}
    )
    assert [row["status"] for row in [gone["row"], *gone["also"]]] == ["cancelled"] * 3
    assert [one.id for one in await clinic.all(Appointment, Appointment.status == "booked")] == [rows[0]["id"]]
    await shared(clinic)


async def test_a_group_takes_its_time_once_and_each_has_a_visit_alone(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    made = await group(clinic, desk, noon(clinic))
    assert len(await clinic.all(Busy)) == 3
    assert {row["group_id"] for row in made["rows"]} == {made["group_id"]}
    clinic.clock.forward(noon(clinic) - clinic.clock.now() - timedelta(minutes=10))
    seen = []
    for row in made["rows"]:
        visit = await clinic.booked(clinic.north, row["id"], row["person"]["id"])
        phone = await clinic.arrive(visit)
        view = await phone.get(f"/v1/links/{visit.link_id}/visit")
        seen.append(json.dumps(view))
    for number, text in enumerate(seen):
        others = [row for place, row in enumerate(made["rows"]) if place != number]
        for row in others:
            assert row["person"]["name"] not in text
            assert row["person"]["id"] not in text
            assert row["id"] not in text
        assert made["group_id"] not in text, "not even that there is a group"
    assert len({json.loads(text)["conversation"]["id"] for text in seen}) == 3
    await shared(clinic)


async def test_a_member_leaves_joins_and_the_last_one_frees_the_time(clinic: Clinic) -> None:
    desk, at = clinic.staff("scheduler"), noon(clinic)
    made = await group(clinic, desk, at)
    first, second, third = made["rows"]
    moved = await desk.post(f"/v1/appointments/{first['id']}/move", {"version": 1, "start": z(at + timedelta(hours=1))})
    assert moved["row"]["group_id"] is None
    await shared(clinic)
    again = {"person_id": first["person"]["id"]}
    joined = await desk.post(f"/v1/groups/{made['group_id']}/people", again)
    assert (joined["row"]["start"], joined["row"]["group_id"]) == (z(at), made["group_id"])
    twice = await desk.refused(409, "POST", f"/v1/groups/{made['group_id']}/people", again)
    assert "already" in twice["detail"]
    body = {"version": 1, "start": z(at + timedelta(hours=2)), "scope": "group"}
    all_moved = await desk.post(f"/v1/appointments/{second['id']}/move", body)
    assert {row["start"] for row in all_moved["also"]} == {body["start"]}
    assert len(all_moved["also"]) == 2
    await shared(clinic)
    for row in (second, third):
        await desk.post(f"/v1/appointments/{row['id']}/cancel", {"version": 2})
        assert len(await clinic.all(Busy)) == 6
    await desk.post(f"/v1/appointments/{joined['row']['id']}/cancel", {"version": 2, "scope": "group"})
    assert len(await clinic.all(Busy)) == 3
    await desk.refused(404, "POST", f"/v1/groups/{made['group_id']}/people", again)
    await shared(clinic)


async def test_a_co_providers_time_is_taken_moved_and_given_back_too(clinic: Clinic) -> None:
    desk, at, second = clinic.staff("scheduler"), noon(clinic), clinic.north.accounts["second"]
    body = await wish(clinic, at, co_provider_ids=[second])
    made = (await desk.post("/v1/appointments", body))["row"]
    assert made["co_providers"] == [{"id": second, "name": "Dr Second North"}]
    other = await wish(clinic, at, provider_id=second, person_id=await clinic.person(given="Ivo", phone=None))
    assert (await desk.refused(409, "POST", "/v1/appointments", other))["slug"] == "slot-taken"
    await desk.post("/v1/appointments", {**other, "start": z(at + timedelta(hours=1))})
    # Free for one is not free for both.
    to = {"version": 1, "start": z(at + timedelta(hours=1))}
    await desk.refused(409, "POST", f"/v1/appointments/{made['id']}/move", to)
    await shared(clinic)
    moved = await desk.post(f"/v1/appointments/{made['id']}/move", {**to, "start": z(at + timedelta(hours=2))})
    await shared(clinic)
    handed = await desk.post(
        f"/v1/appointments/{made['id']}/move",
        {"version": 2, "start": moved["row"]["start"], "provider_id": second},
    )
    assert (handed["row"]["provider"]["id"], handed["row"]["co_providers"]) == (second, [])
    await desk.post(f"/v1/appointments/{made['id']}/cancel", {"version": 3})
    await shared(clinic)


async def test_a_group_repeats(clinic: Clinic) -> None:
    desk = clinic.staff("scheduler")
    body = await series(
        clinic, "2031-04-01T14:30:00", people=await family(clinic), repeat={"freq": "weekly", "count": 2}
    )
    rows = (await desk.post("/v1/series", body))["rows"]
    assert [row["series"]["number"] for row in rows] == [1, 1, 1, 2, 2, 2]
    assert len({row["group_id"] for row in rows}) == 2
    await shared(clinic)
    gone = await desk.post(f"/v1/appointments/{rows[0]['id']}/cancel", {"version": 1, "scope": "all"})
    assert len(gone["also"]) == 5
    assert await clinic.all(Busy) == []


@sqlite_only
@pytest.mark.parametrize("scope", ["group", "following", "all"])
async def test_a_visit_alone_is_of_no_group_and_no_series(clinic: Clinic, scope: str) -> None:
    booked = await clinic.book(start=noon(clinic), provider="provider")
    before = await clinic.everything()
    desk = clinic.staff("scheduler")
    for verb, body in (("move", {"start": z(noon(clinic, 2))}), ("cancel", {})):
        sent = {"version": 1, "scope": scope, **body}
        problem = await desk.refused(422, "POST", f"/v1/appointments/{booked.id}/{verb}", sent)
        assert problem["errors"][0]["pointer"] == "/scope"
    assert await clinic.everything() == before
