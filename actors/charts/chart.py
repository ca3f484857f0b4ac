"""The base class for charts whose instances share all that belongs to their class."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from statemachine import State, StateChart
from statemachine.callbacks import CallbacksRegistry
from statemachine.configuration import Configuration
from statemachine.model import Model
from statemachine.state import InstanceState

from .async_engine import CompiledAsyncEngine
from .binding import binding_of
from .callbacks import forget_signatures
from .engine import CompiledEngine

_add_listener = StateChart.add_listener

TChart = TypeVar("TChart", bound="CompiledChart")


class CompiledChart(StateChart[Any]):
    """A `StateChart` that runs on its class's compiled tables.

    Its instances are used as any chart is. What a stock chart makes for each instance (a
    registry of callbacks, a view of each state) is made when somebody asks for it.

    Args:
        model: Where the state is kept; by default an object of the chart's own.
        state_field: The model's attribute for it.
        start_value: The value of a state to start in, instead of the initial one.
        listeners: Objects with callbacks of their own.
        **kwargs: Data for the callbacks of the first entry.

    Example:
        >>> class Door(CompiledChart):
        ...     shut = State(initial=True)
        ...     open = State()
        ...     push = shut.to(open) | open.to(shut)
        >>> door = Door()
        >>> door.send("push")
        >>> door.open.is_active
        True
    """

    state_field = "state"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A subclass may add to states that it inherits: its bases are looked at again."""
        super().__init_subclass__(**kwargs)
        for base in cls.__mro__:
            for tables in vars(base).get("_compiled_tables", {}).values():
                tables.settled = False

    def __init__(
        self,
        model: Any = None,
        state_field: str = "state",
        start_value: Any = None,
        listeners: list[object] | None = None,
        **kwargs: Any,
    ) -> None:
        if self._abstract:
            # Says that there are no states.
            super().__init__(model, state_field, start_value, listeners, **kwargs)
        furnish(self, model, state_field)
        if start_value is not None:
            self.start_configuration_values = [start_value]
        if listeners or self._class_listeners:
            taking_part = self._resolve_class_listeners(**kwargs) + list(listeners or ())
            self._listeners.update({id(listener): listener for listener in taking_part})
        self._engine = self._get_engine()
        self._engine.start(**kwargs)

    def _get_engine(self) -> CompiledEngine | CompiledAsyncEngine:
        binding = binding_of(self)
        binding.tables.settled = True
        if binding.asynchronous:
            return CompiledAsyncEngine(self, binding)
        return CompiledEngine(self, binding)

    def __getattr__(self, name: str) -> Any:
        if name == "_config":
            self._config = configuration_of(self)
        elif name == "_callbacks":
            self._callbacks = CallbacksRegistry()
            forget_signatures()
            self._register_callbacks(list(self._listeners.values()))
        else:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
            )
        return vars(self)[name]

    def add_listener(self, *listeners: object) -> Any:
        """Add objects whose callbacks are called beside the chart's own.

        Args:
            *listeners: Objects with methods named as callbacks are.

        Returns:
            The chart.
        """
        self._callbacks  # noqa: B018  # what takes part so far is resolved first, as in stock
        return _add_listener(self, *listeners)

    def __getstate__(self) -> dict[str, Any]:
        made_anew = ("_callbacks", "_config", "_engine")
        return {
            name: value
            for name, value in vars(self).items()
            if name not in made_anew and not isinstance(value, InstanceState)
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        listeners = state.pop("_listeners")
        furnish(self, state["model"], state.get("state_field", "state"))
        vars(self).update(state)
        if listeners:
            self.add_listener(*listeners.values())
        self._engine = self._get_engine()
        self._engine.start()


def furnish(chart: StateChart[Any], model: Any = None, state_field: str = "state") -> None:
    """Give a bare instance what every chart has; nothing is resolved and nothing runs."""
    cls = type(chart)
    clashing: list[State] | None = vars(cls).get("_clashing_states")
    if clashing is None:
        clashing = _show_states(cls)
    own = vars(chart)
    own["model"] = Model() if model is None else model
    own["history_values"] = {}
    own["_listeners"] = {}
    if state_field != getattr(cls, "state_field", None):
        own["state_field"] = state_field
    for state in clashing:
        own[state.id] = chart._config._instance_states[state.value]


def configuration_of(chart: StateChart[Any]) -> Configuration:
    """The stock library's view of which states are active."""
    return Configuration(
        instance_states=_States(chart),
        model=chart.model,
        state_field=chart.state_field,
        states_map=chart.states_map,
    )


class _States(Mapping[Any, State]):
    """A chart's own view of each state, made when it is first looked at."""

    __slots__ = ("_chart", "_made")

    def __init__(self, chart: StateChart[Any]) -> None:
        self._chart = weakref.ref(chart)
        self._made: dict[Any, InstanceState] = {}

    def __getitem__(self, value: Any) -> State:
        made = self._made.get(value)
        if made is None:
            chart = self._chart()
            if chart is None:
                raise KeyError(value)
            made = self._made[value] = InstanceState(chart.states_map[value], chart, self)
        return made

    def __iter__(self) -> Iterator[Any]:
        chart = self._chart()
        return iter(() if chart is None else chart.states_map)

    def __len__(self) -> int:
        chart = self._chart()
        return 0 if chart is None else len(chart.states_map)


class _Shown:
    """A state as an attribute: the state on the class, the chart's own view on a chart."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def __get__(self, chart: StateChart[Any] | None, cls: type) -> State:
        if chart is None:
            return self._state
        return chart._config._instance_states[self._state.value]


def _show_states(cls: type[StateChart[Any]]) -> list[State]:
    """Put the states on the class; those whose name means something else are returned."""
    clashing = []
    for state in cls.states_map.values():
        if state.id in cls._events:
            continue
        present = getattr(cls, state.id, None)
        if present is None or isinstance(present, State):
            setattr(cls, state.id, _Shown(state))
        else:
            clashing.append(state)
    cls._clashing_states = clashing  # type: ignore[attr-defined]  # kept where the class is
    return clashing


def bare(cls: type[TChart], model: Any = None, attributes: dict[str, Any] | None = None) -> TChart:
    """A new chart of this class, in no state yet: `start` enters the initial one.

    Args:
        cls: The chart class.
        model: Where the state is kept; by default an object of the chart's own.
        attributes: Attributes to set before anything looks at the chart.

    Returns:
        The chart. No action has run.
    """
    chart = cls.__new__(cls)
    furnish(chart, model)
    if attributes:
        vars(chart).update(attributes)
    if cls._class_listeners:
        listeners = chart._resolve_class_listeners()
        chart._listeners.update({id(listener): listener for listener in listeners})
    chart._engine = chart._get_engine()
    return chart


def start(chart: CompiledChart, **kwargs: Any) -> Any:
    """Enter the initial states and run to rest; does nothing in a chart that has begun.

    Args:
        chart: The chart.
        **kwargs: Data for the entry actions.
    """
    return chart._engine.start(**kwargs)


def take(
    chart: StateChart[Any],
    event: str,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """Run one event, and whatever it raises, to the end of the macrostep.

    The short way to what `chart.send(event, *args, **kwargs)` does. `delay`, `internal` and
    `send_id` are data here like any other. A chart with coroutines needs `take_async`.

    Args:
        chart: The chart.
        event: The event's name.
        args: Its positional data.
        kwargs: Its named data.

    Returns:
        What the actions returned: None, the one value, or a list.

    Raises:
        TransitionNotAllowed: Nothing is enabled, and the chart does not allow that.
        Exception: What an action raised, unless the chart turns errors into events.
    """
    engine = chart._engine
    if isinstance(engine, CompiledEngine) and event not in engine.binding.tables.delayed:
        return engine.take(event, args, {} if kwargs is None else kwargs)
    return chart.send(event, *args, **(kwargs or {}))


async def take_async(
    chart: StateChart[Any],
    event: str,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """As `take`, in a running event loop; for charts with and without coroutines."""
    engine = chart._engine
    if isinstance(engine, CompiledAsyncEngine) and event not in engine.binding.tables.delayed:
        return await engine.take(event, args, {} if kwargs is None else kwargs)
    if isinstance(engine, CompiledEngine):
        return take(chart, event, args, kwargs)
    return await chart.send(event, *args, **(kwargs or {}))
