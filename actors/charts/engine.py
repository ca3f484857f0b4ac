"""The compiled engine: stands wherever python-statemachine's `SyncEngine` stands."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from time import perf_counter_ns
from typing import Any

from statemachine.engines import sync as stock
from statemachine.engines.base import _running_engine
from statemachine.engines.sync import SyncEngine
from statemachine.event_data import TriggerData
from statemachine.exceptions import TransitionNotAllowed

from .binding import Script
from .compiled import NOTHING, Compiled, EndlessStep
from .moment import INITIAL, INJECTED_NAMES, Trigger
from .step import Change, act, enter, microstep, select
from .trace import Microstep


class CompiledEngine(Compiled, SyncEngine):  # type: ignore[misc, override]  # made when asked for
    """Runs a chart on the compiled tables of its class.

    Args:
        sm: The chart.
        binding: The tables to use, when they are already known.
    """

    def start(self, **kwargs: Any) -> None:
        """Enter the initial states, unless the model says that the chart has begun."""
        if getattr(self.model, self.field, None) is None:
            self.activate_initial_state(**kwargs)

    def activate_initial_state(self, **kwargs: Any) -> Any:
        """Enter the initial states, if the chart is in none, and settle."""
        if getattr(self.model, self.field, None) is None:
            self.rebind()
            trigger = Trigger.sent(self.sm, INITIAL, (), kwargs)
            began = perf_counter_ns()
            plan = self.binding.tables.initial(self.sm._get_initial_configuration())
            script = self.binding.scripted(plan, INITIAL)
            told = Change(self, script, self.binding.tables.configuration(()))
            self._processing.acquire(blocking=False)
            token = _running_engine.set(self)
            try:
                act(self, script.on, trigger, told, [])
                enter(self, script, trigger, told, [])
            finally:
                _running_engine.reset(token)
                self._processing.release()
            if self.trace is not None:
                self.trace.append(Microstep(script.course, began, perf_counter_ns()))
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
        waiting = self.waiting is not None and not self.waiting.empty()
        if waiting or not self.running or not self._processing.acquire(blocking=False):
            self.put(Trigger.sent(self.sm, event, args, kwargs).stock)
            return self.processing_loop()
        try:
            script = self._brief(event)
        except BaseException:
            self._processing.release()
            raise
        if script is None:
            return self._run(Trigger.sent(self.sm, event, args, kwargs))
        if script.brief:
            as_sent = Trigger if INJECTED_NAMES.isdisjoint(kwargs) else Trigger.sent
            return self._take_briefly(script, as_sent(self.sm, event, args, kwargs))
        began = perf_counter_ns() if self.trace is not None else 0
        self._macrostep_count += 1
        self.settle(script.arrives)
        if self.trace is not None:
            self.trace.append(Microstep(script.course, began, perf_counter_ns()))
        self._processing.release()
        return None

    def _brief(self, event: str) -> Script | None:
        """What an event does, if it is known to do no more than the shortest paths can."""
        if not self.plain or self.invoking is not None:
            return None
        script = self.binding.brief.get((self.configuration(), event))
        if script is None or len(self.sm._listeners) != self.binding.listeners:
            return None
        if self.raised is not None and not self.raised.empty():
            return None
        return None if script.brief and self.sm.catch_errors_as_events else script

    def _take_briefly(self, script: Script, trigger: Trigger) -> Any:
        """Take an event that calls some actions, is told to nobody else, and moves the chart.

        It does what `_run` does with it, in half the time: most events come this way.
        """
        began = perf_counter_ns() if self.trace is not None else 0
        chart, origin, departs, calls = self.sm, self._standing, script.departs, script.brief
        assert departs is not None and calls is not None
        results: list[Any] = []
        self._macrostep_count += 1
        token = _running_engine.set(self)
        unsettled = False
        try:
            if not chart.atomic_configuration_update and departs is not origin:
                self.settle(departs)
            for call in calls:
                results.append(call[trigger.shape](chart, trigger))
            if self.configuration() is departs:
                self.settle(script.arrives)
            else:  # an action has moved the chart itself
                enter(self, script, trigger, None, results)
            if self.trace is not None:
                self.trace.append(Microstep(script.course, began, perf_counter_ns()))
            unsettled = self.raised is not None or self.waiting is not None
        except Exception:
            self.settle(origin)
            self.clear()
            raise
        finally:
            _running_engine.reset(token)
            if not unsettled:
                self._processing.release()
        if unsettled:
            self._run(None)
        return results[0] if len(results) == 1 else results or None

    def _run(self, trigger: Trigger | None) -> Any:
        """Run `trigger`, if any, and what is queued; the chart is ours, and is given back."""
        self.rebind()
        self._microstep_count = 0
        token = _running_engine.set(self)
        result: Any = NOTHING
        try:
            took = True
            while took and self.running:
                try:
                    # Nearly always there is nothing to settle, and a call costs as much as this.
                    unsettled = self.raised is not None or self.configuration().eventless
                    took = unsettled and self._settle_down()
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
                    self._tally_external()
                outcome = self._take(trigger)
                trigger = None
                took = True
                if result is NOTHING:
                    result = outcome
            if not self.running:
                self._drop_external_events()
        finally:
            _running_engine.reset(token)
            self._processing.release()
        return None if result is NOTHING else result

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
                if self.raised is None or self.raised.empty():
                    return took
                trigger = Trigger.of(self.raised.pop())
                script = select(self, self.configuration(), trigger)
            if script is not None:
                took = True
                self.tally()
                microstep(self, script, trigger)

    def _tally_external(self) -> None:
        """Count an event that an action has sent, as what it leads to is counted."""
        try:
            self.tally()
        except EndlessStep:
            self.clear()
            raise

    def _next_external(self) -> Trigger | None:
        """The next external event, if one is due."""
        if self.waiting is None or self.waiting.is_empty():
            return None
        now = stock.monotonic()  # type: ignore[attr-defined]  # where the suite turns the clock
        due: TriggerData | None = self.waiting.pop_due(now)
        return None if due is None else Trigger.of(due)

    def _wait(self) -> bool:
        """Sleep a little if a delayed event is queued; tell whether one is."""
        if self.waiting is None or self.waiting.is_empty():
            return False
        stock.sleep(self.sm._loop_sleep_in_ms)  # type: ignore[attr-defined]  # as above
        return True

    def _take(self, trigger: Trigger) -> Any:
        """Run one external event; its result, or nothing when it enabled no transition."""
        self._macrostep_count += 1
        name = trigger.name or ""
        if self.invoking is not None or name[:12] == "done.invoke.":
            self._invoke_manager.handle_external_event(trigger.stock)
            trigger = Trigger.of(trigger.stock)
        script = select(self, self.configuration(), trigger)
        if script is None:
            if not self.sm.allow_event_without_transition:
                raise TransitionNotAllowed(trigger.event, self.sm.configuration)
            return NOTHING
        try:
            return microstep(self, script, trigger)
        except Exception:
            self.clear()
            raise
