"""The compiled engine for charts with coroutines among their callbacks."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Any

from statemachine import StateChart
from statemachine.engines import async_ as stock
from statemachine.engines.async_ import AsyncEngine
from statemachine.event_data import TriggerData
from statemachine.exceptions import TransitionNotAllowed

from .async_step import act, enter, microstep, select
from .binding import Binding
from .compiled import NOTHING, Compiled
from .moment import INITIAL, Trigger
from .step import Change
from .trace import Microstep


class CompiledAsyncEngine(Compiled, AsyncEngine):  # type: ignore[misc, override]  # as its sibling
    """Stands where python-statemachine's `AsyncEngine` stands.

    The loop with its futures and locks is the stock one; selecting and taking transitions
    run on the compiled tables.

    Args:
        sm: The chart.
        binding: The tables to use, when they are already known.
    """

    def __init__(self, sm: StateChart[Any], binding: Binding | None = None) -> None:
        super().__init__(sm, binding)
        self._lock_waiters: set[asyncio.Future[object]] = set()

    async def take(self, event: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one external event to the end of its macrostep; see `CompiledEngine.take`."""
        trigger = Trigger.sent(self.sm, event, args, kwargs).stock
        if trigger.event is not None and trigger.event.delay:
            trigger.execution_time -= trigger.event.delay / 1000  # its time has come
        self.put(trigger)
        return await self.processing_loop(trigger.future)

    async def _run_macrostep(self) -> bool:
        self.rebind()
        took = False
        while True:
            configuration = self.configuration()
            script = None
            if configuration.eventless:
                trigger = Trigger(self.sm, None)
                script = await select(self, configuration, trigger)
            if script is None:
                if self.raised is None or self.raised.is_empty():
                    return took
                trigger = Trigger.of(self.raised.pop())
                script = await select(self, self.configuration(), trigger)
            if script is not None:
                took = True
                self.tally()
                await microstep(self, script, trigger)

    async def _take_due_external_event(self, first_result: Any, macrostep: Any) -> tuple[bool, Any]:
        if self.waiting is None or self.waiting.is_empty():
            return False, first_result
        now = stock.monotonic()  # type: ignore[attr-defined]  # where the suite turns the clock
        due: TriggerData | None = self.waiting.pop_due(now)
        if due is None:
            await asyncio.sleep(self.sm._loop_sleep_in_ms)
            return True, first_result
        self._macrostep_count += 1
        if due.future is not None:  # it comes from outside; what actions send has none
            self._microstep_count = 0
        self.tally()
        if due.event == INITIAL:
            await self._enter_initially(Trigger.of(due))
            return True, first_result
        macrostep.future = due.future
        result = await self._take_external_event(due)
        if result is not NOTHING:
            macrostep.result = result
        return True, result if first_result is NOTHING else first_result

    async def _take_external_event(self, external_event: TriggerData) -> Any:
        name = str(external_event.event)
        if self.invoking is not None or name.startswith("done.invoke."):
            self._invoke_manager.handle_external_event(external_event)
        trigger = Trigger.of(external_event)
        script = await select(self, self.configuration(), trigger)
        if script is not None:
            return await microstep(self, script, trigger)
        if not self.sm.allow_event_without_transition:
            raise TransitionNotAllowed(external_event.event, self.sm.configuration)
        return NOTHING

    async def _enter_initially(self, trigger: Trigger) -> None:
        began = perf_counter_ns()
        plan = self.binding.tables.initial(self.sm._get_initial_configuration())
        script = self.binding.scripted(plan, trigger.name)
        told = Change(self, script, self.binding.tables.configuration(()))
        await act(self, script.on, trigger, told, [])
        await enter(self, script, trigger, told, [])
        if self.trace is not None:
            self.trace.append(Microstep(script.course, began, perf_counter_ns()))
