"""How a `stat` task calls for somebody until it is accepted: the boards at once, then web push, then texts to staff.

Each step is due at a stored instant, so a restart neither forgets nor repeats it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from server.events import TaskEscalated
from server.store.unit import Unit
from server.tasks.kinds import Priority
from server.tasks.machine import Status
from server.tasks.tables import Task

# By what each step calls, and how long the step before it is given to be enough.
LADDER = (("board", timedelta()), ("push", timedelta(minutes=1)), ("sms", timedelta(minutes=2)))
AGAIN = timedelta(minutes=5)  # the last step is repeated until somebody accepts
_AT_ONCE = 100  # more than that in one look belong to the next one


def channel(step: int) -> str:
    """By what step `step` calls: board, push or sms; 1 is the first."""
    return LADDER[min(step, len(LADDER)) - 1][0]


def after(step: int, at: datetime) -> datetime:
    """When the step after `step` is due, which was taken at `at`."""
    return at + (LADDER[step][1] if step < len(LADDER) else AGAIN)


def start(priority: str, at: datetime) -> tuple[int, datetime | None]:
    """(step, when the next is due) of a task that is open to be taken from `at` on."""
    return (1, after(1, at)) if priority == Priority.stat else (1, None)


async def escalate(unit: Unit) -> int:
    """Take every step that is due. Of two workers one moves each step on, so nobody is called twice for it."""
    now = unit.clock.now()
    due = unit.select(Task).where(col(Task.status) == Status.requested.value, col(Task.next_at) <= now)
    taken = 0
    for task in await unit.all(due.order_by(col(Task.id)).limit(_AT_ONCE)):
        # `version` stays: whoever accepts at this very moment saw the task as it is.
        moved = await unit.session.execute(
            update(Task)
            .where(col(Task.id) == task.id, col(Task.status) == Status.requested.value, col(Task.step) == task.step)
            .values(step=task.step + 1, next_at=after(task.step + 1, now))
            .execution_options(synchronize_session=False)
        )
        if moved.rowcount == 1:  # type: ignore[attr-defined]
            taken += 1
            await unit.session.refresh(task)
            unit.emit(
                TaskEscalated(
                    task_id=task.id, kind=task.kind, priority=task.priority, task_status=task.status,
                    appointment_id=task.appointment_id, step=task.step, by=channel(task.step),
                )
            )  # fmt: skip
            unit.record("U", f"task.escalate.{channel(task.step)}", "Task", task.id, person_id=task.person_id or "")
    return taken
