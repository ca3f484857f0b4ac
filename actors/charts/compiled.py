"""What the compiled engines share: a chart, its tables, and where it stands."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from threading import Lock
from typing import Any

from statemachine import State, StateChart
from statemachine.invoke import InvokeManager
from statemachine.model import Model

from .binding import Binding, binding_of
from .queues import LightQueue
from .tables import Configuration
from .trace import Microstep

NOTHING = object()


class EndlessStep(RuntimeError):
    """An event led to more microsteps than its chart allows: the definition's fault.

    Raised within the step, which is undone as by an action that fails.
    """


class Compiled:
    """What both compiled engines are: a chart, its binding, and where it stands.

    What a chart may never need (queues, invocations) is made when it is first asked for.
    """

    sm: StateChart[Any]
    binding: Binding
    running: bool
    trace: list[Microstep] | None = None
    """A list to which each microstep appends its record, or None."""
    raised: LightQueue | None = None
    """The internal queue, if the chart has ever needed it."""
    waiting: LightQueue | None = None
    """The external queue, if the chart has ever needed it."""
    invoking: InvokeManager | None = None
    """What runs the invocations, if there have been any."""
    _macrostep_count = 0
    _microstep_count = 0
    _root_parallel_final_pending: State | None = None
    _log_id = "[compiled]"

    def __init__(self, sm: StateChart[Any], binding: Binding | None = None) -> None:
        # Not the stock engine's own start, which makes queues and locks for each instance.
        self.sm = sm
        self.running = True
        self._processing = Lock()
        self.binding = binding_of(sm) if binding is None else binding
        self.model: Any = sm.model
        self.field: str = sm.state_field
        self.plain = type(self.model) is Model
        self.shown = True
        """Whether the model has been told of the configuration."""
        self._raw: Any = self  # nothing that a model could hold
        self._standing: Configuration

    def __del__(self) -> None:
        if self.invoking is not None:
            try:
                self.invoking.cancel_all()
            except Exception:
                pass  # nobody is left who could be told

    def _debug(self, *args: Any, **kwargs: Any) -> None:
        """Steps are told by `trace`; the stock engine's debug log is not kept."""

    @property
    def _sentinel(self) -> object:
        return NOTHING

    @property
    def external_queue(self) -> LightQueue:
        """Events that wait for the macrostep to end."""
        if self.waiting is None:
            self.waiting = LightQueue()
        return self.waiting

    @property
    def internal_queue(self) -> LightQueue:
        """Events raised within the macrostep."""
        if self.raised is None:
            self.raised = LightQueue()
        return self.raised

    @property
    def _invoke_manager(self) -> InvokeManager:
        if self.invoking is None:
            self.invoking = InvokeManager(self)  # type: ignore[arg-type]  # mixed into an engine
        return self.invoking

    def raise_error(self, error: Exception) -> None:
        """Raise an error as an event, as the stock engine does."""
        handler = self._on_error_handler()  # type: ignore[attr-defined]  # the stock engine's
        handler(error)

    def configuration(self) -> Configuration:
        """The configuration that the model holds now, whoever put it there."""
        if not self.shown:
            return self._standing
        raw = getattr(self.model, self.field, None)
        if raw is not self._raw:
            self._standing = self.binding.tables.standing(raw)
            self._raw = raw
        return self._standing

    def settle(self, configuration: Configuration) -> None:
        """Make this the configuration, and write it to the model."""
        raw = configuration.raw() if configuration.many else configuration.one
        setattr(self.model, self.field, raw)
        self._raw = raw
        self._standing = configuration
        self.shown = True

    def shift(self, configuration: Configuration) -> None:
        """Make this the configuration; a plain model is told when somebody may look at it."""
        if self.plain:
            self._standing = configuration
            self.shown = False
        else:
            self.settle(configuration)

    def show(self) -> None:
        """Tell the model of the configuration, if that has not been done."""
        if not self.shown:
            self.settle(self._standing)

    def live(self, state: State) -> Any:
        """The chart's own view of a state, which knows whether it is active."""
        return self.sm._config._instance_states[state.value]

    def tally(self) -> None:
        """Count a microstep that no sender has asked for.

        Raises:
            EndlessStep: There were more of them than the chart's `max_microsteps`.
        """
        self._microstep_count += 1
        most = getattr(self.sm, "max_microsteps", None)
        if most is not None and self._microstep_count > most:
            at = "+".join(state.id for state in self.configuration().atomic)
            raise EndlessStep(
                f"One event led to more than {most:,} microsteps of {type(self.sm).__name__}, "
                f"which was in {at!r} by then. Guard its eventless transitions, or what its "
                "actions send to itself, so that it comes to rest; or raise max_microsteps."
            )

    def clear(self) -> None:
        """Drop what is queued."""
        if self.raised is not None:
            self.raised.clear()
        if self.waiting is not None:
            self.waiting.clear()

    def _drop_external_events(self) -> None:
        if self.waiting is not None:
            super()._drop_external_events()  # type: ignore[misc]  # the stock engine's

    def clear_cache(self) -> None:
        """Nothing outlives a microstep here."""

    def rebind(self) -> None:
        """Take up listeners that were added since."""
        if len(self.sm._listeners) != self.binding.listeners:
            self.binding = Binding(self.binding.tables, self.sm)
