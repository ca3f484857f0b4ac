"""Eventless transitions that lead round in a circle, so that a step never ends."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from statemachine import State, StateChart
from statemachine.callbacks import CallbackGroup
from statemachine.graph import iterate_states
from statemachine.state import HistoryState
from statemachine.transition import Transition

from .problem import Problem
from .source import Source
from .tables import Configuration, Tables

Chart = type[StateChart[Any]]

ASKING = (CallbackGroup.COND, CallbackGroup.VALIDATOR)
"""What may keep a transition from being taken."""


def circles(cls: Chart, source: Source) -> Iterator[Problem]:
    """Circles of eventless transitions that nothing can break, as none of them has a guard."""
    alone = [s for s in iterate_states(cls.states) if _may_go_on(s)]
    if not any(_is_eventless(t) for state in alone for t in state.transitions):
        return
    tables = Tables(cls, cls.enable_self_transition_entries)
    told: set[Configuration] = set()
    for state in alone:
        if not told.isdisjoint(circle := _circle(tables, state)):
            continue
        told.update(circle)
        if circle:
            way = ", ".join(repr("+".join(s.id for s in one.atomic)) for one in circle)
            first = circle[0].atomic[0].id
            yield Problem(
                f"Once {cls.__name__} is in {first!r}, its step never ends: eventless transitions "
                f"without a guard lead through {way} and round again.",
                first,
                "Give one of them a guard or an event.",
                *source.of(first),
            )


def _may_go_on(state: State) -> bool:
    """Tell whether only the state itself decides where it leads, once it is entered."""
    if isinstance(state, HistoryState) or not state.is_atomic:
        return False
    around = [one for one in state.ancestors() if one.parallel]
    return not around or not any(
        _is_eventless(transition) and _is_guarded(transition)
        for one in (around[-1], *iterate_states(around[-1].states))
        for transition in one.transitions
    )


def _circle(tables: Tables, state: State) -> list[Configuration]:
    """The circle that the chart is sure to get into once it has entered a state, or nothing."""
    passed: list[Configuration] = []
    here: Configuration | None = tables.initial([state]).arrives
    while here is not None and here not in passed:
        passed.append(here)
        here = _next(tables, here)
    return [] if here is None else passed[passed.index(here) :]


def _next(tables: Tables, here: Configuration) -> Configuration | None:
    """Where the chart is sure to go on to without an event; None: nowhere, or who knows."""
    tried = [tables.candidates(state, None) for state in here.atomic]
    if any(_is_guarded(transition) for ways in tried for transition in ways[:1]):
        return None
    enabled = tuple(dict.fromkeys(ways[0] for ways in tried if ways))
    if not enabled:
        return None
    plan = here.plan(enabled, {})
    return None if plan.depends else plan.arrives


def _is_eventless(transition: Transition) -> bool:
    return not transition.initial and bool(transition.is_eventless)


def _is_guarded(transition: Transition) -> bool:
    return any(spec.group in ASKING for spec in transition._specs)
