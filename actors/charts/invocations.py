"""What the states of a chart class invoke, as data: it is not run by the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from statemachine import State
from statemachine.callbacks import CallbackGroup, SpecReference
from statemachine.graph import iterate_states
from statemachine.state import HistoryState

from ...persistence.errors import BadDefinition
from .timeout import takes

_KEPT = "_invoked_durably"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one state invokes while it is active.

    Attributes:
        state: the state's id.
        functions: what is called, in their order.
        done: the event for the result of each; "" if the chart has no transition for it.
        failed: the event for the failure of one, or None if it has none.
    """

    state: str
    functions: tuple[Callable[..., Any], ...]
    done: str
    failed: str | None


def take_invocations(chart_class: Any) -> dict[str, Invocation]:
    """Take out of a class what its states invoke, and return it by state.

    The engine would run it in a thread of its own, which is lost with the process, and an async
    function there would make the whole chart async.

    Raises:
        BadDefinition: something is invoked that can't run outside the step.
    """
    found: dict[str, Invocation] = {}
    where = f"{chart_class.__module__}.{chart_class.__qualname__}"
    for state in iterate_states(chart_class.states):
        if isinstance(state, HistoryState):
            continue
        # They stay with the state, which subclasses share.
        functions = (*vars(state).get(_KEPT, ()), *_functions(chart_class, state, where))
        if functions:
            vars(state)[_KEPT] = functions
            found[state.id] = Invocation(
                state.id,
                functions,
                next((e for e in _done(state) if takes(chart_class, state.id, e)), ""),
                next((e for e in _failed(state) if takes(chart_class, state.id, e)), None),
            )
    return found


def _functions(chart_class: Any, state: State, where: str) -> list[Callable[..., Any]]:
    functions: list[Callable[..., Any]] = []
    named = ("on_invoke_state", f"on_invoke_{state.id}")
    method = next((one for one in named if hasattr(chart_class, one)), None)
    for spec in [*state._specs.items]:
        if spec.group is not CallbackGroup.INVOKE or spec.is_convention:
            continue
        called = cast(Any, spec).func
        if spec.reference is not SpecReference.CALLABLE or not hasattr(called, "__qualname__"):
            raise BadDefinition(
                f"{where}: state {state.id!r} invokes {called!r}, which is no function; give a "
                f"function that is declared as an activity."
            )
        if isinstance(called, type) or hasattr(called, "_invoke_handler"):
            raise BadDefinition(
                f"{where}: state {state.id!r} invokes {called.__qualname__}, a class; give a "
                f"function that is declared as an activity."
            )
        name = str(getattr(called, "__name__", called))
        if getattr(chart_class, name, None) is called:
            method = name
            continue
        functions.append(called)
        state._specs.items.remove(spec)
    if method is not None:
        raise BadDefinition(
            f"{where}: state {state.id!r} invokes the method {method}(), and an activity runs "
            f"outside the step, where there is no workflow to be a method of; make it a function."
        )
    return functions


def _done(state: State) -> tuple[str, ...]:
    return f"done_invoke_{state.id}", f"done.invoke.{state.id}"


def _failed(state: State) -> tuple[str, ...]:
    return f"error_invoke_{state.id}", f"error.invoke.{state.id}", "error.execution"
