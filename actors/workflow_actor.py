"""The actor of one workflow: takes its events one at a time, and has each step written."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from contextlib import suppress
from time import perf_counter_ns
from typing import Any

from msgspec.structs import replace
from pykka import ActorDeadError

from ..persistence.codec import decode_json
from ..persistence.errors import (
    RepertoryError,
    StoreError,
)
from ..persistence.records import Kind, MessageKind
from .absent import taken
from .activities.signals import Refused
from .attempt import Attempt
from .charts import NotAllowed, offered
from .children.joining import CANCEL
from .elsewhere import rollback_of
from .messages import (
    Begin,
    CommitFailed,
    Deliver,
    Discard,
    Dropped,
    Leave,
    Passivate,
    Removed,
    RollBack,
    Wake,
)
from .outcomes import broken, event_data, refusal, unfit, unwelcome
from .pending import NOTHING
from .performance import Performance, run
from .pipeline import Reply
from .position import Position
from .presence import Presence
from .runtime.context import here
from .stepping import CREATED, Done, unborn
from .to_come import taken_back, too_late
from .uneventful import ended, noted, put_off


class WorkflowActor(Presence):
    """Runs one workflow. What it takes is answered when it is durable.

    It does not wait for that: it goes on with its next event while its last steps are being
    written. When one of them can't be, it goes back to the last one that was, and all that
    followed fail with it.
    """

    # --- messages ---

    def on_receive(self, message: Any) -> Awaitable[None] | None:
        reply: Reply = self.take_reply()
        if reply is not None:
            reply.worker = self.actor_inbox  # until it is the persistence actor's: rings show
        work: Any = None
        try:
            match message:
                case Deliver():
                    if message.message or self._activation.former or self._services.lost:
                        self._keep_order(message)
                    performance = self._performance or self._ready()
                    work = self._deliver(message, reply, performance)
                case Begin():
                    self._must_not_exist()
                    self._own_handlers = message.handlers
                    performance = self._embody(message.workflow, message.context)
                    self._arrived()  # before its entry actions, which may take their time
                    work = self._begin(message, reply, performance)
                case RollBack():
                    self._roll_back(message, reply, self._ready())
                case Wake():
                    self._ready()
                    self._pipeline.answer(reply)
                case CommitFailed():
                    if self._pipeline.begin_anew(message):
                        self._go_back()
                    elif self._position is None:
                        self._settle_former()
                        self._depart()
                case Removed():
                    if self._position and self._position.record.number == message.number:
                        self._pipeline.begin_anew()
                        self._go_back()
                    elif self._position is None:
                        self._activation.durable = None
                case Leave():
                    self._leave(message)
                case Passivate():
                    if self.may_leave():
                        self._depart("finished")
                case _:
                    raise TypeError(f"A workflow can't take a {type(message).__name__}.")
            if work is not None:
                if performance.waits:
                    return self._guarded(work, reply, message)
                run(work)
        except BaseException as error:
            self._fail(error, reply, message)
            if here.note.depth and isinstance(error, KeyboardInterrupt):
                raise  # Ctrl-C, for the thread that ran this while it waited
        return None

    async def _guarded(self, work: Awaitable[None], reply: Reply, message: Any) -> None:
        try:
            await work
        except BaseException as error:
            self._fail(error, reply, message)

    def _fail(self, raised: BaseException, reply: Reply, message: Any) -> None:
        """Answer with an error that leaves no trace; a defect is for the supervisor to decide."""
        error = raised
        if not isinstance(error, Exception):
            error = broken(self._id, getattr(message, "event", type(message).__name__), raised)
        self._refuse_message(error, reply, message)
        if self._position is None:
            self._performance = self._own_handlers = None
            self._depart()
        elif not isinstance(raised, RepertoryError):
            self._performance = None  # nothing is known of the chart any more
            if isinstance(raised, Exception):
                raise raised

    def _keep_order(self, message: Deliver) -> None:
        """After a failure, take other workflows' messages from the first one that failed on.

        And when the store has failed for good, take nothing: it could not be written.
        """
        self._settle_former()
        if (lost := self._services.lost) is not None:
            raise StoreError(str(lost), path=lost.path) from lost
        if message.message is None or message.message.kind is MessageKind.ACTIVITY:
            return
        if message.anew:
            self._services.stalled.discard(self._id)
        elif self._id in self._services.stalled:
            raise StoreError("A message before this one could not be taken yet.")

    # --- beginning ---

    def _must_not_exist(self) -> None:
        if self._position is not None:
            raise taken(self._id)

    async def _begin(self, message: Begin, reply: Reply, performance: Performance) -> None:
        at, started = self._services.runtime.clock.now_us(), perf_counter_ns()
        try:
            performance.agenda.begin(NOTHING, at)
            taken = await performance.begin()
        except (GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise broken(self._id, CREATED, error) from error
        done = performance.done(Kind.CREATED, CREATED, at, started, taken, message.origin)
        workflow = message.workflow
        self._position = unborn(message.number, self._id, workflow.workflow_name, workflow.version)
        own = message.handlers
        self._pipeline.weigh(self._position)

        def attach() -> None:
            if own:
                self._services.own_handlers[self._id] = own

        self._write(self._leave_to_come(done, performance), reply, then=attach)

    # --- events ---

    def _deliver(
        self, message: Deliver, reply: Reply, performance: Performance
    ) -> Awaitable[None] | None:
        """Take an event; return what is to be awaited for that, if something is."""
        position = self._position
        assert position is not None
        number = position.record.number
        if message.key is not None and self._pipeline.repeat(number, message.key, reply):
            return None
        if (came := message.message) is not None and taken_back(came, position):
            self._services.persistence.tell(Dropped(came.id))
            return None
        if came is not None and message.event == CANCEL and position.record.finished:
            self._services.persistence.tell(Discard(came.id))  # it has ended by itself
            return None
        if came is not None and not position.record.finished:
            error = unfit(message, performance.workflow)
            if error is not None:
                with suppress(ActorDeadError):  # the next system runs it again
                    self._services.activities.tell(Refused(came, error))
                return None
        if message.event == CANCEL and "cancel" in self._offered(performance):
            message = replace(message, event="cancel")
        at, started = self._services.runtime.clock.now_us(), perf_counter_ns()
        data = event_data(message, performance.workflow, self._id)
        attempt = Attempt(message, reply, performance, at, started, data)
        performance.agenda.begin(position.pending, at, came)
        delayed = message.event in performance.workflow._delays
        if (came is not None or delayed) and (done := self._without_event(position, attempt)):
            self._write(self._leave_to_come(done, performance), reply)
            return None
        workflow = performance.workflow
        known = came is None and message.event in workflow.public_events()
        if not known or position.record.finished:
            late = too_late(came, self._id, at)
            if (failure := late or unwelcome(message, position, workflow)) is not None:
                self._refuse(attempt, failure)
                return None
        if performance.waits:
            return self._take_async(attempt)
        try:
            done = attempt.done(performance.take(message.event, message.data))
        except BaseException as error:
            self._undo(attempt, error)
        else:
            self._keep(attempt, done)
        return None

    def _offered(self, performance: Performance) -> Collection[str]:
        assert self._position is not None
        workflow = performance.workflow
        there = offered(workflow, self._position.chart.configuration)
        return workflow.public_events().intersection(there)

    def _without_event(self, position: Position, attempt: Attempt) -> Done | None:
        """Return the step that a message makes without the chart's taking anything, or None."""
        message, performance = attempt.message, attempt.performance
        came, event = message.message, message.event
        if came is None or came.kind is MessageKind.MESSAGE:
            delay = performance.workflow._delays.get(event)
            if delay and not position.record.finished:
                performance.put_off(event, delay, message.data)
                return put_off(position, attempt.at, event, attempt.data, message.key, came)
        if came is None:
            return None
        if came.kind in (MessageKind.ACTIVITY, MessageKind.CHILD) and not came.event:
            return noted(came, position, attempt.at, attempt.data)
        if event == CANCEL and not position.record.finished:
            return ended(position, attempt.at, came)
        return None

    async def _take_async(self, attempt: Attempt) -> None:
        message = attempt.message
        try:
            taken = await attempt.performance.take_async(message.event, message.data)
            done = attempt.done(taken)
        except BaseException as error:
            self._undo(attempt, error)
        else:
            self._keep(attempt, done)

    def _keep(self, attempt: Attempt, done: Done) -> None:
        value = decode_json(done.result) if done.result else None
        self._write(self._leave_to_come(done, attempt.performance), attempt.reply, value)

    def _undo(self, attempt: Attempt, error: BaseException) -> None:
        if isinstance(error, GeneratorExit | KeyboardInterrupt):
            raise error  # broken off from outside: it has not failed
        assert self._position is not None
        if not isinstance(error, NotAllowed):
            self._performance = None
            self._record(attempt, Kind.FAILED, broken(self._id, attempt.message.event, error))
            return
        if not attempt.performance.holds(self._position.context):
            self._performance = None  # a guard changed what it should only have read
        workflow = attempt.performance.workflow
        self._refuse(attempt, refusal(attempt.message, self._position, workflow))

    def _refuse(self, attempt: Attempt, failure: Exception) -> None:
        if attempt.message.keep_refused or attempt.message.message is not None:
            self._record(attempt, Kind.REFUSED, failure)
        else:
            self._fail(failure, attempt.reply, attempt.message)

    def _record(self, attempt: Attempt, kind: Kind, failure: Exception) -> None:
        position, performance = self._position, attempt.performance
        assert position is not None
        undone = attempt.undone(kind, position, failure)
        # Nothing that it has left to come but for what repeats by itself.
        performance.agenda.begin(position.pending, attempt.at, attempt.message.message)
        self._write(self._leave_to_come(undone, performance), attempt.reply, failure=failure)

    # --- going back ---

    def _go_back(self) -> None:
        # What the store has is the truth, and it may be gone: the next message reads it again.
        self._performance = self._position = self._activation.durable = None
        self._own_handlers = None
        if not self._depart():
            self._services.stalled.add(self._id)

    def _roll_back(self, message: RollBack, reply: Reply, performance: Performance) -> None:
        self._pipeline.settle()
        assert self._position is not None
        number = self._position.record.number
        if message.key is not None and self._pipeline.repeat(number, message.key, reply):
            return
        done = rollback_of(self._services, self._position, message, performance.workflow)
        self._write(done, reply)
        self._performance = None  # the next event has it rehydrated there
