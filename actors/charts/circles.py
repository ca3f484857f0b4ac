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

_MOST_WITHIN = 50
"""States within a parallel one, beyond which its circles are left to `max_microsteps`: to follow
many regions at once takes the planner long."""


def circles(cls: Chart, source: Source) -> Iterator[Problem]:
    """A circle of eventless transitions that nothing can break, as none of them has a guard."""
    states = list(iterate_states(cls.states))
    if not any(_is_eventless(transition) for state in states for transition in state.transitions):
        return
    if any(one.parallel and len([*iterate_states(one.states)]) > _MOST_WITHIN for one in states):
        return
    tables = Tables(cls, cls.enable_self_transition_entries)
    known: set[Configuration] = set()
    for state in states:
        if not _decides_alone(state):
            continue
        passed: dict[Configuration, None] = {}
        here: Configuration | None = tables.initial([state]).arrives
        while here is not None and here not in known:
            known.add(here)
            passed[here] = None
            here = _next(tables, here)
        if here not in passed:
            continue
        ring = [*passed][[*passed].index(here) :]
        way = ", ".join(repr("+".join(leaf.id for leaf in one.atomic)) for one in ring)
        first = ring[0].atomic[0].id
        yield Problem(
            f"Once {cls.__name__} is in {first!r}, its step never ends: eventless transitions "
            f"without a guard lead through {way} and round again.",
            first,
            "Give one of them a guard or an event.",
            *source.of(first),
        )


def _decides_alone(state: State) -> bool:
    """Tell whether where it leads, once it is entered, depends on no region beside it."""
    if isinstance(state, HistoryState) or not (state.is_atomic or state.parallel):
        return False
    return not any(one.parallel for one in state.ancestors())


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
