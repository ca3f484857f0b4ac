"""What a callback is told: the event being run, and the moment at which it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from statemachine.event import BoundEvent
from statemachine.event_data import EventData, TriggerData

if TYPE_CHECKING:
    from statemachine import State, StateChart
    from statemachine.transition import Transition

    from .callbacks import Call

Shape: TypeAlias = tuple[Any, ...]
"""How many positional arguments there are, and the names of all other data."""

INJECTED = (
    "event_data",
    "machine",
    "event",
    "model",
    "transition",
    "state",
    "source",
    "target",
)
CONFIGURATIONS = ("previous_configuration", "new_configuration")
PREPARED = "prepared"
_RESERVED = frozenset(INJECTED)
_NO_DATA: Shape = (0,)


class Trigger:
    """One event on its way through the chart; `name` is None for an eventless step.

    The stock library's own event and trigger objects cost more than a transition, so they
    are made only when somebody asks for them.
    """

    __slots__ = ("_data", "_event", "args", "chart", "kwargs", "moments", "name", "shape")

    def __init__(
        self,
        chart: StateChart[Any],
        name: str | None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.chart = chart
        self.name = name
        self.args = args
        self.kwargs: dict[str, Any] = {} if kwargs is None else kwargs
        self.shape: Shape = (len(args), *kwargs) if args or kwargs else _NO_DATA
        self.moments: dict[Any, Moment] | None = None
        self._event: Any = None
        self._data: TriggerData | None = None

    @classmethod
    def sent(
        cls, chart: StateChart[Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Trigger:
        """An event as its sender gave it: data cannot pose as what the chart injects."""
        if kwargs and not _RESERVED.isdisjoint(kwargs):
            kwargs = {key: value for key, value in kwargs.items() if key not in _RESERVED}
        return cls(chart, name, args, kwargs)

    @classmethod
    def of(cls, data: TriggerData) -> Trigger:
        """The same event as a stock trigger."""
        name = None if data.event is None else str(data.event)
        trigger = cls(data.machine, name, data.args, data.kwargs)
        trigger._event = data.event
        trigger._data = data
        return trigger

    @property
    def event(self) -> Any:
        """The event bound to its chart, as `StateChart.send` would make it."""
        if self._event is None and self.name is not None:
            known = getattr(self.chart, self.name, None)
            self._event = BoundEvent(
                id=self.name,
                name=known.name if known else self.name,
                delay=known.delay if known else 0,
                internal=bool(known and known.internal),
                _sm=self.chart,
            )
        return self._event

    @property
    def data(self) -> TriggerData:
        """The stock library's trigger for this event."""
        if self._data is None:
            self._data = TriggerData(
                self.chart, event=self.event, args=self.args, kwargs=self.kwargs
            )
        return self._data


class Moment:
    """One place in a step where callbacks are called, and what they may ask for.

    Guards, `before` and `on` of a transition share one moment; each state left or entered has
    its own. What is learned at a moment (`prepare_event`, the configurations) stays with it.
    """

    __slots__ = (
        "_event_data",
        "catch",
        "data",
        "shape",
        "source",
        "state",
        "target",
        "told",
        "transition",
        "trigger",
    )

    def __init__(
        self, trigger: Trigger, transition: Transition, state: Any, source: Any, target: Any
    ) -> None:
        self.trigger = trigger
        self.transition = transition
        self.state = state
        self.source = source
        self.target = target
        self.data: dict[str, Any] = trigger.kwargs
        self.shape: Shape = trigger.shape
        self.catch = False
        self.told: Told | None = None
        self._event_data: EventData | None = None

    @property
    def event_data(self) -> EventData:
        """The stock library's description of this moment."""
        if self._event_data is None:
            data = EventData(trigger_data=self.trigger.data, transition=self.transition)
            data.state, data.source, data.target = self.state, self.source, self.target
            self._event_data = data
        return self._event_data

    def everything(self) -> dict[str, Any]:
        """All that a callback could name, as a new dict."""
        if self.shape[0] is PREPARED:
            return dict(self.data)
        trigger = self.trigger
        every = {
            **trigger.kwargs,
            "event_data": self.event_data,
            "machine": trigger.chart,
            "event": trigger.event,
            "model": trigger.chart.model,
            "transition": self.transition,
            "state": self.state,
            "source": self.source,
            "target": self.target,
        }
        if self.shape is not trigger.shape:
            assert self.told is not None
            every["previous_configuration"] = self.told.previous_configuration
            every["new_configuration"] = self.told.new_configuration
        return every

    def prepare(self, calls: tuple[Call, ...]) -> None:
        """Let `prepare_event` callbacks add to what this moment tells, or replace it."""
        every = self.everything()
        chart = self.trigger.chart
        for learned in [call[self.shape](chart, self) for call in calls]:
            every.update(learned)
        self._hold(every)

    def disclose(self, told: Told) -> None:
        """Tell the configurations before and after the step, as `on` actions are told."""
        self.told = told
        if self.shape[0] is not PREPARED:
            self.shape = (*self.trigger.shape, CONFIGURATIONS)
            return
        previous, new = told.previous_configuration, told.new_configuration
        self._hold({**self.data, "previous_configuration": previous, "new_configuration": new})

    def _hold(self, every: dict[str, Any]) -> None:
        self.data = every
        self.shape = (PREPARED, len(self.trigger.args), *every)


class Told(Protocol):
    """What `on` actions may ask beyond the rest."""

    @property
    def previous_configuration(self) -> Any:
        """The states that were active before the step."""

    @property
    def new_configuration(self) -> Any:
        """The states that will be active after it."""


Form: TypeAlias = "Callable[[StateChart[Any], Moment], Any]"


def moment_at(
    trigger: Trigger,
    key: Any,
    transition: Transition,
    prepare: tuple[Call, ...],
    *,
    source: State | None = None,
    target: State | None = None,
) -> Moment:
    """The moment under this key, made when it is first asked for.

    `source` is the state being left, `target` the one being entered; for a transition's own
    callbacks both are the transition's.
    """
    moments = trigger.moments
    if moments is None:
        moments = trigger.moments = {}
    moment = moments.get(key)
    if moment is None:
        state = target or source or transition.source
        moment = Moment(
            trigger,
            transition,
            state,
            source or transition.source,
            target or transition.target,
        )
        if prepare:
            moment.prepare(prepare)
        moments[key] = moment
    return moment
