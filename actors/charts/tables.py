"""What a chart class means, worked out once: its configurations and the way between them.

Nothing here knows callbacks or instances. A plan is whatever the stock library's own
algorithm answers; it is asked once for each question, and the answer is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, MutableSet
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from statemachine import State, StateChart
from statemachine.engines.base import BaseEngine
from statemachine.graph import iterate_states
from statemachine.orderedset import OrderedSet
from statemachine.state import InstanceState
from statemachine.transition import Transition

Transitions: TypeAlias = tuple[Transition, ...]
Remembered: TypeAlias = "dict[str, list[Any]]"
"""The states that each history state has recorded, by the history state's id."""

_MOST_CONFIGURATIONS = 20_000
_MOST_EVENTS = 4_096


@dataclass(frozen=True, slots=True)
class Exit:
    """A state that is left, and the transition that leaves it."""

    state: State
    transition: Transition


@dataclass(frozen=True, slots=True)
class Entry:
    """A state that is entered, and what entering it brings with it."""

    state: State
    transition: Transition
    recorded: bool
    """Whether a history state had recorded it (then callbacks see the chart's own state)."""
    initial: Transition | None
    """The initial transition of a compound state that is entered by default."""
    content: Transitions
    """Transitions whose actions run for a history state inside this state."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking some transitions does in one configuration."""

    origin: Configuration
    transitions: Transitions
    exits: tuple[Exit, ...]
    records: tuple[tuple[str, tuple[State, ...]], ...]
    """For each history state that is left behind: its id, and the states it records."""
    entries: tuple[Entry, ...]
    arrives: Configuration
    depends: bool
    """Whether it holds only for what history states have recorded now."""


class Configuration:
    """A set of active states, in the order in which the stock library would hold them."""

    __slots__ = ("_less", "_more", "_plans", "atomic", "eventless", "states", "tables", "values")

    def __init__(self, tables: Tables, values: tuple[Any, ...]) -> None:
        self.tables = tables
        self.values = values
        self.states = tuple(tables.states[value] for value in values)
        self.atomic = tuple(state for state in self.states if state.is_atomic)
        self.eventless = any(tables.candidates(state, None) for state in self.atomic)
        self._less: dict[Any, Configuration] = {}
        self._more: dict[Any, Configuration] = {}
        self._plans: dict[Any, Plan | None] = {}

    def __repr__(self) -> str:
        return f"<Configuration {', '.join(state.id for state in self.states)}>"

    def raw(self) -> Any:
        """The value to keep on the model: None, a state's value, or a set of values."""
        values = self.values
        if len(values) == 1:
            return values[0]
        return OrderedSet(values) if values else None

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
            have = state.value in self.values
            more = self.values if have else (*self.values, state.value)
            found = self._more[state.value] = self.tables.configuration(more)
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
        self.delayed = frozenset(str(event) for event in cls._events if event.delay)
        """Events declared with a delay."""
        self.fingerprint = fingerprint(cls)
        self.settled = False
        """Whether the class is known not to have changed since; `CompiledChart` sees to it."""
        self._configurations: dict[tuple[Any, ...], Configuration] = {}
        self._candidates: dict[tuple[Any, str | None], Transitions] = {}
        self._initial: dict[tuple[Any, ...], Plan] = {}
        self.planner = _Planner(self, self_entries)

    def configuration(self, values: tuple[Any, ...]) -> Configuration:
        """The one configuration of these values, in this order.

        Raises:
            KeyError: A value belongs to no state of the class.
        """
        found = self._configurations.get(values)
        if found is None:
            if len(self._configurations) >= _MOST_CONFIGURATIONS:
                self._configurations.clear()
            found = self._configurations[values] = Configuration(self, values)
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


class _Recorded(dict[str, list[Any]]):
    """History values that notice whether anybody asked for them."""

    asked = False

    def __contains__(self, key: object) -> bool:
        self.asked = True
        return super().__contains__(key)


class _Machine:
    """As much of a chart as the stock algorithm looks at to make a plan."""

    atomic_configuration_update = False
    enable_self_transition_entries = True

    def __init__(self) -> None:
        self.configuration: OrderedSet[Any] = OrderedSet()
        self.history_values: dict[str, list[Any]] = {}


class _Planner(BaseEngine):
    """The stock library's algorithm, asked about a configuration instead of run on a chart."""

    def __init__(self, tables: Tables, self_entries: bool) -> None:
        # Not the base class's own start: there are no queues here and nothing runs.
        self.tables = tables
        self.machine = _Machine()
        self.machine.enable_self_transition_entries = self_entries
        machine: Any = self.machine
        self.sm = machine
        self._log_id = ""
        self._debug = lambda *args, **kwargs: None
        self._live: dict[Any, InstanceState] = {}
        for value, state in tables.states.items():
            self._live[value] = InstanceState(state, machine, self._live)

    def __del__(self) -> None:
        """Nothing to cancel."""

    def plan(
        self, configuration: Configuration, enabled: Transitions, remembered: Remembered
    ) -> Plan:
        """What the stock algorithm does with these transitions here."""
        recorded = _Recorded(
            {name: [self._live[s.value] for s in kept] for name, kept in remembered.items()}
        )
        here: OrderedSet[Any] = OrderedSet(self._live[value] for value in configuration.values)
        self.machine.configuration = here
        self.machine.history_values = recorded
        taken = self._filter_conflicting_transitions(OrderedSet(enabled))
        before = {name: id(kept) for name, kept in recorded.items()}
        exits, left = self._prepare_exit_states(list(taken))
        records = tuple(
            (name, tuple(self.tables.states[state.value] for state in kept))
            for name, kept in recorded.items()
            if before.get(name) != id(kept)
        )
        entries, arrives = self._entries(tuple(taken), left, here)
        return Plan(
            origin=configuration,
            transitions=tuple(taken),
            exits=tuple(
                Exit(self.tables.states[info.state.value], info.transition) for info in exits
            ),
            records=records,
            entries=entries,
            arrives=arrives,
            depends=recorded.asked,
        )

    def enter(self, transitions: Transitions) -> Plan:
        """The plan of a first entry: nothing is left, and nothing has been recorded."""
        self.machine.configuration = OrderedSet()
        self.machine.history_values = {}
        entries, arrives = self._entries(transitions, OrderedSet(), OrderedSet())
        return Plan(
            self.tables.configuration(()), transitions, (), (), entries, arrives, depends=False
        )

    def _entries(
        self, transitions: Transitions, left: OrderedSet[Any], here: OrderedSet[Any]
    ) -> tuple[tuple[Entry, ...], Configuration]:
        infos, by_default, content, arrives = self._prepare_entry_states(
            list(transitions), left, here
        )
        default_ids = {info.state.id for info in by_default if info.state}
        entries = []
        for info in infos:
            state = info.state
            initial = [t for t in state.transitions if t.initial]
            entries.append(
                Entry(
                    state=self.tables.states.get(state.value, state),
                    transition=info.transition,
                    recorded=isinstance(state, InstanceState),
                    initial=initial[0] if state.id in default_ids and len(initial) == 1 else None,
                    content=tuple(i.transition for i in content.get(state.id, ())),
                )
            )
        values = tuple(state.value for state in arrives)
        return tuple(entries), self.tables.configuration(values)
