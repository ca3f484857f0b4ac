"""What a callback is told: the event being run, and the moment at which it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from statemachine.event import BoundEvent, Event
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
INITIAL = "__initial__"
"""The event of a chart's first entry."""
MOMENTARY = frozenset((*INJECTED, *CONFIGURATIONS)) - {"machine", "model", "event"}
"""What a callback cannot be told by the trigger alone."""
INJECTED_NAMES = frozenset(INJECTED)
"""What the chart injects; data under these names is left out."""
_NO_DATA: Shape = (0,)


class Trigger:
    """One event on its way through the chart; `name` is None for an eventless step.

    The stock library's own event and trigger objects cost more than a transition, so they
    are made only when somebody asks for them. To callbacks that ask only for the event and its
    data, the trigger is all the moment they need.
    """

    __slots__ = ("_event", "_stock", "args", "chart", "data", "moments", "name", "shape")

    def __init__(
        self,
        chart: StateChart[Any],
        name: str | None,
        args: tuple[Any, ...] = (),
        data: dict[str, Any] | None = None,
    ) -> None:
        self.chart = chart
        self.name = name
        self.args = args
        self.data: dict[str, Any] = {} if data is None else data
        self.shape: Shape = (len(args), *data) if data else (len(args),) if args else _NO_DATA
        self.moments: dict[Any, Moment] | None = None
        self._event: Any = None
        self._stock: TriggerData | None = None

    @classmethod
    def sent(
        cls, chart: StateChart[Any], name: str, args: tuple[Any, ...], data: dict[str, Any]
    ) -> Trigger:
        """An event as its sender gave it: data cannot pose as what the chart injects."""
        if data and not INJECTED_NAMES.isdisjoint(data):
            data = {key: value for key, value in data.items() if key not in INJECTED_NAMES}
        return cls(chart, name, args, data)

    @classmethod
    def of(cls, stock: TriggerData) -> Trigger:
        """The same event as the stock library's trigger."""
        name = None if stock.event is None else str(stock.event)
        trigger = cls(stock.machine, name, stock.args, stock.kwargs)
        trigger._event = stock.event
        trigger._stock = stock
        return trigger

    @property
    def trigger(self) -> Trigger:
        """Itself, where a moment has its trigger."""
        return self

    @property
    def event(self) -> Any:
        """The event bound to its chart, as `StateChart.send` would make it."""
        if self._event is None and self.name is not None:
            known = getattr(self.chart, self.name, None)
            if not isinstance(known, Event):
                name = None if self.name == INITIAL else self.name
                self._event = BoundEvent(id=self.name, name=name, _sm=self.chart)
            elif known == self.name:
                self._event = known
            else:  # an event that has an id of its own, called by its attribute
                self._event = BoundEvent(
                    id=self.name,
                    name=known.name,
                    delay=known.delay,
                    internal=known.internal,
                    _sm=self.chart,
                )
        return self._event

    @property
    def stock(self) -> TriggerData:
        """The stock library's trigger for this event."""
        if self._stock is None:
            self._stock = TriggerData(
                self.chart, event=self.event, args=self.args, kwargs=self.data
            )
        return self._stock


class Moment:
    """One place in a step where callbacks are called, and what they may ask for.

    Guards, `before` and `on` of a transition share one moment; each state left or entered has
    its own. What is learned at a moment (`prepare_event`, the configurations) stays with it.
    """

    __slots__ = (
        "_event_data",
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
        self.data: dict[str, Any] = trigger.data
        self.shape: Shape = trigger.shape
        self.told: Told | None = None
        self._event_data: EventData | None = None

    @property
    def event_data(self) -> EventData:
        """The stock library's description of this moment."""
        if self._event_data is None:
            data = EventData(trigger_data=self.trigger.stock, transition=self.transition)
            data.state, data.source, data.target = self.state, self.source, self.target
            self._event_data = data
        return self._event_data

    def everything(self) -> dict[str, Any]:
        """All that a callback could name, as a new dict."""
        if self.shape[0] is PREPARED:
            return dict(self.data)
        trigger = self.trigger
        every = {
            **trigger.data,
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
        self.learn(every, [call[self.shape](chart, self) for call in calls])

    def learn(self, every: dict[str, Any], learned: list[dict[str, Any]]) -> None:
        """Tell all of this from now on, and what was learned on top of it."""
        for more in learned:
            every.update(more)
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


Form: TypeAlias = "Callable[[StateChart[Any], Any], Any]"
"""A call ready to be made, with the chart and a moment (or a trigger that stands for one)."""


def moment_at(
    trigger: Trigger,
    key: Any,
    transition: Transition,
    prepare: tuple[Call, ...],
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
        own = transition.source
        if target is not None:
            moment = Moment(trigger, transition, target, own, target)
        elif source is not None:
            moment = Moment(trigger, transition, source, source, transition.target)
        else:
            moment = Moment(trigger, transition, own, own, transition.target)
        if prepare:
            moment.prepare(prepare)
        moments[key] = moment
    return moment
