"""A command that is sent twice happens once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from server.api.idempotency import IdempotencyRow
from server.appointments.tables import Appointment
from server.core.ids import new_id
from server.people.tables import Person
from tests.parts.clinic import Clinic, five_minutes
from tests.parts.marks import sqlite_only

PERSON = {"given": "Ada", "family": "Stone", "birth_date": "1980-02-03"}


async def test_the_same_key_and_body_give_the_first_answer(clinic: Clinic) -> None:
    desk, key = clinic.staff("scheduler"), new_id()
    first = await desk.send("POST", "/v1/people", PERSON, idempotency_key=key)
    again = await desk.send("POST", "/v1/people", PERSON, idempotency_key=key)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert len(await clinic.all(Person)) == 1
    stored = (await clinic.all(IdempotencyRow))[0]
    assert b"Stone" not in stored.answer, "the kept answer is sealed"


async def test_the_same_key_at_once_happens_once(clinic: Clinic) -> None:
    desk, key = clinic.staff("scheduler"), new_id()
    answers = await asyncio.gather(*(desk.send("POST", "/v1/people", PERSON, idempotency_key=key) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await clinic.all(Person)) == 1


async def test_the_same_key_for_something_else_is_refused(clinic: Clinic) -> None:
    desk, key = clinic.staff("scheduler"), new_id()
    await desk.post("/v1/people", PERSON, idempotency_key=key)
    problem = await desk.refused(409, "POST", "/v1/people", {**PERSON, "given": "Eve"}, idempotency_key=key)
    assert problem["slug"] == "idempotency-conflict"
    assert len(await clinic.all(Person)) == 1


async def test_a_key_belongs_to_whoever_sent_it(clinic: Clinic) -> None:
    key = new_id()
    mine = await clinic.staff("scheduler").post("/v1/people", PERSON, idempotency_key=key)
    for other in (clinic.staff("admin"), clinic.staff("scheduler", clinic.south)):
        assert (await other.post("/v1/people", PERSON, idempotency_key=key))["id"] != mine["id"]


async def test_a_refused_command_leaves_its_key_free(clinic: Clinic) -> None:
    desk, key = clinic.staff("scheduler"), new_id()
    body: dict[str, Any] = {**PERSON, "phone": "12"}
    await desk.refused(422, "POST", "/v1/people", body, idempotency_key=key)
    await desk.post("/v1/people", PERSON, idempotency_key=key)


@sqlite_only
async def test_a_malformed_key_is_named(clinic: Clinic) -> None:
    for key in ("short", "x" * 65):
        problem = await clinic.staff("scheduler").refused(422, "POST", "/v1/people", PERSON, idempotency_key=key)
        assert problem["slug"] == "invalid"


async def test_a_preview_with_a_key_books_and_keeps_nothing(clinic: Clinic) -> None:
    desk, person = clinic.staff("scheduler"), await clinic.person()
    body = {
        "person_id": person, "provider_id": clinic.north.accounts["provider"], "visit_type_id": clinic.north.visit_type,
        "start": (five_minutes(clinic.clock.now()) + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    keys = [new_id() for _ in range(5)]
    shown = await asyncio.gather(
        *(desk.post("/v1/appointments/preview", body, idempotency_key=key) for key in keys * 2)
    )
    assert [len(one["messages"]) for one in shown] == [3] * 10
    assert await clinic.all(Appointment) == []
    assert await clinic.all(IdempotencyRow) == []


async def test_keys_are_forgotten_after_a_day(clinic: Clinic) -> None:
    await clinic.staff("scheduler").post("/v1/people", PERSON, idempotency_key=new_id())
    await clinic.worker.tidy()
    assert len(await clinic.all(IdempotencyRow)) == 1
    clinic.clock.forward(timedelta(hours=25))
    await clinic.worker.tidy()
    assert await clinic.all(IdempotencyRow) == []
