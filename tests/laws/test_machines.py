"""Every machine: each state × each act, nothing unreachable, nothing that never ends."""

from __future__ import annotations

from enum import StrEnum
from typing import cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from scripts.machines import machines
from server.core.errors import ImpossibleMove
from server.core.machine import Machine

Some = Machine[StrEnum, StrEnum]
ALL: dict[str, Some] = {module.split(".")[1]: cast("Some", machine) for module, machine in machines()}
TERMINAL = {
    "absences": {"completed", "revoked"},
    "appointments": {"entered-in-error"},
    "tasks": {"completed", "cancelled"},
    "waiting": {"admitted", "left", "expired"},
    "waitlist": {"taken", "declined", "expired", "lost"},
    "visits": {"completed", "cancelled"},
    "conversations": {"archived"},
    "reminders": {"delivered"},
}
every = pytest.mark.parametrize("name", sorted(ALL))


def reachable(machine: Some, start: StrEnum) -> set[StrEnum]:
    found, edge = {start}, [start]
    while edge:
        here = edge.pop()
        for (source, _), target in machine.table.items():
            if source == here and target not in found:
                found.add(target)
                edge.append(target)
    return found


@every
def test_each_state_and_each_act_moves_or_refuses_in_words(name: str) -> None:
    machine = ALL[name]
    for state in machine.states:
        for act in machine.acts:
            expected = machine.table.get((state, act))
            assert machine.allows(state, act) == (expected is not None)
            if expected is not None:
                assert machine.advance(state, act) is expected
                assert machine.advance(state.value, act) is expected  # as a column holds it
                continue
            with pytest.raises(ImpossibleMove) as refused:
                machine.advance(state, act)
            assert refused.value.extra == {"machine": machine.name, "state": state.value, "act": act.value}


@every
def test_every_state_is_reached_and_every_act_is_used(name: str) -> None:
    machine = ALL[name]
    assert reachable(machine, machine.initial) == set(machine.states)
    assert {act for _, act in machine.table} == set(machine.acts)


@every
def test_the_states_that_nothing_leaves_are_those_we_mean(name: str) -> None:
    machine = ALL[name]
    assert {state.value for state in machine.terminal} == TERMINAL[name]
    if machine.terminal:
        assert [state for state in machine.states if not reachable(machine, state) & machine.terminal] == []


@every
def test_a_state_that_is_none_is_a_bug_and_not_a_refusal(name: str) -> None:
    with pytest.raises(ValueError):
        ALL[name].advance("no such state", next(iter(ALL[name].acts)))


@every
def test_any_run_of_acts_stays_in_the_table(name: str) -> None:
    machine = ALL[name]

    class Run(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.state: StrEnum = machine.initial
            self.seen = [self.state]

        @rule(act=st.sampled_from(list(machine.acts)))
        def act(self, act: StrEnum) -> None:
            before = self.state
            try:
                self.state = machine.advance(before, act)
            except ImpossibleMove:
                assert (before, act) not in machine.table
            else:
                assert before not in machine.terminal
                self.seen.append(self.state)

        @invariant()
        def it_came_by_steps_of_the_table(self) -> None:
            steps = {(source, target) for (source, _), target in machine.table.items()}
            assert set(zip(self.seen, self.seen[1:], strict=False)) <= steps

    run_state_machine_as_test(Run, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
