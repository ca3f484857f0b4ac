"""Where a chart can go: states that are never entered, or never left, or lead to no end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from statemachine import State, StateChart
from statemachine.graph import iterate_states
from statemachine.state import HistoryState
from statemachine.transition import Transition

from .problem import Problem
from .source import Source

Chart = type[StateChart[Any]]


def unreachable(cls: Chart, source: Source) -> Iterator[Problem]:
    """States that no sequence of events makes active."""
    reached = _reached(cls)
    for state in iterate_states(cls.states):
        if isinstance(state, HistoryState) or id(state) in reached:
            continue
        if state.parent is not None and id(state.parent) not in reached:
            continue  # it is said of the outermost
        yield Problem(
            f"State {state.id!r} of {cls.__name__} is never entered: no transition from a state "
            "that can be active leads to it.",
            state.id,
            "Add a transition to it, or remove it.",
            *source.of(state.id),
        )


def _reached(cls: Chart) -> set[int]:
    """Identities of the states that some sequence of events could make active."""
    reached: set[int] = set()
    defaulted: set[int] = set()
    to_follow: list[State] = []
    to_enter: list[State] = []

    def activate(state: State) -> None:
        chain = {id(one): one for one in (state, *state.ancestors())}
        for key, one in chain.items():
            if key not in reached:
                reached.add(key)
                to_follow.append(one)
            if one.parallel:
                # Whoever comes into one region from outside comes into the others by default.
                regions = (r for r in one.states if id(r) not in chain)
                to_enter.extend(r for r in regions if id(r) not in defaulted)

    def enter(state: State) -> None:
        if id(state) in defaulted:
            return
        defaulted.add(id(state))
        history = isinstance(state, HistoryState)
        if not history:
            activate(state)
        for transition in state.transitions:
            if history or (transition.initial and not state.parallel):
                to_enter.extend(transition.targets)

    for state in cls.states:
        if state is cls.initial_state or any(
            value == state.value for value in cls.start_configuration_values
        ):
            to_enter.append(state)
    while to_enter or to_follow:
        if to_enter:
            enter(to_enter.pop())
            continue
        for transition in to_follow.pop().transitions:
            if not transition.initial:
                to_enter.extend(transition.targets)
    return reached


def dead_ends(cls: Chart, source: Source) -> Iterator[Problem]:
    """States that are not final, and that nothing leads out of."""
    has_end = any(state.final for state in cls.states)
    for state in iterate_states(cls.states):
        if state.final or not state.is_atomic or isinstance(state, HistoryState):
            continue
        around = list(state.ancestors())
        if any(one.parallel for one in around):
            continue  # another region may leave for it
        ways = [t for one in (state, *around) for t in one.transitions if not t.initial]
        # In a chart without an end, a state may take its events for ever; where there is one,
        # `endless` tells of those at the top.
        if any(_leads_on(t, state) for t in ways) or (ways and not (has_end and around)):
            continue
        how = "leads only to itself" if ways else "has no way out"
        yield Problem(
            f"State {state.id!r} of {cls.__name__} {how} and is not final.",
            state.id,
            "Add a transition from it, or declare it with `final=True`.",
            *source.of(state.id),
        )


def _leads_on(transition: Transition, state: State) -> bool:
    """Tell whether a transition can lead to anything but a state that is active already."""
    for target in transition.targets:
        inner: State | None = target
        while inner is not None and inner is not state and not isinstance(inner, HistoryState):
            children = () if inner.parallel else (*inner.states, *inner.history)
            inner = next((child for child in children if child.initial), None)
        if inner is not state:
            return True
    return False


def endless(cls: Chart, source: Source) -> Iterator[Problem]:
    """States at the top from which no final state can be reached, in a chart that has one."""
    if cls.validate_final_reachability or not any(state.final for state in cls.states):
        return  # the library has looked already, or there is no end to reach
    leading: dict[int, list[State]] = defaultdict(list)
    ends: list[State] = []
    for state in iterate_states(cls.states):
        if state.final:
            ends.append(state)
        entered = [child for child in (*state.states, *state.history) if child.initial]
        around = [] if state.parent is None else [state.parent]
        targets = [target for t in state.transitions for target in t.targets]
        for reached in (*targets, *entered, *state.history, *around):
            leading[id(reached)].append(state)
    ending: set[int] = set()
    while ends:
        state = ends.pop()
        if id(state) not in ending:
            ending.add(id(state))
            ends += leading[id(state)]
    for state in cls.states:
        if id(state) not in ending:
            yield Problem(
                f"From state {state.id!r} of {cls.__name__} no final state can be reached.",
                state.id,
                "Lead from it to one, or declare no final state at all.",
                *source.of(state.id),
            )
