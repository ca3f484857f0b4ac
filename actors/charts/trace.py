"""Engines that note each microstep: what was left, what was entered, how long it took."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Any, cast

import msgspec
from statemachine.engines.async_ import AsyncEngine
from statemachine.engines.sync import SyncEngine

INITIAL = "__initial__"
"""The name that python-statemachine gives to the event that enters the initial states."""


class Microstep(msgspec.Struct, frozen=True):
    """One set of transitions taken together.

    Attributes:
        event: the event that enabled them, or None for eventless ones.
        source: ids of the states that the transitions start from.
        target: ids of the states that they lead to.
        exited: ids of the states that were left, in that order.
        entered: ids of those that were entered, in that order.
        started: when it began, in nanoseconds of `time.perf_counter_ns`.
        ended: when it was done, likewise.
    """

    event: str | None
    source: tuple[str, ...]
    target: tuple[str, ...]
    exited: tuple[str, ...]
    entered: tuple[str, ...]
    started: int
    ended: int


def _ids(states: Any) -> tuple[str, ...]:
    return tuple(state.id for state in states)


class _Tracing:
    """Mixed into an engine; `trace` is a list while somebody listens, else None."""

    trace: list[Microstep] | None
    _exited: tuple[str, ...] = ()
    _entered: tuple[str, ...] = ()

    def start(self, **kwargs: Any) -> None:
        """Do nothing: a workflow's chart is begun, or restored, by its actor."""

    def _prepare_exit_states(self, enabled_transitions: Any) -> Any:
        plan = cast(Any, super())._prepare_exit_states(enabled_transitions)
        self._exited = _ids(info.state for info in plan[0])
        return plan

    def _prepare_entry_states(self, transitions: Any, to_exit: Any, previous: Any) -> Any:
        plan = cast(Any, super())._prepare_entry_states(transitions, to_exit, previous)
        self._entered = _ids(info.state for info in plan[0])
        return plan

    def _note(self, transitions: Any, trigger: Any, started: int) -> None:
        if self.trace is None:
            return
        targets = [state for t in transitions for state in t.targets]
        self.trace.append(
            Microstep(
                event=None if trigger.event is None else str(trigger.event),
                source=_ids(t.source for t in transitions if t.source.id),
                target=_ids(targets),
                exited=self._exited,
                entered=self._entered,
                started=started,
                ended=perf_counter_ns(),
            )
        )


class TracingEngine(_Tracing, SyncEngine):
    """The stock engine, noting microsteps."""

    def __init__(self, chart: Any) -> None:
        super().__init__(chart)
        self.trace = None

    def microstep(self, transitions: Any, trigger_data: Any) -> Any:
        started = perf_counter_ns()
        result = super().microstep(transitions, trigger_data)
        self._note(transitions, trigger_data, started)
        return result

    # The initial states are entered outside any microstep; to the history it is one.
    def _enter_states(self, transitions: Any, trigger: Any, to_exit: Any, previous: Any) -> Any:
        started = perf_counter_ns()
        result = super()._enter_states(transitions, trigger, to_exit, previous)
        if trigger.event == INITIAL:
            self._note(transitions, trigger, started)
        return result


class TracingAsyncEngine(_Tracing, AsyncEngine):
    """The stock engine for charts with coroutines, noting microsteps."""

    def __init__(self, chart: Any) -> None:
        super().__init__(chart)
        self.trace = None

    async def microstep(self, transitions: Any, trigger_data: Any) -> Any:
        started = perf_counter_ns()
        result = await super().microstep(transitions, trigger_data)
        self._note(transitions, trigger_data, started)
        return result

    async def _enter_states(
        self, transitions: Any, trigger: Any, to_exit: Any, previous: Any
    ) -> Any:
        started = perf_counter_ns()
        result = await super()._enter_states(transitions, trigger, to_exit, previous)
        if trigger.event == INITIAL:
            self._note(transitions, trigger, started)
        return result
