"""What a chart class means, worked out once: its configurations and the way between them.

Nothing here knows callbacks or instances. A plan is whatever the stock library's own
algorithm answers, with its errors put right (`corrections`); it is asked once for each
question, and the answer is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, MutableSet
from itertools import chain
from threading import Lock
from typing import Any

from statemachine import State, StateChart
from statemachine.graph import iterate_states
from statemachine.orderedset import OrderedSet
from statemachine.transition import Transition

from ...persistence.records import ChartState
from .order import places
from .plan import Plan, Planner, Remembered, Transitions

_MOST_CONFIGURATIONS = 20_000
_MOST_EVENTS = 4_096


class Configuration:
    """A set of active states, in document order."""

    __slots__ = (
        "_less",
        "_more",
        "_plans",
        "atomic",
        "eventless",
        "ids",
        "many",
        "one",
        "stands",
        "states",
        "tables",
        "values",
    )

    def __init__(self, tables: Tables, values: tuple[Any, ...]) -> None:
        self.tables = tables
        self.values = values
        self.many = len(values) > 1
        self.one = values[0] if values else None
        self.states = tuple(tables.states[value] for value in values)
        self.ids = tuple(state.id for state in self.states)
        self.stands = ChartState(self.ids)  # as long as no history state remembers anything
        self.atomic = tuple(state for state in self.states if state.is_atomic)
        self.eventless = any(tables.candidates(state, None) for state in self.atomic)
        self._less: dict[Any, Configuration] = {}
        self._more: dict[Any, Configuration] = {}
        self._plans: dict[Any, Plan | None] = {}

    def __repr__(self) -> str:
        return f"<Configuration {', '.join(state.id for state in self.states)}>"

    def raw(self) -> Any:
        """The value to keep on the model: None, a state's value, or a set of values."""
        return OrderedSet(self.values) if self.many else self.one

    def less(self, state: State) -> Configuration:
        """The configuration without this state."""
        found = self._less.get(state.value)
        if found is None:
            rest = tuple(value for value in self.values if value != state.value)
            found = self._less[state.value] = self.tables.configuration(rest)
        return found

    def more(self, state: State) -> Configuration:
        """The configuration with this state as well."""
        found = self._more.get(state.value)
        if found is None:
            found = self.tables.configuration((*self.values, state.value))
            self._more[state.value] = found
        return found

    def plan(self, enabled: Transitions, remembered: Remembered) -> Plan:
        """What taking the enabled transitions does; conflicts among them are settled here."""
        found = self._plans.get(enabled)
        if found is not None:
            return found
        key = (enabled, tuple((k, *[s.value for s in v]) for k, v in remembered.items()))
        if enabled in self._plans:  # None: the answer depends on what history states recorded
            found = self._plans.get(key)
            if found is not None:
                return found
        with self.tables.planning:
            plan = self.tables.planner.plan(self, enabled, remembered)
        if plan.depends:
            if len(self._plans) > _MOST_EVENTS:
                self._plans.clear()
            self._plans[enabled] = None
            self._plans[key] = plan
        else:
            self._plans[enabled] = plan
        return plan


class Tables:
    """All that can be told from a chart class alone.

    Args:
        cls: The chart class.
        self_entries: Whether an internal self-transition enters its state again
            (`enable_self_transition_entries`).
    """

    def __init__(self, cls: type[StateChart[Any]], self_entries: bool) -> None:
        self.cls = cls
        self.states: dict[Any, State] = dict(cls.states_map)
        self.names = names_of(self.states.values())
        self.by_name = {name: self.states[value] for value, name in self.names.items()}
        self.order = places(cls.states)
        """The place of each state in the document, by its value."""
        self.delayed = frozenset(str(event) for event in cls._events if event.delay)
        """Events declared with a delay."""
        self.fingerprint = fingerprint(cls)
        self.settled = False
        """Whether the class is known not to have changed since; `CompiledChart` sees to it."""
        self._configurations: dict[tuple[Any, ...], Configuration] = {}
        self._candidates: dict[tuple[Any, str | None], Transitions] = {}
        self._initial: dict[tuple[Any, ...], Plan] = {}
        self.planner = Planner(self, self_entries)
        self.planning = Lock()
        """Held while the planner is asked: instances of a class may run in several threads."""

    def configuration(self, values: tuple[Any, ...]) -> Configuration:
        """The one configuration of these values, however they are ordered.

        Raises:
            KeyError: A value belongs to no state of the class.
        """
        found = self._configurations.get(values)
        if found is None:
            if len(self._configurations) >= _MOST_CONFIGURATIONS:
                self._configurations.clear()
            ordered = tuple(sorted({*values}, key=self.order.__getitem__))
            made = self._configurations.setdefault(ordered, Configuration(self, ordered))
            found = self._configurations.setdefault(values, made)
        return found

    def standing(self, raw: Any) -> Configuration:
        """The configuration that a model's raw state value stands for."""
        if raw is None:
            return self.configuration(())
        return self.configuration(tuple(raw) if isinstance(raw, MutableSet) else (raw,))

    def candidates(self, state: State, event: str | None) -> Transitions:
        """The transitions to try for an event (None: eventless ones), innermost state first."""
        key = (state.value, event)
        found = self._candidates.get(key)
        if found is None:
            if len(self._candidates) >= _MOST_EVENTS:
                self._candidates.clear()
            found = self._candidates[key] = tuple(_candidates(state, event))
        return found

    def initial(self, targets: Collection[State]) -> Plan:
        """The first entry, into these states."""
        key = tuple(state.value for state in targets)
        found = self._initial.get(key)
        if found is None:
            transitions = tuple(_initial_transition(state) for state in targets)
            with self.planning:
                found = self._initial[key] = self.planner.enter(transitions)
        return found


def names_of(states: Collection[State]) -> dict[Any, str]:
    """A name for each state, by its value: its id, or the path to it if ids are shared."""
    ids = Counter(state.id for state in states)
    return {
        state.value: state.id if ids[state.id] == 1 else ".".join(reversed(_path(state)))
        for state in states
    }


def _path(state: State) -> list[str]:
    return [state.id, *(ancestor.id for ancestor in state.ancestors())]


def tables_of(chart: StateChart[Any]) -> Tables:
    """The tables for the class of this chart: shared by its instances, made when first used."""
    cls = type(chart)
    self_entries = chart.enable_self_transition_entries
    kept: dict[bool, Tables] | None = vars(cls).get("_compiled_tables")
    if kept is None:
        kept = {}
        cls._compiled_tables = kept  # type: ignore[attr-defined]  # kept where the class is
    tables = kept.get(self_entries)
    if tables is None or not (tables.settled or tables.fingerprint == fingerprint(cls)):
        tables = kept[self_entries] = Tables(cls, self_entries)
    return tables


def fingerprint(cls: type[StateChart[Any]]) -> tuple[int, ...]:
    """Changes when a subclass adds transitions or actions to states that it inherited."""
    counts = [len(cls._specs.items)]
    for state in iterate_states(cls.states):
        counts.append(len(state._specs.items))
        counts.extend(len(transition._specs.items) for transition in state.transitions)
    return tuple(counts)


def _candidates(state: State, event: str | None) -> Iterator[Transition]:
    for source in chain([state], state.ancestors()):
        for transition in source.transitions:
            if transition.initial:
                continue
            if transition.is_eventless if event is None else transition.match(event):
                yield transition


def _initial_transition(target: State) -> Transition:
    transition = Transition(State(), target, event="__initial__")
    transition._specs.items = []
    return transition
