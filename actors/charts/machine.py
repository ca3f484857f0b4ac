"""What the layers above do with a chart: begin it, have it take an event, capture it, restore it.

Together with its neighbours this is the only place that knows python-statemachine's insides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from statemachine.exceptions import TransitionNotAllowed

from ...persistence.errors import BadDefinition
from ...persistence.records import ChartState
from .async_engine import CompiledAsyncEngine
from .capture import Captured, place
from .chart import CompiledChart
from .chart import furnish as furnish_bare
from .check import check
from .order import in_document_order
from .span import microseconds
from .trace import Microstep

RESERVED = frozenset(
    ("event_data", "machine", "event", "model", "self", "source", "state", "target", "transition")
)
"""Names of what python-statemachine passes to callbacks; event data may not be called so."""


class NotAllowed(Exception):
    """The chart has no transition for the event where it stands. Nothing has run but guards."""


class Macrostep(msgspec.Struct, frozen=True, gc=False):
    """What an event did to a chart.

    Attributes:
        result: what the actions returned: None, one value, or a list of several.
        microsteps: what was taken, in order.
    """

    result: Any
    microsteps: Sequence[Microstep]


def furnish(
    chart: CompiledChart, attributes: Mapping[str, Any], listeners: Sequence[object] = ()
) -> None:
    """Make a bare instance a chart that has run nothing: to be begun, or restored.

    Arguments:
        chart: what `__new__` made.
        attributes: what it has before anything looks at it.
        listeners: objects whose callbacks are called beside its own.
    """
    furnish_bare(chart)
    vars(chart).update(attributes)
    if listeners:
        chart._listeners.update({id(listener): listener for listener in listeners})
    # Past StateChart's own way of setting an attribute, which looks whether it is a state.
    vars(chart)["_engine"] = chart._get_engine()


def runs_async(chart: CompiledChart) -> bool:
    """Tell whether the chart has coroutines for callbacks, and must be awaited."""
    return isinstance(chart._engine, CompiledAsyncEngine)


def begin(chart: CompiledChart) -> Macrostep:
    """Enter the initial states of a new chart and run to the end of that macrostep."""
    engine: Any = chart._engine
    trace: list[Microstep] = []
    engine.trace = trace
    try:
        engine.activate_initial_state()
        return Macrostep(None, trace)
    finally:
        engine.trace = None


async def begin_async(chart: CompiledChart) -> Macrostep:
    """Do what `begin` does for a chart with coroutines."""
    engine: Any = chart._engine
    trace: list[Microstep] = []
    engine.trace = trace
    try:
        engine.start()
        await engine.activate_initial_state()
        return Macrostep(None, trace)
    finally:
        engine.trace = None


def macrostep(chart: CompiledChart, event: str, data: Mapping[str, Any]) -> Macrostep:
    """Have the chart take one event, to the end of its macrostep.

    Arguments:
        chart: a chart that has been begun or restored.
        event: name of the event.
        data: what the callbacks may ask for by name.

    Returns:
        what the event did.

    Raises:
        NotAllowed: no transition is enabled.
        Exception: whatever a guard or action raised; the chart is then in no defined place.
    """
    engine: Any = chart._engine
    trace: list[Microstep] = []
    engine.trace = trace
    try:
        # Not by `take`, which has an event with a delay wait: its time has come.
        result = engine.take(event, (), dict(data))
        return Macrostep(_fold(result) if type(result) is list else result, trace)
    except TransitionNotAllowed as error:
        raise _refusal(error, event, trace) from None
    finally:
        engine.trace = None


async def macrostep_async(chart: CompiledChart, event: str, data: Mapping[str, Any]) -> Macrostep:
    """Do what `macrostep` does for a chart with coroutines."""
    engine: Any = chart._engine
    trace: list[Microstep] = []
    engine.trace = trace
    try:
        result = await engine.take(event, (), dict(data))
        return Macrostep(_fold(result) if type(result) is list else result, trace)
    except TransitionNotAllowed as error:
        raise _refusal(error, event, trace) from None
    finally:
        engine.trace = None


def capture_state(chart: CompiledChart) -> ChartState:
    """Return where the chart stands.

    Its active states are in document order.
    """
    engine: Any = chart._engine
    configuration = engine.configuration()
    history = chart.history_values
    if not history:
        stands: ChartState = configuration.stands
        return stands
    return ChartState(
        configuration.ids,
        {name: tuple(s.id for s in states) for name, states in sorted(history.items())},
    )


def restore(chart: CompiledChart, stands: ChartState) -> None:
    """Put a chart that was not begun where another one was captured. Runs no action.

    Raises:
        LookupError: the chart has no state of that name.
    """
    place(chart, Captured(stands.configuration, stands.history))


@lru_cache(maxsize=10_000)
def is_final(chart_class: type[CompiledChart], configuration: tuple[str, ...]) -> bool:
    """Tell whether a chart that stands there has reached its end.

    That is a final state at the top, or a parallel one there whose regions are all at their end.
    """

    def ended(state: Any) -> bool:
        if state.parallel:
            return all(ended(region) for region in state.states)
        return any(inner.final and inner.id in configuration for inner in state.states)

    return any(
        state.final or (state.parallel and ended(state))
        for state in chart_class.states
        if state.id in configuration
    )


def check_durable(chart_class: type[CompiledChart]) -> None:
    """Raise BadDefinition for what is wrong with a class, or can't be made durable."""
    where = f"{chart_class.__module__}.{chart_class.__qualname__}"
    if problems := check(chart_class):
        raise BadDefinition(f"{where}: " + " ".join(str(problem) for problem in problems))
    for event in chart_class._events:
        if event.delay:
            try:
                microseconds(event.delay / 1000, f"the delay of event {event.id!r}, in seconds,")
            except (TypeError, ValueError) as error:
                raise BadDefinition(f"{where}: {error}") from error


def states_of(chart_class: type[CompiledChart]) -> tuple[str, ...]:
    """Return the ids of all states of a class in document order."""
    return tuple(state.id for state in in_document_order(chart_class.states))


@lru_cache(maxsize=10_000)
def leaves(chart_class: type[CompiledChart], configuration: tuple[str, ...]) -> tuple[str, ...]:
    """Return those active states that have no state within them."""
    atomic = {state.id for state in in_document_order(chart_class.states) if state.is_atomic}
    return tuple(name for name in configuration if name in atomic)


def events_of(chart_class: type[CompiledChart]) -> dict[str, str]:
    """Return the events that a class declares: their ids, and the names people read."""
    return {str(event.id): event.name for event in chart_class._events}


def delays_of(chart_class: type[CompiledChart]) -> dict[str, float]:
    """Return the delays that events are declared with, in milliseconds, by the events' ids."""
    return {str(event.id): event.delay for event in chart_class._events if event.delay}


def _refusal(error: TransitionNotAllowed, event: str, trace: list[Microstep]) -> Exception:
    """Tell our event being refused from one that an action sent and that was refused."""
    if error.event == event and not trace:
        return NotAllowed(str(error))
    return error


def _fold(result: list[Any]) -> Any:
    """Make one value of what several callbacks returned, leaving out those that said nothing."""
    said = [value for value in result if value is not None]
    if len(said) > 1:
        return said
    return said[0] if said else None
