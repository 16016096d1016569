"""One way to write a state machine: a table and one pure function.

A machine is `Machine(name, initial, {(state, act): state})` over two `StrEnum`s.
Nothing else decides a state. Writing the new state to a row is the caller's
business (`server.store.unit.Unit.move` does it by compare-and-set).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from server.core.errors import ImpossibleMove

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


class Machine(Generic[S, A]):
    """A finite state machine. `table[(state, act)]` is the next state; a missing pair is impossible."""

    def __init__(self, name: str, *, initial: S, table: Mapping[tuple[S, A], S]) -> None:
        self.name = name
        self.initial = initial
        self.table = dict(table)
        self.states: type[S] = type(initial)
        self.acts: type[A] = type(next(iter(self.table))[1])

    def advance(self, state: S | str, act: A) -> S:
        """The state after `act`. Raises ImpossibleMove when the table has no such step."""
        here = self.states(state)
        try:
            return self.table[(here, act)]
        except KeyError:
            raise ImpossibleMove(
                f"{self.name} is {here.value}; {act.value!r} is not possible from there.",
                machine=self.name,
                state=here.value,
                act=act.value,
            ) from None

    def allows(self, state: S | str, act: A) -> bool:
        return (self.states(state), act) in self.table

    @property
    def terminal(self) -> frozenset[S]:
        """States that no act leaves."""
        return frozenset(self.states) - {source for source, _ in self.table}

    def mermaid(self) -> str:
        """The machine as a Mermaid state diagram; the docs hold exactly this text."""
        lines = ["stateDiagram-v2", f"    [*] --> {_node(self.initial)}"]
        lines += [f"    {_node(src)} --> {_node(dst)}: {act.value}" for (src, act), dst in self.table.items()]
        lines += [f"    {_node(state)} --> [*]" for state in self.states if state in self.terminal]
        return "\n".join(lines)


def _node(state: StrEnum) -> str:
    return state.value.replace("-", "_")
