"""A chart's state as data, and a chart made from it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from statemachine import StateChart
from statemachine.event_data import TriggerData

from .chart import CompiledChart, TChart, bare
from .compiled import Compiled
from .moment import Trigger
from .queues import LightQueue


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that was queued.

    Args:
        event: Its name.
        args: Its positional data.
        kwargs: Its named data.
        internal: Whether it was raised within a macrostep.
        due_in: Seconds until it is due; 0 when it already was.
        send_id: The id to cancel it by.
    """

    event: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    internal: bool = False
    due_in: float = 0.0
    send_id: str | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """Where a chart stands.

    Args:
        configuration: Ids of the active states, in the chart's own order (which decides in
            what order regions take an event). States that share an id go by their path
            (`outer.inner`).
        history: For each history state that has recorded something, the ids of what it did.
        terminated: Whether the chart has come to its end.
        pending: Events that were still queued.
    """

    configuration: tuple[str, ...]
    history: dict[str, tuple[str, ...]] = field(default_factory=dict)
    terminated: bool = False
    pending: tuple[Pending, ...] = ()


def capture(chart: StateChart[Any]) -> Captured:
    """Where this chart stands now.

    Args:
        chart: A chart between two events, on a compiled engine.

    Returns:
        Data from which `rehydrate` makes the same chart again.
    """
    engine = _engine(chart)
    names = engine.binding.tables.names
    return Captured(
        configuration=tuple(names[value] for value in engine.configuration().values),
        history={
            name: tuple(names[state.value] for state in states)
            for name, states in chart.history_values.items()
        },
        terminated=not engine.running,
        pending=(*_pending(engine.raised, True), *_pending(engine.waiting, False)),
    )


def rehydrate(
    cls: type[TChart],
    captured: Captured,
    model: Any = None,
    attributes: dict[str, Any] | None = None,
) -> TChart:
    """Make a chart that stands where the captured one stood. No action runs.

    Args:
        cls: The chart class.
        captured: What `capture` gave.
        model: Where the state is kept; by default an object of the chart's own.
        attributes: Attributes to set before anything looks at the chart.

    Returns:
        The chart: what it does from here on is what the captured one would have done.

    Raises:
        KeyError: The class has no state of a captured name.
    """
    chart = bare(cls, model, attributes)
    place(chart, captured)
    return chart


def place(chart: CompiledChart, captured: Captured) -> None:
    """Put an existing chart where the captured one stood; no action runs.

    Args:
        chart: A chart on a compiled engine.
        captured: What `capture` gave for a chart of the same class.

    Raises:
        KeyError: The class has no state of a captured name.
    """
    engine = _engine(chart)
    tables = engine.binding.tables
    values = tuple(tables.by_name[name].value for name in captured.configuration)
    engine.settle(tables.configuration(values))
    engine.running = not captured.terminated
    engine.raised = engine.waiting = None
    # Past StateChart's own way of setting an attribute, which looks whether it is a state.
    vars(chart)["history_values"] = {
        name: [engine.live(tables.by_name[kept]) for kept in states]
        for name, states in captured.history.items()
    }
    if not captured.pending:
        return
    now = monotonic()
    for waiting in captured.pending:
        stock = Trigger(chart, waiting.event, waiting.args, dict(waiting.kwargs)).stock
        stock.send_id = waiting.send_id
        stock.execution_time = now + waiting.due_in
        (engine.internal_queue if waiting.internal else engine.external_queue).put(stock)


def _engine(chart: StateChart[Any]) -> Compiled:
    engine = chart._engine
    if not isinstance(engine, Compiled):
        raise TypeError(
            f"{type(chart).__name__} runs on {type(engine).__name__}: only a chart on a compiled "
            "engine can be captured and placed. Derive its class from CompiledChart."
        )
    return engine


def _pending(queue: LightQueue | None, internal: bool) -> list[Pending]:
    if queue is None:
        return []
    now = monotonic()
    waiting: list[TriggerData] = sorted(t for t in queue.queue.queue if not t.cancelled)
    return [
        Pending(
            event=str(trigger.event),
            args=trigger.args,
            kwargs=dict(trigger.kwargs),
            internal=internal,
            due_in=max(0.0, trigger.execution_time - now),
            send_id=trigger.send_id,
        )
        for trigger in waiting
    ]
