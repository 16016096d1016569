"""Somebody is found by what people type at a desk."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from tests.parts.clinic import Clinic

PEOPLE = {
    "zoe": {"given": "Zoë", "family": "O'Brien-Łuk", "number": "RC 001"},
    "layla": {"given": "ليلى", "family": "حدّاد", "number": "RC 002"},
    "wang": {"given": "", "family": "王小明", "number": "RC 003"},
    "single": {"given": "", "family": "Sukarno", "number": "RC 004"},
    "nuno": {"given": "Nuno", "family": "Araújo e Silva", "number": "RC 005"},
    "aoi": {"given": "葵", "family": "佐藤", "number": "RC 006"},
}
TYPED = {
    "zoe": {"zoe"}, "ZOË": {"zoe"}, "obr": {"zoe"}, "o’bri": {"zoe"}, "luk": {"zoe"}, "zoe luk": {"zoe"},
    "luk zoe": {"zoe"},
    "ليل": {"layla"}, "حداد": {"layla"}, "حَدَّاد": {"layla"}, "小明": {"wang"}, "王小": {"wang"}, "suk": {"single"},
    "Sukarno": {"single"}, "sukarna": set(), "ara": {"nuno"}, "sil": {"nuno"}, "佐藤": {"aoi"}, "佐藤葵": set(),
    "佐藤 葵": {"aoi"}, "RC 004": {"single"}, "rc 004": {"single"}, "RC 0": set(), "": set(), " ": set(), "...": set(),
    "%": set(), "\x00": set(), "x" * 2000: set(),
}  # fmt: skip


async def add(clinic: Clinic, **values: Any) -> str:
    body = {"birth_date": "1980-02-03", "language": "en", **values}
    made: dict[str, str] = await clinic.staff("scheduler").post("/v1/people", body)
    return made["id"]


async def found(clinic: Clinic, typed: str, who: str = "provider") -> set[str]:
    return {one["id"] for one in (await clinic.staff(who).get(f"/v1/people?q={quote(typed)}"))["people"]}


async def test_three_letters_find_a_name_in_any_script(clinic: Clinic) -> None:
    ids = {name: await add(clinic, **values) for name, values in PEOPLE.items()}
    for typed, names in TYPED.items():
        assert await found(clinic, typed) == {ids[name] for name in names}, typed


SHAPES = ["+1 415 555 0123", "(415) 555-0123", "415.555.0123", "4155550123", "1 415 555 0123", "+14155550123",
          "４１５ 555 0123", "415-555-0123 "]  # fmt: skip


async def test_a_number_is_found_in_every_shape_and_shown_in_none(clinic: Clinic) -> None:
    mother = await add(clinic, given="Rosa", family="Marsh", phone="(415) 555-0123")
    child = await add(clinic, given="Ivo", family="Marsh", phone="+1 415 555 0123")
    await add(clinic, given="Ann", family="Other", phone="+14155550124")
    for shape in SHAPES:
        assert await found(clinic, shape) == {mother, child}, shape
    assert await found(clinic, "5550123") == set()
    people = (await clinic.staff("provider").get("/v1/people?q=mar"))["people"]
    assert [one["phone_masked"] for one in people] == ["•••• 23"] * 2
    assert [one["name"] for one in people] == ["Ivo Marsh", "Rosa Marsh"]


async def test_nobody_of_another_practice_is_found(clinic: Clinic) -> None:
    await add(clinic, given="Rosa", family="Marsh", phone="+14155550123", number="RC 1")
    south = clinic.staff("scheduler", clinic.south)
    for typed in ("ros", "mar", "%2B14155550123", "RC%201"):
        assert (await south.get(f"/v1/people?q={typed}"))["people"] == []
    await south.post("/v1/people", {"given": "R", "family": "M", "birth_date": "1980-02-03", "number": "RC 1"})


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"family": ""}, "/family"),
        ({"family": " \t "}, "/family"),
        ({"family": "A\x00B"}, "/family"),
        ({"given": "A\x07B"}, "/given"),
        ({"birth_date": "2999-01-01"}, "/birth_date"),
        ({"birth_date": "1980-02-30"}, "/birth_date"),
        ({"phone": "12"}, "/phone"),
        ({"phone": "+1 900 555 4321"}, "/phone"),
        ({"email": "no address"}, "/email"),
        ({"email": "a@b"}, "/email"),
        ({"language": "english!"}, "/language"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"needs": [{"kind": "coffee"}]}, "/needs/0/kind"),
        ({"nickname": "Rosie"}, "/nickname"),
    ],
)
async def test_a_fault_is_pointed_at_and_nobody_is_added(clinic: Clinic, values: dict[str, Any], pointer: str) -> None:
    before = await clinic.everything()
    body = {"given": "Rosa", "family": "Marsh", "birth_date": "1980-02-03", **values}
    problem = await clinic.staff("scheduler").refused(422, "POST", "/v1/people", body)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert await clinic.everything() == before


async def test_two_people_do_not_share_a_clinic_number(clinic: Clinic) -> None:
    body = {"given": "Rosa", "family": "Marsh", "birth_date": "1980-02-03", "number": "RC 1"}
    desk = clinic.staff("scheduler")
    answers = await asyncio.gather(*(desk.send("POST", "/v1/people", body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert {one.json()["slug"] for one in answers if one.status_code == 409} == {"conflict"}
