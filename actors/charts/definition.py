"""The metaclass of workflows: a definition is checked when it is made, not when it runs."""

from __future__ import annotations

from typing import Any, cast

from statemachine.exceptions import InvalidDefinition
from statemachine.factory import StateMachineMetaclass
from statemachine.graph import iterate_states

from ...persistence.errors import BadDefinition


class ChartMeta(StateMachineMetaclass):
    """Makes chart classes; calls `_chart_defined` on each one that has states."""

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        try:
            super().__init__(name, cast(Any, bases), attrs)
        except InvalidDefinition as error:
            raise BadDefinition(f"{attrs.get('__module__')}.{name}: {error}") from error
        if cls.states:
            _leave_ancestors_alone(cls)
            cast(Any, cls)._chart_defined()


def _leave_ancestors_alone(chart_class: Any) -> None:
    """Make internal transitions of an inner state to itself targetless.

    With a target, python-statemachine 3.2 runs the entry actions of all the states around it, which
    were never left. Without one it runs the transition's own actions, and that is all.
    """
    for state in iterate_states(chart_class.states):
        for transition in state.transitions:
            if transition.internal and transition.is_self and state.is_atomic:
                transition._targets.clear()
