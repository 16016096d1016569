"""A conversation: open from the first booking, closed when care ends, archived when its time of keeping is over."""

from __future__ import annotations

from enum import StrEnum

from server.core.machine import Machine


class Status(StrEnum):
    open = "open"
    closed = "closed"
    archived = "archived"


class Act(StrEnum):
    open = "open"  # a staff device signed the first member entry
    close = "close"
    reopen = "reopen"
    archive = "archive"


_S, _A = Status, Act
machine = Machine(
    "The conversation",
    initial=_S.open,
    table={
        (_S.open, _A.open): _S.open,
        (_S.open, _A.close): _S.closed,
        (_S.closed, _A.reopen): _S.open,
        (_S.closed, _A.archive): _S.archived,
    },
)
