"""What is asked of the staff is asked once, taken by one, and calls until somebody takes it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from server.events import TaskEscalated
from server.store.unit import Unit
from server.tasks import ladder, service
from server.tasks.kinds import Kind, Priority
from server.tasks.tables import Task
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only

NOTE = "Says the chest pain is back"


async def asked(clinic: Clinic, priority: Priority = Priority.urgent, **values: Any) -> Task:
    person = values.pop("person_id", None) or await clinic.person(phone=None)
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        return await service.ask(unit, Kind.call_back, priority, person_id=person, note=NOTE, **values)


async def listed(clinic: Clinic, who: str = "provider") -> dict[str, Any]:
    shown: dict[str, Any] = (await clinic.staff(who).get("/v1/tasks"))["tasks"]
    return shown


async def louder(clinic: Clinic, **passed: int) -> list[tuple[int, str]]:
    """(step, by) of what calls once so much time has passed."""
    clinic.clock.forward(timedelta(**passed))
    async with clinic.house.desk.unit(clinic.north.system) as unit:
        await ladder.escalate(unit)
        await unit.settle()
        return [(one.step, one.by) for one in unit.emitted if isinstance(one, TaskEscalated)]


async def test_it_stands_on_every_staff_list_with_its_person_and_its_sealed_note(clinic: Clinic) -> None:
    task = await asked(clinic, due=clinic.clock.now() + timedelta(minutes=30))
    for who in ("provider", "scheduler", "admin"):
        shown = (await listed(clinic, who))[task.id]
        assert (shown["note"], shown["person"]["name"], shown["status"]) == (NOTE, "Rosa Marsh", "requested")
        assert shown["due"].endswith("Z")
    assert await listed(clinic, "scheduler") != {}
    stored = (await clinic.all(Task))[0].note
    assert stored is not None
    assert b"chest" not in stored
    assert (await clinic.staff("provider", clinic.south).get("/v1/tasks"))["tasks"] == {}


async def test_the_same_key_is_asked_once_also_at_the_same_moment_and_after_it_was_closed(clinic: Clinic) -> None:
    person = await clinic.person(phone=None)
    made = await asyncio.gather(*(asked(clinic, person_id=person, key="unreached-1") for _ in range(8)))
    assert len({task.id for task in made}) == len(await clinic.all(Task)) == 1
    task = made[0]
    await clinic.staff("scheduler").post(f"/v1/tasks/{task.id}/complete", {"version": 1, "words": "Spoke to her"})
    assert await listed(clinic) == {}
    assert (await asked(clinic, person_id=person, key="unreached-1")).id == task.id
    assert (await asked(clinic, person_id=person, key="unreached-2")).id != task.id
    async with clinic.house.desk.unit(clinic.south.system) as unit:
        theirs = await service.ask(unit, Kind.call_back, Priority.routine, person_id=None, key="unreached-2")
    assert theirs.tenant == clinic.south.id, "a key belongs to its practice"


async def test_of_many_who_accept_one_has_it_and_the_others_hear_who(clinic: Clinic) -> None:
    task = await asked(clinic)
    names = ["provider", "second", "scheduler", "admin"]
    answers = await asyncio.gather(
        *(clinic.staff(name).send("POST", f"/v1/tasks/{task.id}/accept", {"version": 1}) for name in names)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    shown = (await listed(clinic))[task.id]
    winner = names[[answer.status_code for answer in answers].index(200)]
    assert shown["owner"]["id"] == clinic.north.accounts[winner]
    late = await clinic.staff("admin").refused(409, "POST", f"/v1/tasks/{task.id}/accept", {"version": 2})
    assert (late["slug"], late["owner_id"]) == ("conflict", clinic.north.accounts[winner])


async def test_handed_back_taken_and_finished(clinic: Clinic) -> None:
    task = await asked(clinic)
    desk = clinic.staff("scheduler")
    version = 1
    for act, status in (("accept", "accepted"), ("release", "requested"), ("accept", "accepted")):
        answer = await desk.post(f"/v1/tasks/{task.id}/{act}", {"version": version})
        assert answer["status"] == status
        assert (answer["owner"] is None) == (status == "requested")
        version = answer["version"]
    done = await desk.post(f"/v1/tasks/{task.id}/complete", {"version": version, "words": "Rebooked"})
    assert done["status"] == "completed"
    before = await clinic.everything()
    for act in ("accept", "release", "complete", "cancel"):
        problem = await desk.refused(409, "POST", f"/v1/tasks/{task.id}/{act}", {"version": done["version"]})
        assert problem["slug"] == "impossible-move"
    assert await clinic.everything() == before


async def test_a_stat_task_calls_louder_until_it_is_accepted(clinic: Clinic) -> None:
    task = await asked(clinic, Priority.stat)
    assert (await listed(clinic))[task.id]["by"] == "board"
    assert await louder(clinic, seconds=30) == []
    assert await louder(clinic, seconds=31) == [(2, "push")]
    assert await louder(clinic, seconds=1) == []
    assert await louder(clinic, minutes=2) == [(3, "sms")]
    assert await louder(clinic, minutes=5) == [(4, "sms")]
    shown = (await listed(clinic))[task.id]
    assert (shown["step"], shown["by"], shown["version"]) == (4, "sms", 1)
    await clinic.staff("provider").post(f"/v1/tasks/{task.id}/accept", {"version": 1})
    assert await louder(clinic, hours=1) == []
    await clinic.staff("provider").post(f"/v1/tasks/{task.id}/release", {"version": 2})
    assert await louder(clinic, minutes=1) == [(2, "push")]


@pytest.mark.parametrize("priority", [Priority.routine, Priority.urgent, Priority.asap])
@sqlite_only
async def test_what_is_not_stat_calls_nobody_by_itself(clinic: Clinic, priority: Priority) -> None:
    await asked(clinic, priority)
    assert await louder(clinic, hours=3) == []


@sqlite_only
async def test_what_ails_one_practice_silences_no_other(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever comes first fails at each look; the other's tasks still call, and the fault is not hidden."""
    called: list[str] = []

    async def ails(unit: Unit) -> int:
        called.append(unit.tenant)
        if len(called) == 1:
            raise RuntimeError("a row that cannot be read")
        return 0

    monkeypatch.setattr(ladder, "escalate", ails)
    with pytest.raises(ExceptionGroup, match="could not be looked after"):
        await clinic.worker.tidy()
    assert sorted(called) == sorted([clinic.north.id, clinic.south.id])


async def test_two_workers_take_each_step_once(clinic: Clinic) -> None:
    for number in range(5):
        await asked(clinic, Priority.stat, key=f"alarm-{number}")
    clinic.clock.forward(timedelta(minutes=1))
    heard: list[TaskEscalated] = []

    async def work() -> None:
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await ladder.escalate(unit)
            await unit.settle()
            heard.extend(one for one in unit.emitted if isinstance(one, TaskEscalated))

    await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(one.step for one in heard) == [2] * 5
    assert len({one.task_id for one in heard}) == 5


async def test_the_worker_takes_the_steps_and_a_night_without_it_makes_one_call_not_a_hundred(clinic: Clinic) -> None:
    task = await asked(clinic, Priority.stat)
    clinic.clock.forward(timedelta(hours=8))
    await clinic.worker.tidy()
    assert (await listed(clinic))[task.id]["step"] == 2
    await clinic.worker.tidy()
    assert (await listed(clinic))[task.id]["step"] == 2


async def test_what_has_passed_is_dropped_by_its_key(clinic: Clinic) -> None:
    task = await asked(clinic, key="alarm")

    async def drop(unit: Unit) -> None:
        await service.drop(unit, "alarm")

    for _ in range(2):
        async with clinic.house.desk.unit(clinic.north.system) as unit:
            await drop(unit)
    assert await listed(clinic) == {}
    assert [(one.id, one.status) for one in await clinic.all(Task)] == [(task.id, "cancelled")]


@sqlite_only
async def test_too_many_words_and_an_old_version_change_nothing(clinic: Clinic) -> None:
    task = await asked(clinic)
    before = await clinic.everything()
    desk = clinic.staff("scheduler")
    path = f"/v1/tasks/{task.id}/complete"
    await desk.refused(422, "POST", path, {"version": 1, "words": "x" * 501})
    await desk.refused(422, "POST", path, {"version": 0})
    problem = await desk.refused(409, "POST", path, {"version": 7})
    assert (problem["slug"], problem["current"]) == ("stale-version", 1)
    assert await clinic.everything() == before
