"""FHIR Task.status, the part of it that we use."""

from __future__ import annotations

from enum import StrEnum

from server.core.machine import Machine


class Status(StrEnum):
    requested = "requested"
    accepted = "accepted"
    completed = "completed"
    cancelled = "cancelled"


class Act(StrEnum):
    accept = "accept"
    release = "release"
    complete = "complete"
    cancel = "cancel"


OPEN = (Status.requested, Status.accepted)

_S, _A = Status, Act
machine = Machine(
    "The task",
    initial=_S.requested,
    table={
        (_S.requested, _A.accept): _S.accepted,
        (_S.requested, _A.complete): _S.completed,
        (_S.requested, _A.cancel): _S.cancelled,
        (_S.accepted, _A.release): _S.requested,
        (_S.accepted, _A.complete): _S.completed,
        (_S.accepted, _A.cancel): _S.cancelled,
    },
)
