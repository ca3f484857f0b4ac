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
