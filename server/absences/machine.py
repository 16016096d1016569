"""FHIR request-status of an absence: a draft, a moment in which it can be taken back (on-hold), carried out, done."""

from __future__ import annotations

from enum import StrEnum

from server.core.machine import Machine


class Status(StrEnum):
    draft = "draft"
    on_hold = "on-hold"
    active = "active"
    completed = "completed"
    revoked = "revoked"


class Act(StrEnum):
    apply = "apply"
    undo = "undo"
    start = "start"
    finish = "finish"
    drop = "drop"


_S, _A = Status, Act
machine = Machine(
    "The absence",
    initial=_S.draft,
    table={
        (_S.draft, _A.apply): _S.on_hold,
        (_S.on_hold, _A.undo): _S.draft,
        (_S.on_hold, _A.start): _S.active,
        (_S.active, _A.finish): _S.completed,
        (_S.draft, _A.drop): _S.revoked,
    },
)
