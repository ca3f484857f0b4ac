"""A chart class as a compound state of another."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import isfunction
from typing import Any

from statemachine import Event
from statemachine import State as StockState
from statemachine.graph import iterate_states

from ...persistence.errors import BadDefinition
from .inherited import take_over
from .timeout import After, State

_FOR_ALL = ("prepare_event", "before_transition", "on_transition", "after_transition")
_FOR_ALL_STATES = ("on_enter_state", "on_exit_state", "on_invoke_state")
_SET_LATER = ("codec", "initial_state", "final_states")
"""Attributes of a chart class that its own states have brought about."""


def nested_state(
    chart_class: Any,
    base: type,
    *,
    name: str = "",
    initial: bool = False,
    timeouts: Sequence[After] = (),
) -> State:
    """Return a compound state with copies of a chart's states, and with its methods.

    Args:
        chart_class: The chart.
        base: What all charts derive from; what they have from it is not taken along.
        name: What diagrams call the state.
        initial: Whether it is what the chart around it begins in.
        timeouts: What happens when it has been active for so long.

    Raises:
        BadDefinition: It has no states, or something that is only right for a chart by itself.
    """
    where = f"{chart_class.__module__}.{chart_class.__qualname__} can't be a state of another"
    if not chart_class.states:
        raise BadDefinition(f"{where}: it has no states.")
    body = dict(_body(chart_class, base))
    if taken := sorted({*_FOR_ALL, *_FOR_ALL_STATES}.intersection(body)):
        raise BadDefinition(
            f"{where}: its {taken[0]}() would be called for all that the other one does; name it "
            f"after a state or an event."
        )
    for key, value in body.items():
        if isfunction(value) and "__class__" in value.__code__.co_freevars:
            raise BadDefinition(
                f"{where}: its {key}() calls super(), and has another class there; call the base's "
                f"function by the class's name."
            )
    copies = take_over(chart_class.states, ())
    state = State(
        name, initial=initial, states=[*copies], timeout=list(timeouts) or None, _callbacks=body
    )
    vars(state)["chart"] = chart_class
    return state


def nested_in(chart_class: Any) -> dict[str, Any]:
    """Return the chart classes that are states of this one, by the states' ids.

    Not those that are states of these: they are their own matter.
    """
    states: Iterator[StockState] = iterate_states(chart_class.states)
    return {
        state.id: vars(state)["chart"]
        for state in states
        if "chart" in vars(state) and not any("chart" in vars(one) for one in state.ancestors())
    }


def _body(chart_class: Any, base: type) -> Iterator[tuple[str, Any]]:
    """Yield what a chart's class body has beside states, events and what every chart has."""
    states = {state.id for state in iterate_states(chart_class.states)}
    for owner in reversed(chart_class.__mro__):
        if owner in base.__mro__:
            continue
        for name, value in vars(owner).items():
            own = not (name.startswith("__") or hasattr(base, name) or name in _SET_LATER)
            if not own or name in states or isinstance(value, StockState | Event):
                continue
            called = callable(value) or isinstance(value, property | staticmethod | classmethod)
            if called or not name.startswith("_"):
                yield name, value
