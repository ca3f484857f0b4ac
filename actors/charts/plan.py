"""What taking some transitions does, as the stock library's algorithm answers it, corrected."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from statemachine import State
from statemachine.orderedset import OrderedSet
from statemachine.state import InstanceState
from statemachine.transition import Transition

from .corrections import Corrected

if TYPE_CHECKING:
    from .tables import Configuration, Tables

Transitions: TypeAlias = tuple[Transition, ...]
Remembered: TypeAlias = "dict[str, list[Any]]"
"""The states that each history state has recorded, by the history state's id."""


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


class Planner(Corrected):
    """The stock library's algorithm, asked about a configuration instead of run on a chart."""

    def __init__(self, tables: Tables, self_entries: bool) -> None:
        # Not the base class's own start: there are no queues here and nothing runs.
        self.tables = tables
        self.order = tables.order
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
        """What the algorithm does with these transitions here."""
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
