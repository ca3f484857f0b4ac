"""The metaclass of workflows: a definition is checked when it is made, not when it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from statemachine import Event, State, StateChart
from statemachine.exceptions import InvalidDefinition
from statemachine.factory import StateMachineMetaclass
from statemachine.graph import iterate_states
from statemachine.states import States
from statemachine.transition_list import TransitionList

from ...persistence.errors import BadDefinition
from .inherited import settle, take_over
from .timeout import connect

_ITS_OWN = frozenset(dir(StateMachineMetaclass)) | frozenset(dir(StateChart))


class ChartMeta(StateMachineMetaclass):
    """Makes chart classes; calls `_chart_defined` on each one that has states."""

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        for attribute, value in attrs.items():
            # python-statemachine would stumble over these before anything can be checked.
            if attribute in _ITS_OWN and isinstance(value, State | Event | TransitionList):
                raise BadDefinition(
                    f"{attrs.get('__module__')}.{name}: {attribute!r} would hide what every chart "
                    f"has under that name; call it otherwise."
                )
        if wrong := list(connect(_outermost(bases, attrs))):
            raise BadDefinition(f"{attrs.get('__module__')}.{name}: {'; '.join(wrong)}.")
        try:
            super().__init__(name, cast(Any, bases), attrs)
        except InvalidDefinition as error:
            raise BadDefinition(f"{attrs.get('__module__')}.{name}: {error}") from error
        if cls.states:
            _leave_alone(cls)
            settle(cls.states)
            cast(Any, cls)._chart_defined()

    def add_inherited(cls, bases: tuple[type, ...]) -> None:
        """Take the states and events of the bases: copies, for what is added is ours alone."""
        with_states: list[Any] = [base for base in bases if getattr(base, "states", ())]
        if len(with_states) > 1:
            raise BadDefinition(
                f"{cls.__module__}.{cls.__name__} has several bases with states, "
                f"{' and '.join(base.__name__ for base in with_states)}, and would begin in each; "
                f"derive from one of them, and have the other as a state, with as_state()."
            )
        taken: Any = bases
        if with_states:
            (base,) = with_states
            copies = take_over(base.states, _outermost((), dict(vars(cls))))
            for state in copies:
                if state.id not in vars(cls) and isinstance(getattr(cls, state.id, None), State):
                    setattr(cls, state.id, state)
            taken = (_Inherited(copies, base._events),)
        cast(Any, super()).add_inherited(taken)


class _Inherited:
    """What python-statemachine asks a base for."""

    def __init__(self, states: list[State], events: Mapping[Event, None]) -> None:
        self.states = states
        self._events = events


def _outermost(bases: tuple[type, ...], attrs: dict[str, Any]) -> list[State]:
    """Return the outermost states of a class that is being made, with their ids."""
    found = [state for base in bases for state in getattr(base, "states", ())]
    for attribute, value in attrs.items():
        if isinstance(value, State):
            found.append(value if value.id else value._set_id(attribute))
        elif isinstance(value, States):
            found += [state._set_id(state_id) for state_id, state in cast(Any, value).items()]
    return found


def _leave_alone(chart_class: Any) -> None:
    """Make internal transitions of a state to itself targetless: they leave it alone.

    Without a target a transition's own actions run, and that is all. With one it is to SCXML as if
    it were external: the state is left and entered again.
    """
    for state in iterate_states(chart_class.states):
        for transition in state.transitions:
            if transition.internal and all(target is state for target in transition.targets):
                transition._targets.clear()
