"""Ask the staff for something, once; take it, hand it back, finish it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col

from server.core.errors import Conflict
from server.core.ids import new_id
from server.events import TaskChanged
from server.store.many import insert_if_absent
from server.store.unit import Unit, expect
from server.tasks import ladder
from server.tasks.kinds import Kind, Priority
from server.tasks.machine import OPEN, Act, Status, machine
from server.tasks.tables import Task


async def ask(
    unit: Unit, kind: Kind, priority: Priority, *, person_id: str | None, appointment_id: str | None = None,
    note: str | None = None, due: datetime | None = None, key: str | None = None,
) -> Task:  # fmt: skip
    """Ask the staff for something, in the transaction of what makes it necessary.

    With a `key` it is asked once: the same key again, also from another transaction at the same moment or after it
    was closed, gives the task of the first. `due` is when it should be done by; `note` is sealed.
    """
    if key is not None and (known := await _by_key(unit, key)) is not None:
        return known
    now = unit.clock.now()
    task_id = new_id()
    step, next_at = ladder.start(priority, now)
    task = Task(
        id=task_id, tenant=unit.tenant, kind=kind.value, priority=priority.value, person_id=person_id,
        appointment_id=appointment_id, note=(await unit.dek(person_id or "")).seal("task", "note", task_id, note),
        key=key, due=due, status=machine.initial.value, step=step, next_at=next_at, created_at=now,
    )  # fmt: skip
    if key is None:
        unit.add(task)
        await unit.flush()
    elif not await insert_if_absent(unit.session, Task, task.model_dump(), unique=("tenant", "key")):
        first = await _by_key(unit, key)
        assert first is not None  # whoever was faster has committed, or we would still wait for them
        return first
    _tell(unit, task)
    unit.record("C", f"task.ask.{task.kind}", "Task", task.id, person_id=person_id or "")
    return task


async def accept(unit: Unit, task_id: str, version: int) -> Task:
    """Whoever accepts is named on every board, and it calls for nobody any more."""
    task = await _seen(unit, task_id, version)
    if task.status == Status.accepted:
        raise Conflict("A colleague has taken this already.", owner_id=task.owner_id)
    now = unit.clock.now()
    return await _move(unit, task, Act.accept, owner_id=unit.principal.account_id, accepted_at=now, next_at=None)


async def release(unit: Unit, task_id: str, version: int) -> Task:
    """Hand it back: it is for everybody again, and a `stat` task calls anew."""
    task = await _seen(unit, task_id, version)
    step, next_at = ladder.start(task.priority, unit.clock.now())
    return await _move(unit, task, Act.release, owner_id=None, accepted_at=None, step=step, next_at=next_at)


async def complete(unit: Unit, task_id: str, version: int, outcome: str | None = None) -> Task:
    """It is done; `outcome` says what came of it."""
    return await _close(unit, await _seen(unit, task_id, version), Act.complete, outcome)


async def cancel(unit: Unit, task_id: str, version: int, reason: str | None = None) -> Task:
    """It need not be done any more; `reason` says why."""
    return await _close(unit, await _seen(unit, task_id, version), Act.cancel, reason)


async def drop(unit: Unit, key: str) -> None:
    """For the feature that asked: what made the task necessary has passed. Nothing happens when it is closed."""
    task = await _by_key(unit, key)
    if task is not None and Status(task.status) in OPEN:
        await _close(unit, task, Act.cancel, None)


async def open_tasks(unit: Unit) -> list[Task]:
    """Everything that waits for somebody, the oldest first."""
    query = unit.select(Task).where(col(Task.status).in_([status.value for status in OPEN]))
    return await unit.all(query.order_by(col(Task.created_at), col(Task.id)))


async def of_appointment(unit: Unit, appointment_id: str, kind: Kind) -> Task | None:
    """The newest task of a kind about an appointment."""
    query = unit.select(Task).where(col(Task.appointment_id) == appointment_id, col(Task.kind) == kind.value)
    newest = query.order_by(col(Task.created_at).desc(), col(Task.id).desc())
    return await unit.once((of_appointment, appointment_id, kind), lambda: unit.first(newest))


async def _seen(unit: Unit, task_id: str, version: int) -> Task:
    task = await unit.get(Task, task_id)
    expect(task, version)
    return task


async def _by_key(unit: Unit, key: str) -> Task | None:
    return await unit.first(unit.select(Task).where(col(Task.key) == key))


async def _close(unit: Unit, task: Task, act: Act, words: str | None) -> Task:
    handle = await unit.dek(task.person_id or "")
    sealed = handle.seal("task", "outcome", task.id, words or None)
    return await _move(unit, task, act, outcome=sealed, closed_at=unit.clock.now(), next_at=None)


async def _move(unit: Unit, task: Task, act: Act, **values: object) -> Task:
    await unit.move(task, machine, act, **values)
    _tell(unit, task)
    unit.record("U", f"task.{act.value}", "Task", task.id, person_id=task.person_id or "")
    return task


def _tell(unit: Unit, task: Task) -> None:
    unit.emit(
        TaskChanged(
            task_id=task.id, kind=task.kind, priority=task.priority, task_status=task.status,
            appointment_id=task.appointment_id,
        )
    )  # fmt: skip
