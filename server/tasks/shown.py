"""Tasks as staff see them: the same words for the list, the answers and the events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from server.access.service import staff_names
from server.people.service import Opened, open_people
from server.store.unit import Unit
from server.tasks.ladder import channel
from server.tasks.machine import OPEN, Status
from server.tasks.schemas import TaskOut, TaskOwner, TaskPerson
from server.tasks.tables import Task


async def shown(unit: Unit, tasks: Sequence[Task]) -> dict[str, TaskOut]:
    """By id; a handful of queries for any number of them."""
    people = await open_people(unit, {task.person_id for task in tasks if task.person_id})
    names = await staff_names(unit, {task.owner_id for task in tasks if task.owner_id})
    cells = unit.cells()
    await cells.prefetch_cells([task.note for task in tasks])
    return {
        task.id: TaskOut(
            id=task.id, kind=task.kind, priority=task.priority, status=task.status, version=task.version,
            person=_person(people[task.person_id]) if task.person_id else None, appointment_id=task.appointment_id,
            note=cells.open("task", "note", task.id, task.note), due=_stamp(task.due),
            created_at=_stamp(task.created_at) or "",
            owner=TaskOwner(id=task.owner_id, name=names[task.owner_id]) if task.owner_id else None,
            accepted_at=_stamp(task.accepted_at), step=task.step, by=channel(task.step),
        )
        for task in tasks
    }  # fmt: skip


async def patch(unit: Unit, task_ids: Iterable[str]) -> dict[str, Any]:
    """What the list of open tasks says of these: the whole task, or null for one that is closed."""
    rows = await unit.find(Task, task_ids)
    still_open = [task for task in rows.values() if Status(task.status) in OPEN]
    found = await shown(unit, still_open)
    return {task_id: found[task_id].model_dump(mode="json") if task_id in found else None for task_id in rows}


def _person(one: Opened) -> TaskPerson:
    return TaskPerson(
        id=one.id, name=one.profile.name, birth_date=one.profile.birth_date, number=one.profile.number,
        language=one.profile.language,
    )  # fmt: skip


def _stamp(at: datetime | None) -> str | None:
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z") if at else None
