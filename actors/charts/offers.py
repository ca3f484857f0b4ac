"""Which events may lead somewhere from where a chart stands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from statemachine.graph import iterate_states


def offered(chart_class: Any, configuration: Collection[str]) -> tuple[str, ...]:
    """Return the events that active states have transitions for, in document order.

    Their guards are not asked, so that some of them may still be refused.

    Arguments:
        chart_class: the class.
        configuration: ids of the active states.
    """
    named: dict[str, None] = {}
    for state in iterate_states(chart_class.states):
        if state.id in configuration:
            for transition in state.transitions:
                named |= dict.fromkeys(str(event) for event in transition._events)
    return tuple(named)


def asked(chart_class: Any, configuration: Collection[str], event: str) -> list[list[str]]:
    """Return the guards that an event asks in these states, by the transition that has them.

    Transitions without guards are left out.

    Arguments:
        chart_class: the class.
        configuration: ids of the active states.
        event: the event.
    """
    return [
        [_guard(chart_class, spec) for spec in guards]
        for state in iterate_states(chart_class.states)
        if state.id in configuration
        for transition in state.transitions
        if transition.match(event)
        and (guards := [spec for spec in transition.cond if not spec.is_convention])
    ]


def _guard(chart_class: Any, spec: Any) -> str:
    name = str(spec)
    label = getattr(getattr(chart_class, spec.attr_name, None), "label", None)
    return name if label is None else f"{'!' if name.startswith('!') else ''}{label}"
