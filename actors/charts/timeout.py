"""How long a state, or a whole workflow, may take: declared with it, kept by durable timers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from statemachine import State as StockState
from statemachine.contrib.timeout import _Timeout
from statemachine.graph import iterate_states
from statemachine.state import HistoryState, NestedStateFactory

from .span import Span, microseconds, spell

_DONE = "done.invoke."
"""Stands for the state's own event of this kind."""


@dataclass(frozen=True, slots=True)
class After:
    """What happens when the time is up; make one with `after`.

    Args:
        length: How long, in microseconds.
        event: The event that the chart gets then; "" for the one that leads to the target.
        target: The state to go to instead, or its id.
    """

    length: int
    event: str = ""
    target: Any = None

    @property
    def text(self) -> str:
        """How long, as people write it."""
        return f"after {spell(self.length)}"


def after(span: Span, event: str | Enum | None = None, *, target: Any = None) -> After:
    """Say what happens when a state, or a workflow, has taken so long.

    Args:
        span: How long: seconds, or a `timedelta`.
        event: The event that the chart gets then; or
        target: the state that it goes to, or the state's id.

    Raises:
        ValueError: The time can't be, or not one of `event` and `target` is given.

    Example:
        >>> State(timeout=after(timedelta(hours=1), "expire"))      # doctest: +SKIP
        >>> State(timeout=[after(60, "remind"), after(300, target="cancelled")])
    """
    length = microseconds(span, "The time of a timeout")
    if (event is None) == (target is None):
        raise ValueError(
            "A timeout leads to an event or to a state: give after(…) one of `event` and `target`."
        )
    if isinstance(event, Enum):
        event = event.value if isinstance(event.value, str) else event.name
    return After(length, str(event or ""), target)


def listed(timeout: After | Sequence[After] | None) -> tuple[After, ...]:
    """Return what is given for `timeout=` as a tuple.

    Raises:
        TypeError: Something else than `after(…)` is given.
    """
    if timeout is None:
        return ()
    given = tuple(timeout) if isinstance(timeout, list | tuple) else (timeout,)
    for one in given:
        if not isinstance(one, After):
            raise TypeError(f"A state's timeout is {one!r}; give after(seconds, event).")
    return given


def _invoked(invoke: Any) -> tuple[list[After], Any]:
    """Take python-statemachine's own `timeout(…)` out of what a state invokes."""
    several = isinstance(invoke, list | tuple)
    given = list(invoke) if several else [invoke]
    found = [one for one in given if isinstance(one, _Timeout)]
    if not found:
        return [], invoke
    rest = [one for one in given if not isinstance(one, _Timeout)]
    timeouts = [
        After(microseconds(one.duration, "timeout"), one.on or "done.invoke.") for one in found
    ]
    return timeouts, rest or None


class _Nested(NestedStateFactory):
    """Makes a compound or parallel state of a class body, with its timeouts."""

    def __new__(
        cls, classname: str, bases: tuple[type, ...], attrs: dict[str, Any], **kwargs: Any
    ) -> Any:
        timeouts = listed(kwargs.pop("timeout", None))
        found, invoke = _invoked(kwargs.pop("invoke", None))
        if invoke is not None:
            kwargs["invoke"] = invoke
        made: Any = super().__new__(cls, classname, bases, attrs, **kwargs)
        if bases:
            made.timeouts = (*timeouts, *found)
        return made


class State(StockState):
    """A state: python-statemachine's, which may have a timeout.

    Args:
        name: This and all that follows up to `invoke`, and `donedata`: as the stock one has them.
        timeout: What happens when it has been active for so long: `after(…)`, or several.

    Example:
        >>> waiting = State(initial=True, timeout=after(30, "expire"))
    """

    timeouts: tuple[After, ...]

    class Compound(metaclass=_Nested):
        """A compound state, of the states in the class body; `timeout=` beside the base."""

    class Parallel(metaclass=_Nested, parallel=True):
        """A parallel state, of the regions in the class body; `timeout=` beside the base."""

    def __init__(
        self,
        name: str = "",
        value: Any = None,
        initial: bool = False,
        final: bool = False,
        parallel: bool = False,
        states: list[StockState] | None = None,
        history: list[HistoryState] | None = None,
        enter: Any = None,
        exit: Any = None,
        invoke: Any = None,
        *,
        timeout: After | Sequence[After] | None = None,
        **rest: Any,
    ) -> None:
        found, invoked = _invoked(invoke)
        super().__init__(
            name, value, initial, final, parallel, states, history, enter, exit, invoked, **rest
        )
        self.timeouts = (*listed(timeout), *found)


def timeouts_of(chart_class: Any) -> dict[str, tuple[After, ...]]:
    """Return the timeouts of each state of a chart class that has any, by its id.

    Each has its event: that of one with a target is the transition's own.
    """
    return {
        state.id: tuple(resolved(state, one) for one in timeouts)
        for state in iterate_states(chart_class.states)
        if (timeouts := getattr(state, "timeouts", ()))
    }


def takes(chart_class: Any, state_id: str, event: str) -> bool:
    """Tell whether some transition may take an event while a state is active."""
    states = [*iterate_states(chart_class.states)]
    state = next(one for one in states if one.id == state_id)
    around = [state, *state.ancestors()]
    if any(one.parallel for one in around):
        around = states  # another region may take it
    else:
        around += [one for one in states if state in one.ancestors()]
    return any(
        transition.match(event)
        for one in around
        for transition in one.transitions
        if not transition.initial and not transition.is_eventless
    )


def resolved(state: StockState, timeout: After) -> After:
    """Return a state's timeout with the event that it sends."""
    if timeout.target is not None:
        return After(timeout.length, event_to(state, timeout))
    if timeout.event == _DONE:
        return After(timeout.length, f"done.invoke.{state.id}")
    return timeout


def event_to(state: StockState, timeout: After) -> str:
    """Return the id of the event that a timeout with a target sends."""
    number = [one for one in getattr(state, "timeouts", ()) if one.target is not None].index(
        timeout
    )
    return f"after.state.{state.id}" + (f".{number + 1}" if number else "")


def connect(states: Sequence[StockState]) -> Iterator[str]:
    """Add the transitions of timeouts with a target; yield what is wrong with some.

    Args:
        states: All outermost states of a chart class, with their ids.
    """
    every: dict[str, StockState] = {}

    def visit(state: StockState) -> None:
        every[state.id] = state
        for inner in (*state.states, *state.history):
            visit(inner)

    for state in states:
        visit(state)
    for state in every.values():
        for timeout in getattr(state, "timeouts", ()):
            if isinstance(state, HistoryState) or state.final:
                yield f"state {state.id!r} is final, and so its timeout would never matter"
            if timeout.target is None:
                continue
            target = timeout.target
            if isinstance(target, str | Enum):
                name = target if isinstance(target, str) else str(target.value)
                target = every.get(name)
                if target is None:
                    yield f"the timeout of state {state.id!r} leads to {name!r}, which is no state"
                    continue
            event = event_to(state, timeout)
            if not any(event in (str(e) for e in t.events) for t in state.transitions):
                state.to(target, event=event)
