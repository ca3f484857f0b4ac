"""The actor of one workflow: takes its events one at a time, and has each step written."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from time import perf_counter_ns
from typing import Any

from msgspec.structs import replace
from pykka import ActorDeadError

from ..persistence.codec import decode_json
from ..persistence.errors import (
    HandlerFailed,
    RepertoryError,
    SystemStopped,
    WorkflowExists,
    WorkflowNotFound,
)
from ..persistence.records import ChartState, Kind
from .activations import Activation
from .charts import NotAllowed
from .messages import Begin, Commit, CommitFailed, Deliver, EventFailed, Leave, RollBack, Wake
from .outcomes import broken, event_data, recorded_outcome, refusal, unwelcome
from .performance import Performance
from .position import Position
from .rehydration import past_position, previous_sequence, read_position
from .runtime import PooledActor, PooledFuture
from .services import Services
from .stepping import CREATED, Done, error_json, follow, migrated, rolled_back, unborn
from .versions import load_context, to_present
from .workflow import Workflow

Reply = PooledFuture[Any] | None


class WorkflowActor(PooledActor):
    """Runs one workflow. What it takes is answered when it is durable.

    It does not wait for that: it goes on with its next event while its last steps are being
    written. When one of them can't be, it goes back to the last one that was, and all that
    followed fail with it.
    """

    stop_on_failure = False

    def __init__(self, services: Services, workflow_id: str, activation: Activation) -> None:
        super().__init__()
        self._services = services
        self._id = workflow_id
        self._activation = activation
        self._performance: Performance | None = None
        self._position: Position | None = None
        self._checkpoint_every = 1
        self._life = 0
        self._latest: Commit | None = None
        # Put in here, taken out by the persistence actor's thread; each is one operation.
        self._keys_in_flight: dict[str, Commit] = {}

    # --- messages ---

    def on_receive(self, message: Any) -> Awaitable[None] | None:
        reply: Reply = self.take_reply()
        work: Any = None
        try:
            match message:
                case Deliver():
                    performance = self._ready()
                    work = self._deliver(message, reply, performance)
                case Begin():
                    self._must_not_exist()
                    performance = self._embody(message.workflow, message.context)
                    work = self._begin(message, reply, performance)
                case RollBack():
                    self._roll_back(message, reply, self._ready())
                case Wake():
                    self._ready()
                    self._submit(Commit([] if reply is None else [reply]))
                case CommitFailed():
                    self._go_back(message)
                case Leave():
                    self._leave(message)
                case _:
                    raise TypeError(f"A workflow can't take a {type(message).__name__}.")
            if work is not None:
                if performance.waits:
                    return self._guarded(work, reply)
                _run(work)
        except Exception as error:
            self._fail(error, reply)
        return None

    async def _guarded(self, work: Awaitable[None], reply: Reply) -> None:
        try:
            await work
        except Exception as error:
            self._fail(error, reply)

    def _fail(self, error: Exception, reply: Reply) -> None:
        """Answer with an error that leaves no trace, once all before it is durable."""
        if reply is not None:
            self._submit(Commit([reply], failure=error, after=self._last()))
        else:
            with suppress(ActorDeadError):
                self._services.supervisor.tell(EventFailed(self._id, error))
        if self._position is None:
            self._performance = None
            self._depart()
        elif not isinstance(error, RepertoryError):
            self._performance = None  # nothing is known of the chart any more

    # --- beginning ---

    def _must_not_exist(self) -> None:
        if self._position is not None:
            raise WorkflowExists(f"There is a workflow {self._id!r} already.", workflow_id=self._id)

    def _embody(
        self, workflow: type[Workflow], context: Any, stands: ChartState | None = None
    ) -> Performance:
        handlers = self._services.handlers(self._id, workflow)
        self._checkpoint_every = workflow.checkpoint_every
        self._performance = Performance(workflow, self._id, context, handlers, stands)
        return self._performance

    async def _begin(self, message: Begin, reply: Reply, performance: Performance) -> None:
        at, started = self._services.runtime.clock.now_us(), perf_counter_ns()
        try:
            taken = await performance.begin()
        except Exception as error:
            raise broken(self._id, CREATED, error) from error
        done = performance.done(Kind.CREATED, CREATED, at, started, taken)
        workflow = message.workflow
        self._position = unborn(message.number, self._id, workflow.workflow_name, workflow.version)
        self._write(done, reply)

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
        return performance

    def _migrate(self, position: Position, workflow: type[Workflow]) -> Position:
        """Bring a workflow to the present version of its class, durably before all else."""
        at, started = self._services.runtime.clock.now_us(), perf_counter_ns()
        after = to_present(position, workflow)
        record = replace(position.record, version=workflow.version)
        self._position = replace(position, record=record)
        self._write(migrated(position, after, at, (perf_counter_ns() - started) // 1000), None)
        try:
            self._settle()
        except RepertoryError:
            self._position = None
            raise
        return self._position

    # --- events ---

    async def _deliver(self, message: Deliver, reply: Reply, performance: Performance) -> None:
        position = self._position
        assert position is not None
        if message.key is not None and self._repeated(message.key, reply):
            return
        at, started = self._services.runtime.clock.now_us(), perf_counter_ns()
        data = event_data(message, self._id)
        failure: Exception | None = unwelcome(message, position, performance.workflow)
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
            except Exception as error:
                kind, failure = Kind.FAILED, broken(self._id, message.event, error)
                self._performance = None
        if failure is None:
            assert done is not None
            self._write(done, reply, value=decode_json(done.result) if done.result else None)
        elif kind is Kind.FAILED or message.keep_refused:
            duration = (perf_counter_ns() - started) // 1000
            undone = Done(
                kind=kind,
                event=message.event,
                at=at,
                duration=duration,
                chart=position.chart,
                finished=position.record.finished,
                context=position.context,
                data=data,
                key=message.key,
                error=error_json(failure),
                calls=performance.take_calls(),
            )
            self._write(undone, reply, failure=failure)
        else:
            self._fail(failure, reply)

    def _repeated(self, key: str, reply: Reply) -> bool:
        """Answer a repeated idempotency key with its recorded outcome, if it is one."""
        assert self._position is not None
        replies = [] if reply is None else [reply]
        if commit := self._keys_in_flight.get(key):
            self._submit(Commit(replies, value=commit.value, failure=commit.failure, after=commit))
            return True
        entry = self._services.store.find_key(self._position.record.number, key)
        if entry is None:
            return False
        value, failure = recorded_outcome(self._id, entry)
        self._submit(Commit(replies, value=value, failure=failure))
        return True

    # --- steps ---

    def _write(
        self, done: Done, reply: Reply, value: Any = None, failure: Exception | None = None
    ) -> None:
        assert self._position is not None
        step, after = follow(self._position, done, self._checkpoint_every)
        self._position = after
        life = self._life

        def concluded(commit: Commit) -> None:
            if done.key is not None:
                self._keys_in_flight.pop(done.key, None)
            if commit.error is None:
                self._activation.durable = after
            else:
                with suppress(ActorDeadError):  # stopped meanwhile
                    self.actor_ref.tell(CommitFailed(life))
            error = commit.error or failure
            if error is not None and (reply is None or isinstance(failure, HandlerFailed)):
                with suppress(ActorDeadError):
                    self._services.supervisor.tell(EventFailed(self._id, error))

        commit = Commit(
            [] if reply is None else [reply],
            step=step,
            position=after,
            value=value,
            failure=failure,
            owner=concluded,
        )
        self._latest = commit
        if done.key is not None:
            self._keys_in_flight[done.key] = commit
        self._submit(commit)

    def _submit(self, commit: Commit) -> None:
        persistence = self._services.persistence
        for reply in commit.replies:
            reply.worker = persistence.actor_inbox
        try:
            persistence.tell(commit)
        except ActorDeadError:
            commit.conclude(SystemStopped("The system has stopped; nothing was written."))

    def _last(self) -> Commit | None:
        """The last step, while it is on its way to the disk."""
        latest = self._latest
        return latest if latest is not None and not latest.concluded else None

    # --- going back ---

    def _go_back(self, message: CommitFailed) -> None:
        if message.life != self._life:
            return  # a later step of those that have failed together
        # What the store has is the truth, and it may be gone: the next message reads it again.
        self._life += 1
        self._performance = self._position = self._activation.durable = None
        self._depart()

    def _roll_back(self, message: RollBack, reply: Reply, performance: Performance) -> None:
        self._settle()
        if message.key is not None and self._repeated(message.key, reply):
            return
        at, started = self._services.runtime.clock.now_us(), perf_counter_ns()
        assert self._position is not None
        store, record = self._services.store, self._position.record
        to = previous_sequence(store, record) if message.to is None else message.to
        past = past_position(store, record, to, performance.workflow)
        duration = (perf_counter_ns() - started) // 1000
        self._write(rolled_back(past, at, duration, message.key), reply)
        self._performance = None  # the next event has it rehydrated there

    def _settle(self) -> None:
        """Wait until every step so far is durable."""
        last = self._last()
        if last is None:
            return
        settled: PooledFuture[None] = PooledFuture()
        self._submit(Commit([settled], after=last))
        settled.get()

    # --- leaving ---

    def _leave(self, message: Leave) -> None:
        try:
            self._settle()
        except RepertoryError as error:
            message.left.set_error(error)
            return
        if self._depart():
            message.left.set(None)
        else:
            self.actor_ref.tell(message)  # there are messages; after those

    def _depart(self) -> bool:
        """Leave memory, unless there are messages; the next one makes another activation."""
        if not self.retire():
            return False
        self._services.activations.leave(self._id, self._activation)
        return True


def _run(work: Any) -> None:
    """Run a coroutine that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("A chart without coroutines waited for something.")
