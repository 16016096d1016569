"""The staff's list of what needs a human, and what is done about it."""

from __future__ import annotations

from server.api.context import Context
from server.api.routing import Route
from server.core.errors import Conflict, NotFound
from server.events import Audience, topic
from server.store import outbox
from server.tasks import service
from server.tasks.schemas import CloseIn, SeenIn, TaskOut, TasksOut
from server.tasks.shown import shown
from server.tasks.tables import Task


async def listing(ctx: Context) -> TasksOut:
    """Everything that waits for somebody."""
    place = topic(Audience.tasks, ctx.unit.tenant)
    heads = await outbox.heads(ctx.unit.session, [place])
    ctx.unit.record("R", "task.list", "Task", "")
    now = ctx.unit.clock.now().replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return TasksOut(heads=heads, now=now, tasks=await shown(ctx.unit, await service.open_tasks(ctx.unit)))


async def accept(ctx: Context, body: SeenIn) -> TaskOut:
    """Take it: it stops calling, and everybody sees who has it."""
    return await _out(ctx, await service.accept(ctx.unit, ctx.path("task_id"), body.version))


async def release(ctx: Context, body: SeenIn) -> TaskOut:
    """Hand it back to everybody."""
    return await _out(ctx, await service.release(ctx.unit, ctx.path("task_id"), body.version))


async def complete(ctx: Context, body: CloseIn) -> TaskOut:
    """It is done."""
    return await _out(ctx, await service.complete(ctx.unit, ctx.path("task_id"), body.version, body.words))


async def cancel(ctx: Context, body: CloseIn) -> TaskOut:
    """It need not be done any more."""
    return await _out(ctx, await service.cancel(ctx.unit, ctx.path("task_id"), body.version, body.words))


async def _out(ctx: Context, task: Task) -> TaskOut:
    return (await shown(ctx.unit, [task]))[task.id]


_PROBLEMS = [NotFound, Conflict]
ROUTES = [
    Route("GET", "/v1/tasks", listing, "task.list", returns=TasksOut, writes=True),
    Route("POST", "/v1/tasks/{task_id}/accept", accept, "task.accept", body=SeenIn, returns=TaskOut,
          problems=_PROBLEMS),
    Route("POST", "/v1/tasks/{task_id}/release", release, "task.release", body=SeenIn, returns=TaskOut,
          problems=_PROBLEMS),
    Route("POST", "/v1/tasks/{task_id}/complete", complete, "task.complete", body=CloseIn, returns=TaskOut,
          problems=_PROBLEMS),
    Route("POST", "/v1/tasks/{task_id}/cancel", cancel, "task.cancel", body=CloseIn, returns=TaskOut,
          problems=_PROBLEMS),
]  # fmt: skip
