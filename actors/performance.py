"""A workflow's chart in memory, with the handlers that watch it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import isawaitable, iscoroutinefunction
from time import perf_counter_ns
from typing import Any

from ..persistence.codec import CodecError, encode_json
from ..persistence.errors import SerializationFailed
from ..persistence.records import ChartState, Kind
from .activities.invoking import invoke
from .agenda import Agenda
from .charts import (
    Macrostep,
    begin,
    begin_async,
    capture_state,
    is_final,
    leaves,
    macrostep,
    macrostep_async,
    runs_async,
)
from .handlers import HandlerCall, HandlerListener, event_hooks
from .messages import Deliver
from .position import Position
from .rehydration import rehydrate
from .stepping import Done, error_json
from .workflow import Workflow


class Performance:
    """One instance of a workflow class, for as long as nothing goes wrong with it.

    Attributes:
        workflow: its class.
        waits: whether something in it is async, so that it must be awaited.
        agenda: what is still to come, with what the present step adds and takes back.
    """

    __slots__ = ("_calls", "_chart", "_hooks", "_id", "_plain", "agenda", "waits", "workflow")

    def __init__(
        self,
        workflow: type[Workflow],
        workflow_id: str,
        context: Any,
        handlers: Sequence[object],
        stands: ChartState | None = None,
    ) -> None:
        """Make an instance that has run nothing yet.

        Arguments:
            workflow: its class.
            workflow_id: its id.
            context: its context; from now on its own.
            handlers: the handlers to tell.
            stands: where it stands, if it has begun already.

        Raises:
            VersionMismatch: the class has no such state any more.
        """
        self.workflow = workflow
        self._id = workflow_id
        self._calls: list[HandlerCall] = []
        self._plain: Any = None  # its context after the last step
        self._hooks = event_hooks(handlers)
        listeners = [HandlerListener(handler, self._calls) for handler in handlers]
        self._chart = workflow.dormant(context, workflow_id, listeners)
        if stands is not None:
            rehydrate(self._chart, stands, workflow_id)
        self.waits = runs_async(self._chart) or any(map(iscoroutinefunction, self._hooks))
        self.agenda: Agenda = self._chart._agenda

    def put_off(self, event: str, delay: float, data: Mapping[str, Any]) -> None:
        """Have an event that is declared with a delay, in milliseconds, come back by a timer."""
        self._chart._put_off(event, delay, data=data)

    async def begin(self) -> Macrostep:
        """Enter the initial states."""
        taken = await begin_async(self._chart) if runs_async(self._chart) else begin(self._chart)
        self._invoke((), taken, {})
        self._chart.check_step("", None)
        return taken

    def take(self, event: str, data: Mapping[str, Any]) -> Macrostep:
        """Take an event, to the end of its macrostep, when nothing has to be awaited.

        Raises:
            NotAllowed: the chart has no transition for it where it stands.
            Exception: whatever an action, a guard or a handler raised.
        """
        self._calls.clear()
        if self._hooks:
            run(self._tell_hooks(event))
        if self.workflow.invoked:
            before = self._standing()
            taken = macrostep(self._chart, event, data)
            self._invoke(before, taken, data)
        else:
            taken = macrostep(self._chart, event, data)
        self._chart.check_step(event, taken.result)
        return taken

    async def take_async(self, event: str, data: Mapping[str, Any]) -> Macrostep:
        """Do what `take` does, where something has to be awaited."""
        self._calls.clear()
        await self._tell_hooks(event)
        before = self._standing()
        if runs_async(self._chart):
            taken = await macrostep_async(self._chart, event, data)
        else:
            taken = macrostep(self._chart, event, data)
        self._invoke(before, taken, data)
        self._chart.check_step(event, taken.result)
        return taken

    def _standing(self) -> Sequence[str]:
        return capture_state(self._chart).configuration if self.workflow.invoked else ()

    def _invoke(self, before: Sequence[str], taken: Macrostep, data: Mapping[str, Any]) -> None:
        """Start and cancel what the states invoke that were entered and left."""
        if self.workflow.invoked:
            after = capture_state(self._chart).configuration
            invoke(self.workflow.invoked, self._chart, before, after, taken.microsteps, data)

    async def _tell_hooks(self, event: str) -> None:
        for hook in self._hooks:
            standing = leaves(self.workflow, capture_state(self._chart).configuration)
            told = hook("+".join(standing), event)
            if isawaitable(told):
                await told

    def holds(self, context: Any) -> bool:
        """Tell whether its context is still this plain one."""
        try:
            return bool(self._chart.codec.plain(self._chart.context) == context)
        except CodecError:
            return False

    def take_calls(self) -> list[HandlerCall]:
        """Return the calls of handlers since the last time."""
        calls = self._calls.copy()
        self._calls.clear()
        return calls

    def done(
        self,
        kind: Kind,
        event: str,
        at: int,
        started: int,
        taken: Macrostep,
        data: bytes | None = None,
        key: str | None = None,
    ) -> Done:
        """Return what a macrostep did.

        Arguments:
            kind: what the history will call it.
            event: its event.
            at: when it began; UTC, in microseconds since 1970.
            started: likewise, in nanoseconds of `perf_counter_ns`.
            taken: what the chart did.
            data: the event's data as JSON.
            key: its idempotency key.

        Raises:
            SerializationFailed: the context, or what the actions returned, is no JSON.
        """
        try:
            context = self._plain = self._chart.codec.plain(
                self._chart.context, self._plain, settle=True
            )
        except CodecError as error:
            raise self._unwritable("its context", event, error) from error
        try:
            result = None if taken.result is None else encode_json(taken.result)
        except CodecError as error:
            raise self._unwritable("what its actions returned", event, error) from error
        stands = capture_state(self._chart)
        return Done(
            kind,
            event,
            at,
            (perf_counter_ns() - started) // 1000,
            stands,
            is_final(self.workflow, stands.configuration),
            context,
            data,
            key,
            result,
            microsteps=taken.microsteps,
            calls=self.take_calls() if self._calls else (),
        )

    def undone(
        self,
        kind: Kind,
        position: Position,
        message: Deliver,
        at: int,
        started: int,
        data: bytes | None,
        failure: Exception,
    ) -> Done:
        """Return what the history tells of an event that was refused, or failed.

        Arguments:
            kind: which of the two.
            position: where the workflow stands all the same.
            message: the event.
            at: when it began.
            started: likewise, in nanoseconds of `perf_counter_ns`.
            data: its data as JSON.
            failure: why.
        """
        return Done(
            kind=kind,
            event=message.event,
            at=at,
            duration=(perf_counter_ns() - started) // 1000,
            chart=position.chart,
            finished=position.record.finished,
            context=position.context,
            data=data,
            key=message.key,
            error=error_json(failure),
            calls=self.take_calls(),
            received=message.message,
        )

    def _unwritable(self, what: str, event: str, error: CodecError) -> SerializationFailed:
        return SerializationFailed(
            f"After event {event!r} of workflow {self._id!r}, {what} can't be kept: {error}",
            workflow_id=self._id,
        )


def run(work: Any) -> None:
    """Run a coroutine that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("A chart without coroutines waited for something.")
