"""Callbacks named by convention that nothing will ever call."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from statemachine import StateChart
from statemachine.graph import iterate_states, iterate_states_and_transitions

_OF_STATES = ("on_enter_", "on_exit_")
_OF_EVENTS = ("before_", "on_", "after_")


def misspelt(cls: type[StateChart[Any]]) -> Iterator[tuple[str, str]]:
    """Yield the methods of a class that look like callbacks, with the names meant, or "".

    `on_enter_…` and `on_exit_…` are for states and nothing else; `on_…` may be any method, so
    it is told of only when an event has nearly that name.
    """
    states = {state.id for state in iterate_states(cls.states)}
    events = {str(event) for event in cls._events}
    named = {
        spec.attr_name
        for visited in (cls, *iterate_states_and_transitions(cls.states))
        for spec in visited._specs
        if not spec.is_convention
    }
    for name, value in vars(cls).items():
        if not callable(value) or name in named or isinstance(value, type):
            continue
        prefix = next((p for p in _OF_STATES if name.startswith(p)), None)
        if prefix is not None:
            if name.removeprefix(prefix) not in {*states, "state"}:
                yield name, _nearest(prefix, name, states)
            continue
        prefix = next((p for p in _OF_EVENTS if name.startswith(p)), None)
        if prefix is None or name.removeprefix(prefix) in {*events, "transition"}:
            continue
        if near := _nearest(prefix, name, events):
            yield name, near


def _nearest(prefix: str, name: str, among: set[str]) -> str:
    near = get_close_matches(name.removeprefix(prefix), among, n=1, cutoff=0.75)
    return f"{prefix}{near[0]}" if near else ""
