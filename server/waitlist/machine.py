"""An offer of a free time: open until somebody takes it or it runs out."""

from __future__ import annotations

from enum import StrEnum

from server.core.machine import Machine


class Status(StrEnum):
    open = "open"
    taken = "taken"
    declined = "declined"
    expired = "expired"
    lost = "lost"


class Act(StrEnum):
    take = "take"
    decline = "decline"
    expire = "expire"
    lose = "lose"


_S, _A = Status, Act
machine = Machine(
    "The offer",
    initial=_S.open,
    table={
        (_S.open, _A.take): _S.taken,
        (_S.open, _A.decline): _S.declined,
        (_S.open, _A.expire): _S.expired,
        (_S.open, _A.lose): _S.lost,
    },
)
