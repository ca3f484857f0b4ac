"""The microstep: exit, act, enter, with the meaning that the stock library gives them."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from statemachine import State
from statemachine.exceptions import InvalidDefinition
from statemachine.orderedset import OrderedSet

from .binding import Action, Calls, Row, Script
from .moment import Trigger, moment_at
from .plan import Transitions
from .tables import Configuration
from .trace import Microstep

if TYPE_CHECKING:
    from .compiled import Compiled
    from .engine import CompiledEngine

ERROR = "error.execution"


def microstep(engine: CompiledEngine, script: Script, trigger: Trigger) -> Any:
    """Take a script's transitions in lock step.

    Returns:
        What the actions returned: None, the one value, or a list.

    Raises:
        Exception: What an action raised, unless the chart turns errors into events. Raised
            before the transition was done, it leaves the configuration as it was.
    """
    began = perf_counter_ns() if engine.trace is not None else 0
    results: list[Any] = []
    if script.silent and engine.plain:
        engine.settle(script.arrives)
    else:
        origin = engine.configuration()
        told = Change(engine, script, origin) if script.tells else None
        try:
            if script.before:
                act(engine, script.before, trigger, None, results)
            leave(engine, script, trigger)
            if script.on:
                act(engine, script.on, trigger, told, results)
            enter(engine, script, trigger, told, results)
        except InvalidDefinition:
            engine.settle(origin)
            raise
        except Exception as error:
            engine.settle(origin)
            engine._handle_error(error, trigger)  # type: ignore[arg-type]  # reads .event only
            return None
        try:
            if script.after:
                act(engine, script.after, trigger, None, [])
        except InvalidDefinition:
            raise
        except Exception as error:
            engine._handle_error(error, trigger)  # type: ignore[arg-type]  # reads .event only
    trigger.moments = None  # they hold the trigger: a cycle for each event is work for the gc
    if engine.trace is not None:
        engine.trace.append(Microstep(script.course, began, perf_counter_ns()))
    return results[0] if len(results) == 1 else results or None


def call(
    engine: CompiledEngine, calls: Calls, moment: Any, catch: bool, results: list[Any]
) -> None:
    """Call each; with `catch`, an error becomes an event and the others are still called."""
    if not engine.shown:
        engine.show()
    chart = engine.sm
    for callback in calls:
        try:
            results.append(callback[moment.shape](chart, moment))
        except Exception as error:
            if not (catch and chart.catch_errors_as_events):
                raise
            engine.raise_error(error)


def act(
    engine: CompiledEngine,
    actions: tuple[Action, ...],
    trigger: Trigger,
    told: Change | None,
    results: list[Any],
) -> None:
    """Run the actions of each transition; `on` actions are told of the change they make.

    Their errors can become events, other than while an error is being handled: that would
    never end.
    """
    for action in actions:
        moment: Any = trigger
        if not action.bare:
            engine.show()
            prepare = engine.binding.prepare
            moment = moment_at(trigger, action.key, action.transition, prepare, None, action.target)
            if told is not None:
                moment.disclose(told)
        call(engine, action.calls, moment, action.catch and trigger.name != ERROR, results)


def leave(engine: CompiledEngine, script: Script, trigger: Trigger) -> None:
    """Leave the states of the exit set, innermost first, and let history states record."""
    chart = engine.sm
    for name, states in script.plan.records:
        chart.history_values[name] = [engine.live(state) for state in states]
    if script.departs is not None and engine.plain and engine.configuration() is script.plan.origin:
        if not chart.atomic_configuration_update:
            engine.shift(script.departs)
        return
    for step in script.leave:
        if engine.invoking is not None:
            engine.show()
            engine.invoking.cancel_for_state(step.state)
        if step.bare:
            if step.calls:
                call(engine, step.calls, trigger, True, [])
        else:
            engine.show()
            source = engine.live(step.state)
            prepare = engine.binding.prepare
            moment = moment_at(trigger, step.key, step.transition, prepare, source)
            call(engine, step.calls, moment, True, [])
        if not chart.atomic_configuration_update:
            engine.shift(engine.configuration().less(step.state))


def enter(
    engine: CompiledEngine,
    script: Script,
    trigger: Trigger,
    told: Change | None,
    results: list[Any],
) -> None:
    """Enter the states of the entry set, outermost first, with what each brings along."""
    atomic = engine.sm.atomic_configuration_update
    expected = script.enters_quietly and engine.plain
    if atomic or (expected and engine.configuration() is script.departs):
        engine.settle(script.arrives)
        if expected:
            return
    for step in script.enter:
        moment: Any = trigger
        target: Any = step.state
        if step.recorded:
            target = engine.live(target)
        if not step.bare:
            engine.show()
            prepare = engine.binding.prepare
            moment = moment_at(trigger, step.key, step.transition, prepare, None, target)
        if not atomic:
            engine.shift(engine.configuration().more(step.state))
        entered: list[Any] = []
        if step.calls:
            call(engine, step.calls, moment, True, entered)
        if step.initial:
            call(engine, step.initial, moment, False, results)
        if step.content:
            act(engine, step.content, trigger, told, [])
        if step.invokes:
            engine._invoke_manager.mark_for_invoke(target, trigger.data)
        if step.state.final:
            engine.show()
            engine._handle_final_state(target, entered)
    engine.show()


def select(engine: CompiledEngine, configuration: Configuration, trigger: Trigger) -> Script | None:
    """The microstep that this event enables here, or None."""
    binding = engine.binding
    certain = binding.certain.get((configuration, trigger.name))
    if certain is not None:
        return certain
    row = binding.row(configuration, trigger.name)
    enabled = ask(engine, row, trigger) if row.fixed is None else row.fixed
    if not enabled:
        trigger.moments = None
        return None
    script = row.scripts.get(enabled)
    if script is None:
        script = binding.script(configuration, enabled, trigger.name, engine.sm.history_values)
        if row.fixed:
            binding.settle(configuration, trigger.name, script)
        elif not script.plan.depends:
            row.scripts[enabled] = script
    return script


def ask(engine: CompiledEngine, row: Row, trigger: Trigger) -> Transitions:
    """Ask validators and guards: for each active atomic state the first transition enabled."""
    chart = engine.sm
    enabled: dict[Any, None] = {}
    for tries in row.asks:
        for guarded in tries:
            moment: Any = trigger
            if not guarded.bare:
                prepare = engine.binding.prepare
                moment = moment_at(trigger, guarded.key, guarded.transition, prepare)
            for validator in guarded.validators:
                validator[moment.shape](chart, moment)
            try:
                for guard in guarded.guards:
                    if bool(guard[moment.shape](chart, moment)) is guard.unless:
                        break
                else:
                    enabled[guarded.transition] = None
                    break
            except Exception as error:
                if not engine.sm.catch_errors_as_events:
                    raise
                engine.raise_error(error)
    return tuple(enabled)


class Change:
    """The configurations before and after a step, as `on` actions are shown them."""

    __slots__ = ("_engine", "_origin", "_script")

    def __init__(self, engine: Compiled, script: Script, origin: Configuration) -> None:
        self._engine = engine
        self._script = script
        self._origin = origin

    @property
    def previous_configuration(self) -> OrderedSet[State]:
        """The states that were active before the step."""
        return OrderedSet(self._engine.live(state) for state in self._origin.states)

    @property
    def new_configuration(self) -> OrderedSet[State]:
        """The states that will be active after it."""
        live = self._engine.live
        kept = {state.value for state in self._origin.states}
        kept -= {step.state.value for step in self._script.leave}
        kept |= {step.state.value for step in self._script.enter if step.recorded}
        return OrderedSet(
            live(state) if state.value in kept else state for state in self._script.arrives.states
        )
