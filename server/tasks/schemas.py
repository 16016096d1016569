"""Wire shapes of tasks."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from server.access.schemas import Shape


class SeenIn(Shape):
    version: int = Field(ge=1)


class CloseIn(SeenIn):
    """`words`: what came of it, or why it was dropped. Sealed."""

    words: str | None = Field(default=None, max_length=500)


class TaskPerson(BaseModel):
    id: str
    name: str
    birth_date: date
    number: str | None
    language: str


class TaskOwner(BaseModel):
    id: str
    name: str


class TaskOut(BaseModel):
    """`step` and `by` say how far an unanswered `stat` task has called (1 board, 2 push, then sms, again and again)."""

    id: str
    kind: str
    priority: str
    status: str
    version: int
    person: TaskPerson | None
    appointment_id: str | None
    note: str | None
    due: str | None
    created_at: str
    owner: TaskOwner | None
    accepted_at: str | None
    step: int
    by: str


class TasksOut(BaseModel):
    heads: dict[str, int]
    now: str
    tasks: dict[str, TaskOut]
