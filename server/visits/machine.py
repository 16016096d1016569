"""FHIR Encounter.status, the part of it that we use."""

from __future__ import annotations

from enum import StrEnum

from server.core.machine import Machine


class Status(StrEnum):
    planned = "planned"
    in_progress = "in-progress"
    on_hold = "on-hold"
    completed = "completed"
    cancelled = "cancelled"


class Act(StrEnum):
    open = "open"
    hold = "hold"
    resume = "resume"
    complete = "complete"
    cancel = "cancel"


_S, _A = Status, Act
machine = Machine(
    "The visit",
    initial=_S.planned,
    table={
        (_S.planned, _A.open): _S.in_progress,
        (_S.planned, _A.cancel): _S.cancelled,
        (_S.in_progress, _A.hold): _S.on_hold,
        (_S.in_progress, _A.complete): _S.completed,
        (_S.on_hold, _A.resume): _S.in_progress,
        (_S.on_hold, _A.complete): _S.completed,
    },
)
