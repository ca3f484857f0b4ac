"""Whether a chart can stand somewhere: what is checked before one is put there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...persistence.records import ChartState
from .order import in_document_order


def misfit(chart_class: Any, stands: ChartState) -> str | None:
    """Return why a chart can't stand there, as a clause, or None when it can.

    Arguments:
        chart_class: the chart.
        stands: the active states, and what history states have recorded.
    """
    # Workflows of one class share few configurations, and each is looked at once.
    fitting: set[tuple[str, ...]] | None = chart_class.__dict__.get("_fitting")
    if fitting is None:
        fitting = set()
        type.__setattr__(chart_class, "_fitting", fitting)
    if stands.configuration not in fitting:
        wrong = next(_wrong_configuration(chart_class, stands.configuration), None)
        if wrong is not None:
            return wrong
        fitting.add(stands.configuration)
    return next(_wrong_history(chart_class, stands.history), None) if stands.history else None


def in_order(chart_class: Any, configuration: tuple[str, ...]) -> tuple[str, ...]:
    """Return the active states in the chart's document order; unknown ones come last."""
    places = {state.id: place for place, state in enumerate(in_document_order(chart_class.states))}
    return tuple(sorted(configuration, key=lambda name: places.get(name, len(places))))


def _wrong_configuration(chart_class: Any, configuration: tuple[str, ...]) -> Iterator[str]:
    known = {state.id for state in in_document_order(chart_class.states)}
    active = set(configuration)
    for name in configuration:
        if name not in known:
            yield f"there is no state {name!r}"
    if len(active) < len(configuration):
        yield f"a state is named twice in {list(configuration)}"
    yield from _one_of(chart_class.states, active, "one state at the top")
    for state in in_document_order(chart_class.states):
        inside = [inner.id for inner in state.states if inner.id in active]
        if state.id not in active:
            for name in inside:
                yield f"state {name!r} is active, and {state.id!r} around it is not"
        elif state.parallel:
            for region in state.states:
                if region.id not in active:
                    yield f"state {state.id!r} is active, and its region {region.id!r} is not"
        elif state.states:
            yield from _one_of(state.states, active, f"one state within {state.id!r}")


def _one_of(states: Any, active: set[str], what: str) -> Iterator[str]:
    found = [state.id for state in states if state.id in active]
    if len(found) != 1:
        yield f"{what} must be active, not {' and '.join(map(repr, found)) or 'none'}"


def _wrong_history(chart_class: Any, history: dict[str, tuple[str, ...]]) -> Iterator[str]:
    around = {
        memory.id: {inner.id for inner in in_document_order(state.states)}
        for state in in_document_order(chart_class.states)
        for memory in state.history
    }
    for name, recorded in history.items():
        if name not in around:
            yield f"there is no history state {name!r}"
            continue
        for state in recorded:
            if state not in around[name]:
                yield f"history state {name!r} recorded {state!r}, which is no state around it"
