"""The actor of one workflow: takes its events one at a time, and has each step written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import perf_counter_ns
from typing import Any

from pykka import ActorDeadError

from ..persistence.codec import decode_json
from ..persistence.errors import (
    RepertoryError,
    StoreError,
    WorkflowExists,
    WorkflowNotFound,
)
from ..persistence.records import ChartState, Kind
from .activations import Activation
from .charts import NotAllowed
from .elsewhere import migration_of, rollback_of
from .messages import (
    Begin,
    CommitFailed,
    Deliver,
    Dropped,
    Leave,
    Passivate,
    Removed,
    RollBack,
    Undelivered,
    Wake,
)
from .outcomes import broken, event_data, refusal, unwelcome
from .passivation import WorkflowActivated
from .pending import NOTHING
from .performance import Performance, run
from .pipeline import Reply
from .position import Position
from .rehydration import read_position
from .resident import Resident
from .runtime.context import here
from .services import Services
from .stepping import (
    CREATED,
    Done,
    unborn,
)
from .to_come import leave, taken_back, too_late
from .versions import load_context
from .workflow import Workflow


class WorkflowActor(Resident):
    """Runs one workflow. What it takes is answered when it is durable.

    It does not wait for that: it goes on with its next event while its last steps are being
    written. When one of them can't be, it goes back to the last one that was, and all that
    followed fail with it.
    """

    def __init__(self, services: Services, workflow_id: str, activation: Activation) -> None:
        super().__init__(services, workflow_id, activation)
        self._performance: Performance | None = None
        self._own_handlers: tuple[object, ...] | None = None  # None: ask who keeps them
        self._checkpoint_every = 1

    @property
    def actor_name(self) -> str:
        return f"workflow {self._id}"

    # --- messages ---

    def on_receive(self, message: Any) -> Awaitable[None] | None:
        reply: Reply = self.take_reply()
        if reply is not None:
            reply.worker = self.actor_inbox  # until it is the persistence actor's: rings show
        work: Any = None
        try:
            match message:
                case Deliver():
                    self._keep_order(message)
                    performance = self._ready()
                    work = self._deliver(message, reply, performance)
                case Begin():
                    self._must_not_exist()
                    self._own_handlers = message.handlers
                    performance = self._embody(message.workflow, message.context)
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
                        self._depart()
                case Removed():
                    if self._position and self._position.record.number == message.number:
                        self._pipeline.begin_anew()
                        self._go_back()
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
            if here.depth and isinstance(error, KeyboardInterrupt):
                raise  # Ctrl-C, for the thread that ran this while it waited
        return None

    async def _guarded(self, work: Awaitable[None], reply: Reply, message: Any) -> None:
        try:
            await work
        except BaseException as error:
            self._fail(error, reply, message)

    def _fail(self, raised: BaseException, reply: Reply, message: Any) -> None:
        """Answer with an error that leaves no trace, once all before it is durable."""
        error = raised
        if not isinstance(error, Exception):
            error = broken(self._id, getattr(message, "event", type(message).__name__), raised)
        if isinstance(message, Leave):
            message.refused(error)
        elif isinstance(message, Deliver) and message.message is not None:
            if not isinstance(error, WorkflowNotFound):
                # What comes after it may find it all well again, but must not overtake it.
                self._services.stalled.add(self._id)
            with suppress(ActorDeadError):
                self._services.persistence.tell(Undelivered(message.message, error))
        else:
            self._pipeline.answer(reply, error)
        if self._position is None:
            self._performance = self._own_handlers = None
            self._depart()
        elif not isinstance(raised, RepertoryError):
            self._performance = None  # nothing is known of the chart any more

    def _keep_order(self, message: Deliver) -> None:
        """After a failure, take other workflows' messages from the first one that failed on."""
        if message.message is None:
            return
        if message.anew:
            self._services.stalled.discard(self._id)
        elif self._id in self._services.stalled:
            raise StoreError("A message before this one could not be taken yet.")

    # --- beginning ---

    def _must_not_exist(self) -> None:
        if self._position is not None:
            raise WorkflowExists(f"There is a workflow {self._id!r} already.", workflow_id=self._id)

    def _embody(
        self, workflow: type[Workflow], context: Any, stands: ChartState | None = None
    ) -> Performance:
        own = self._own_handlers
        if own is None:
            own = self._services.own_handlers.get(self._id, ())
        handlers = self._services.handlers(workflow, own)
        self._checkpoint_every = workflow.checkpoint_every
        self._performance = Performance(workflow, self._id, context, handlers, stands)
        return self._performance

    async def _begin(self, message: Begin, reply: Reply, performance: Performance) -> None:
        at, started = self._services.runtime.clock.now_us(), perf_counter_ns()
        try:
            performance.agenda.begin(NOTHING, at)
            taken = await performance.begin()
        except (GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise broken(self._id, CREATED, error) from error
        done = performance.done(Kind.CREATED, CREATED, at, started, taken)
        workflow = message.workflow
        self._position = unborn(message.number, self._id, workflow.workflow_name, workflow.version)
        own = message.handlers
        self._arrived()

        def attach() -> None:
            if own:
                self._services.own_handlers[self._id] = own

        self._write(self._leave_to_come(done, performance), reply, then=attach)

    def _ready(self) -> Performance:
        """Return the workflow, rehydrated if need be."""
        if self._performance is not None:
            return self._performance
        position = self._position
        if position is None:
            stored = self._services.store.load(self._id)
            if stored is None:
                raise WorkflowNotFound(f"There is no workflow {self._id!r}.", workflow_id=self._id)
            position = read_position(stored)
        workflow = self._services.workflow_class(position.record.type)
        if position.record.version != workflow.version:
            position = self._migrate(position, workflow)
        context = load_context(position, workflow)
        performance = self._embody(workflow, context, position.chart)
        if self._position is None:
            self._position = self._activation.durable = position
            if self._arrived() and self._services.runtime.events:
                self._services.runtime.events.publish(WorkflowActivated(self._id))
        return performance

    def _migrate(self, position: Position, workflow: type[Workflow]) -> Position:
        """Bring a workflow to the present version of its class, durably before all else."""
        self._position, done = migration_of(self._services, position, workflow)
        self._write(done, None)
        try:
            self._pipeline.settle()
        except RepertoryError:
            self._position = None
            raise
        return self._position

    # --- events ---

    async def _deliver(self, message: Deliver, reply: Reply, performance: Performance) -> None:
        position = self._position
        assert position is not None
        number = position.record.number
        if message.key is not None and self._pipeline.repeat(number, message.key, reply):
            return
        if (came := message.message) is not None and taken_back(came, position):
            self._services.persistence.tell(Dropped(came.id))
            return
        at, started = self._services.runtime.clock.now_us(), perf_counter_ns()
        data = event_data(message, self._id)
        performance.agenda.begin(position.pending, at, came)
        failure: Exception | None = too_late(came, self._id, at) or unwelcome(
            message, position, performance.workflow
        )
        kind, done = Kind.REFUSED, None
        if failure is None:
            try:
                taken = await performance.take(message.event, message.data)
                done = performance.done(
                    Kind.STEP, message.event, at, started, taken, data, message.key
                )
            except NotAllowed:
                failure = refusal(message, position)
                if not performance.holds(position.context):
                    self._performance = None  # a guard changed what it should only have read
            except (GeneratorExit, KeyboardInterrupt):
                raise  # broken off from outside: it has not failed
            except BaseException as error:
                kind, failure = Kind.FAILED, broken(self._id, message.event, error)
                self._performance = None
        if failure is None:
            assert done is not None
            done = self._leave_to_come(done, performance)
            self._write(done, reply, value=decode_json(done.result) if done.result else None)
        elif kind is Kind.FAILED or message.keep_refused or message.message is not None:
            undone = performance.undone(kind, position, message, at, started, data, failure)
            performance.agenda.begin(position.pending, at, came)  # but for what it repeats
            self._write(self._leave_to_come(undone, performance), reply, failure=failure)
        else:
            self._fail(failure, reply, message)

    def _leave_to_come(self, done: Done, performance: Performance) -> Done:
        assert self._position is not None
        record, allocate = self._position.record, self._services.store.allocate_message
        return leave(done, performance.agenda, performance.workflow, record, allocate)

    def _write(
        self,
        done: Done,
        reply: Reply,
        value: Any = None,
        failure: Exception | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        assert self._position is not None
        self._position = self._pipeline.write(
            self._position, done, self._checkpoint_every, reply, value, failure, then
        )

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
