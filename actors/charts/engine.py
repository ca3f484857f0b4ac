"""The compiled engine: stands wherever python-statemachine's `SyncEngine` stands."""

from __future__ import annotations

from threading import Lock
from time import perf_counter_ns
from typing import Any

from statemachine import State, StateChart
from statemachine.engines import sync as stock
from statemachine.engines.base import EventQueue, _running_engine
from statemachine.engines.sync import SyncEngine
from statemachine.event_data import TriggerData
from statemachine.exceptions import TransitionNotAllowed
from statemachine.invoke import InvokeManager
from statemachine.model import Model

from .binding import Binding, binding_of
from .moment import Trigger
from .step import Change, enter, microstep, select
from .tables import Configuration
from .trace import Microstep

_NOTHING = object()


class Compiled:
    """What both compiled engines are: a chart, its binding, and where it stands.

    What a chart may never need (queues, invocations) is made when it is first asked for.
    """

    sm: StateChart[Any]
    binding: Binding
    running: bool
    trace: list[Microstep] | None = None
    """A list to which each microstep appends its record, or None."""
    _internal: EventQueue | None = None
    _external: EventQueue | None = None
    invoking: InvokeManager | None = None
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
        return _NOTHING

    @property
    def external_queue(self) -> EventQueue:
        """Events that wait for the macrostep to end."""
        if self._external is None:
            self._external = EventQueue()
        return self._external

    @property
    def internal_queue(self) -> EventQueue:
        """Events raised within the macrostep."""
        if self._internal is None:
            self._internal = EventQueue()
        return self._internal

    @property
    def _invoke_manager(self) -> InvokeManager:
        if self.invoking is None:
            self.invoking = InvokeManager(self)  # type: ignore[arg-type]  # mixed into an engine
        return self.invoking

    @property
    def catching(self) -> bool:
        """Whether errors in callbacks become events."""
        return self.sm.catch_errors_as_events

    def raise_error(self, error: Exception) -> None:
        """Raise an error as an event, as the stock engine does."""
        handler = self._on_error_handler()  # type: ignore[attr-defined]  # the stock engine's
        handler(error)

    def configuration(self) -> Configuration:
        """The configuration that the model holds now, whoever put it there."""
        raw = getattr(self.model, self.field, None)
        if raw is not self._raw:
            self._standing = self.binding.tables.standing(raw)
            self._raw = raw
        return self._standing

    def settle(self, configuration: Configuration) -> None:
        """Make this the configuration, and write it to the model."""
        raw = configuration.raw()
        setattr(self.model, self.field, raw)
        self._raw = raw
        self._standing = configuration

    def live(self, state: State) -> Any:
        """The chart's own view of a state, which knows whether it is active."""
        return self.sm._config._instance_states[state.value]

    def clear(self) -> None:
        """Drop what is queued."""
        if self._internal is not None:
            self._internal.clear()
        if self._external is not None:
            self._external.clear()

    def _drop_external_events(self) -> None:
        if self._external is not None:
            super()._drop_external_events()  # type: ignore[misc]  # the stock engine's

    def rebind(self) -> None:
        """Take up listeners that were added since."""
        if len(self.sm._listeners) != self.binding.listeners:
            self.binding = Binding(self.binding.tables, self.sm)


class CompiledEngine(Compiled, SyncEngine):
    """Runs a chart on the compiled tables of its class.

    Args:
        sm: The chart.
        binding: The tables to use, when they are already known.
    """

    def activate_initial_state(self, **kwargs: Any) -> Any:
        """Enter the initial states, if the chart is in none, and settle."""
        if self.sm.current_state_value is None:
            self.rebind()
            trigger = Trigger.sent(self.sm, "__initial__", (), kwargs)
            began = perf_counter_ns()
            plan = self.binding.tables.initial(self.sm._get_initial_configuration())
            script = self.binding.scripted(plan, "__initial__")
            nowhere = self.binding.tables.configuration(())
            self._processing.acquire(blocking=False)
            token = _running_engine.set(self)
            try:
                enter(self, script, trigger, Change(self, script, nowhere), [])
            finally:
                _running_engine.reset(token)
                self._processing.release()
            if self.trace is not None:
                self.trace.append(Microstep.of(script, "__initial__", began, perf_counter_ns()))
        return self.processing_loop()

    def processing_loop(self) -> Any:
        """Run what is queued, a macrostep at a time, until nothing is left.

        Returns:
            The result of the first external event that enabled a transition; None in a
            thread or callback that finds the chart busy (what it queued is run by the other).
        """
        if not self._processing.acquire(blocking=False):
            return None
        return self._run(None)

    def take(self, event: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one external event to the end of its macrostep, and what that raised.

        Args:
            event: The event's name.
            args: Its positional data.
            kwargs: Its named data.

        Returns:
            As `StateChart.send` does.

        Raises:
            TransitionNotAllowed: Nothing is enabled, and the chart doesn't allow that.
            Exception: What an action raised.
        """
        trigger = Trigger.sent(self.sm, event, args, kwargs)
        if (self._external is not None and not self._external.is_empty()) or not self.running:
            self.put(trigger.data)
            return self.processing_loop()
        if not self._processing.acquire(blocking=False):
            self.put(trigger.data)
            return None
        return self._run(trigger)

    def _run(self, trigger: Trigger | None) -> Any:
        """Run `trigger`, if any, and what is queued; the chart is ours, and is given back."""
        self.rebind()
        token = _running_engine.set(self)
        result: Any = _NOTHING
        try:
            took = True
            while took and self.running:
                try:
                    took = self._settle_down()
                    if self.invoking is not None:
                        self.invoking.spawn_pending_sync()
                except Exception:
                    self.clear()
                    raise
                if self._root_parallel_final_pending is not None:
                    self._check_root_final_state()
                if not self.running:
                    break
                if trigger is None:
                    trigger = self._next_external()
                    if trigger is None:
                        took = took or self._wait()
                        continue
                outcome = self._take(trigger)
                trigger = None
                took = True
                if result is _NOTHING:
                    result = outcome
            if not self.running:
                self._drop_external_events()
        finally:
            _running_engine.reset(token)
            self._processing.release()
        return None if result is _NOTHING else result

    def _settle_down(self) -> bool:
        """Take eventless transitions and internal events until there are none; tell if any."""
        took = False
        while True:
            configuration = self.configuration()
            script = None
            if configuration.eventless:
                trigger = Trigger(self.sm, None)
                script = select(self, configuration, trigger)
            if script is None:
                if self._internal is None or self._internal.is_empty():
                    return took
                trigger = Trigger.of(self._internal.pop())
                script = select(self, self.configuration(), trigger)
            if script is not None:
                took = True
                microstep(self, script, trigger)

    def _next_external(self) -> Trigger | None:
        """The next external event, if one is due."""
        if self._external is None or self._external.is_empty():
            return None
        due: TriggerData | None = self._external.pop_due(stock.monotonic())
        return None if due is None else Trigger.of(due)

    def _wait(self) -> bool:
        """Sleep a little if a delayed event is queued; tell whether one is."""
        if self._external is None or self._external.is_empty():
            return False
        stock.sleep(self.sm._loop_sleep_in_ms)
        return True

    def _take(self, trigger: Trigger) -> Any:
        """Run one external event; its result, or nothing when it enabled no transition."""
        self._macrostep_count += 1
        name = trigger.name or ""
        if self.invoking is not None or name.startswith("done.invoke."):
            self._invoke_manager.handle_external_event(trigger.data)
            trigger = Trigger.of(trigger.data)
        script = select(self, self.configuration(), trigger)
        if script is None:
            if not self.sm.allow_event_without_transition:
                raise TransitionNotAllowed(trigger.event, self.sm.configuration)
            return _NOTHING
        try:
            return microstep(self, script, trigger)
        except Exception:
            self.clear()
            raise
