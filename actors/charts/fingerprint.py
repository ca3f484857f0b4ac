"""What of a chart's definition decides how a stored workflow goes on, as text to compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .timeout import resolved

OUTER = ("compound", "parallel")
"""How the description begins of a state that has states within it."""


def describe_states(chart_class: Any) -> dict[str, str]:
    """Return what each state is, by its id: its kind, what it is in, whether it is initial."""
    described: dict[str, str] = {}
    for state in _all(chart_class.states):
        kind = "an ordinary state"
        if state.parallel:
            kind = "parallel"
        elif state.states:
            kind = "compound"
        elif state.final:
            kind = "final"
        described[state.id] = _placed(kind, state)
        for memory in state.history:
            described[memory.id] = _placed(f"{memory.type.value} history", memory)
    return described


def describe_transitions(chart_class: Any) -> dict[str, list[str]]:
    """Return the transitions that start from each state, in the order in which they are tried.

    Each with its events, the names of its guards, and its targets; not with what its actions do.
    """
    return {
        state.id: [_transition(t) for t in state.transitions if not t.initial]
        for state in _all(chart_class.states)
    }


def _all(states: Any) -> Iterator[Any]:
    for state in states:
        yield state
        yield from _all(state.states)


def _placed(kind: str, state: Any) -> str:
    place = "" if state.parent is None else f" in {state.parent.id}"
    times = "".join(
        f", {timeout.text}: {resolved(state, timeout).event}"
        for timeout in getattr(state, "timeouts", ())
    )
    return f"{kind}{place}{', initial' if state.initial else ''}{times}"


def _transition(transition: Any) -> str:
    parts = [" or ".join(sorted(str(event) for event in transition._events))]
    guards = [
        str(spec)
        for group in (transition.validators, transition.cond)
        for spec in group
        if not spec.is_convention
    ]
    if guards:
        parts.append(f"[{', '.join(guards)}]")
    if transition.targets:
        parts.append(f"-> {' and '.join(state.id for state in transition.targets)}")
    if transition.internal:
        parts.append("(internal)")
    return " ".join(part for part in parts if part)
