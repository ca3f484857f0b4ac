"""States that a chart class inherits: it gets its own, so that what it adds is its own too."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from statemachine import State
from statemachine.graph import iterate_states, iterate_states_and_transitions
from statemachine.transition import Transition


def take_over(states: Iterable[State], made: Iterable[State]) -> list[State]:
    """Return copies of a base's states, and move to them what a subclass has added.

    python-statemachine gives a subclass the very states of its base. A transition from one of
    them in the subclass's body would then be the base's too, and that of all its other subclasses.

    Args:
        states: the base's outermost states.
        made: those that the subclass has made.
    """
    outermost = list(states)
    inherited = list(iterate_states(outermost))
    added = [(state, t) for state in inherited for t in state.transitions if not is_settled(t)]
    for state, transition in added:
        state.transitions.transitions.remove(transition)
    memo: dict[int, Any] = {}
    for owner in iterate_states_and_transitions(outermost):
        memo.update((id(spec.func), spec.func) for spec in owner._specs)
    copies: list[State] = deepcopy(outermost, memo)
    for owner in iterate_states_and_transitions(outermost):
        # Callbacks that the subclass has declared, as by `@paid.enter`, are in its copies now.
        del owner._specs.items[getattr(owner, "specs_settled", len(owner._specs.items)) :]
    for copied in iterate_states_and_transitions(copies):
        for grouper in copied._specs._groupers.values():
            grouper.key = grouper.group.build_key(grouper.list)  # it has the list's id in it
    for state, transition in added:
        copy: State = memo[id(state)]
        transition.source = copy
        copy.transitions.add_transitions(transition)
    ours = (t for state in iterate_states(made) for t in state.transitions)
    for transition in (*ours, *(t for _, t in added)):
        transition._targets = [memo.get(id(target), target) for target in transition._targets]
    return copies


def settle(states: Iterable[State]) -> None:
    """Note that the transitions and callbacks that these states have are their class's own."""
    owner: Any
    for owner in iterate_states_and_transitions(states):
        owner.specs_settled = len(owner._specs.items)


def is_settled(transition: Transition) -> bool:
    """Whether a transition was there when its state's class was complete."""
    return hasattr(transition, "specs_settled")
