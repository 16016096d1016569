"""The waiting-room entry: from the door to the provider."""

from __future__ import annotations

from enum import StrEnum

from server.core.machine import Machine


class Status(StrEnum):
    checking_in = "checking_in"
    waiting = "waiting"
    away = "away"
    called = "called"
    admitted = "admitted"
    left = "left"
    expired = "expired"


class Act(StrEnum):
    check_in = "check_in"
    lose = "lose"
    return_ = "return"
    call = "call"
    requeue = "requeue"
    transfer = "transfer"
    admit = "admit"
    leave = "leave"
    expire = "expire"


IN_LINE = (Status.waiting, Status.away, Status.called)

_S, _A = Status, Act
machine = Machine(
    "The waiting-room entry",
    initial=_S.checking_in,
    table={
        (_S.checking_in, _A.check_in): _S.waiting,
        (_S.checking_in, _A.leave): _S.left,
        (_S.checking_in, _A.expire): _S.expired,
        (_S.waiting, _A.lose): _S.away,
        (_S.waiting, _A.call): _S.called,
        (_S.waiting, _A.admit): _S.admitted,
        (_S.waiting, _A.transfer): _S.waiting,
        (_S.waiting, _A.leave): _S.left,
        (_S.waiting, _A.expire): _S.expired,
        (_S.away, _A.return_): _S.waiting,
        (_S.away, _A.call): _S.called,
        (_S.away, _A.admit): _S.admitted,
        (_S.away, _A.transfer): _S.away,
        (_S.away, _A.leave): _S.left,
        (_S.away, _A.expire): _S.expired,
        (_S.called, _A.requeue): _S.waiting,
        (_S.called, _A.admit): _S.admitted,
        (_S.called, _A.transfer): _S.waiting,
        (_S.called, _A.leave): _S.left,
        (_S.called, _A.expire): _S.expired,
    },
)
