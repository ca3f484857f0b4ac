"""The microstep of `step`, with callbacks that may be coroutines."""

from __future__ import annotations

import asyncio
from inspect import isawaitable
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from statemachine import State
from statemachine.exceptions import InvalidDefinition
from statemachine.transition import Transition

from .binding import Action, Calls, Row, Script
from .callbacks import Call
from .moment import Trigger, moment_at
from .plan import Transitions
from .step import ERROR, Change
from .tables import Configuration
from .trace import Microstep

if TYPE_CHECKING:
    from .async_engine import CompiledAsyncEngine


async def microstep(engine: CompiledAsyncEngine, script: Script, trigger: Trigger) -> Any:
    """Take a script's transitions in lock step; see `step.microstep`."""
    began = perf_counter_ns() if engine.trace is not None else 0
    results: list[Any] = []
    if script.silent and engine.plain:
        engine.settle(script.arrives)
    else:
        origin = engine.configuration()
        told = Change(engine, script, origin) if script.tells else None
        try:
            await act(engine, script.before, trigger, None, results)
            await leave(engine, script, trigger)
            await act(engine, script.on, trigger, told, results)
            await enter(engine, script, trigger, told, results)
        except InvalidDefinition:
            engine.settle(origin)
            raise
        except Exception as error:
            engine.settle(origin)
            engine._handle_error(error, trigger)  # type: ignore[arg-type]  # reads .event only
            return None
        try:
            await act(engine, script.after, trigger, None, [])
        except InvalidDefinition:
            raise
        except Exception as error:
            engine._handle_error(error, trigger)  # type: ignore[arg-type]  # reads .event only
    trigger.moments = None  # they hold the trigger: a cycle for each event is work for the gc
    if engine.trace is not None:
        engine.trace.append(Microstep(script.course, began, perf_counter_ns()))
    return results[0] if len(results) == 1 else results or None


async def call(
    engine: CompiledAsyncEngine, calls: Calls, moment: Any, catch: bool, results: list[Any]
) -> None:
    """Call each: one after the other when their errors become events, else all at once.

    As in stock, other tasks get a turn where coroutines are awaited together.
    """
    together = len(calls) > 1 or any(callback.coroutine for callback in calls)
    if together and not (catch and engine.sm.catch_errors_as_events):
        results += await asyncio.gather(*(_one(engine, callback, moment) for callback in calls))
        return
    for callback in calls:
        try:
            results.append(await _one(engine, callback, moment))
        except Exception as error:
            if not (catch and engine.sm.catch_errors_as_events):
                raise
            engine.raise_error(error)


async def _one(engine: CompiledAsyncEngine, callback: Call, moment: Any) -> Any:
    value = callback[moment.shape](engine.sm, moment)
    return await value if isawaitable(value) else value


async def _moment_at(
    engine: CompiledAsyncEngine,
    trigger: Trigger,
    key: Any,
    transition: Transition,
    source: State | None = None,
    target: State | None = None,
) -> Any:
    known = trigger.moments is not None and key in trigger.moments
    moment = moment_at(trigger, key, transition, (), source, target)
    prepare = engine.binding.prepare
    if prepare and not known:
        every = moment.everything()
        learned: list[Any] = []
        await call(engine, prepare, moment, False, learned)
        moment.learn(every, learned)
    return moment


async def act(
    engine: CompiledAsyncEngine,
    actions: tuple[Action, ...],
    trigger: Trigger,
    told: Change | None,
    results: list[Any],
) -> None:
    """Run the actions of each transition; `on` actions are told of the change they make."""
    for action in actions:
        moment: Any = trigger
        if not action.bare:
            moment = await _moment_at(
                engine, trigger, action.key, action.transition, None, action.target
            )
            if told is not None:
                moment.disclose(told)
        await call(engine, action.calls, moment, action.catch and trigger.name != ERROR, results)


async def leave(engine: CompiledAsyncEngine, script: Script, trigger: Trigger) -> None:
    """Leave the states of the exit set, innermost first, and let history states record."""
    chart = engine.sm
    for name, states in script.plan.records:
        chart.history_values[name] = [engine.live(state) for state in states]
    for step in script.leave:
        if engine.invoking is not None:
            engine.invoking.cancel_for_state(step.state)
        moment: Any = trigger
        if not step.bare:
            source = engine.live(step.state)
            moment = await _moment_at(engine, trigger, step.key, step.transition, source)
        await call(engine, step.calls, moment, True, [])
        if not chart.atomic_configuration_update:
            engine.settle(engine.configuration().less(step.state))


async def enter(
    engine: CompiledAsyncEngine,
    script: Script,
    trigger: Trigger,
    told: Change | None,
    results: list[Any],
) -> None:
    """Enter the states of the entry set, outermost first, with what each brings along."""
    atomic = engine.sm.atomic_configuration_update
    if atomic:
        engine.settle(script.arrives)
    for step in script.enter:
        moment: Any = trigger
        target: Any = engine.live(step.state) if step.recorded else step.state
        if not step.bare:
            moment = await _moment_at(engine, trigger, step.key, step.transition, None, target)
        if not atomic:
            engine.settle(engine.configuration().more(step.state))
        entered: list[Any] = []
        await call(engine, step.calls, moment, True, entered)
        await call(engine, step.initial, moment, False, results)
        await act(engine, step.content, trigger, told, [])
        if step.invokes:
            engine._invoke_manager.mark_for_invoke(target, trigger.data)
        if step.state.final:
            engine._handle_final_state(target, entered)


async def select(
    engine: CompiledAsyncEngine, configuration: Configuration, trigger: Trigger
) -> Script | None:
    """The microstep that this event enables here, or None."""
    binding = engine.binding
    row = binding.row(configuration, trigger.name)
    enabled = await ask(engine, row, trigger) if row.fixed is None else row.fixed
    if not enabled:
        trigger.moments = None
        return None
    return binding.script(configuration, enabled, trigger.name, engine.sm.history_values)


async def ask(engine: CompiledAsyncEngine, row: Row, trigger: Trigger) -> Transitions:
    """Ask validators and guards: for each active atomic state the first transition enabled."""
    enabled: dict[Any, None] = {}
    for tries in row.asks:
        for guarded in tries:
            moment: Any = trigger
            if not guarded.bare:
                moment = await _moment_at(engine, trigger, guarded.key, guarded.transition)
            await call(engine, guarded.validators, moment, False, [])
            try:
                for guard in guarded.guards:
                    if bool(await _one(engine, guard, moment)) is guard.unless:
                        break
                else:
                    enabled[guarded.transition] = None
                    break
            except Exception as error:
                if not engine.sm.catch_errors_as_events:
                    raise
                engine.raise_error(error)
    return tuple(enabled)
