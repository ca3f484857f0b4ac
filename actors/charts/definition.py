"""The metaclass of workflows: a definition is checked when it is made, not when it runs."""

from __future__ import annotations

from typing import Any, cast

from statemachine.exceptions import InvalidDefinition
from statemachine.factory import StateMachineMetaclass

from ...persistence.errors import BadDefinition


class ChartMeta(StateMachineMetaclass):
    """Makes chart classes; calls `_chart_defined` on each one that has states."""

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        try:
            super().__init__(name, cast(Any, bases), attrs)
        except InvalidDefinition as error:
            raise BadDefinition(f"{attrs.get('__module__')}.{name}: {error}") from error
        if cls.states:
            cast(Any, cls)._chart_defined()
