"""The actor of one workflow: takes its events one at a time, and has each step written."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from inspect import isawaitable, iscoroutinefunction
from time import perf_counter_ns
from typing import Any

from pykka import ActorDeadError

from ..persistence.codec import CodecError, decode_json, encode_json
from ..persistence.errors import (
    HandlerFailed,
    RepertoryError,
    SerializationFailed,
    SystemStopped,
    WorkflowExists,
    WorkflowNotFound,
)
from ..persistence.records import ChartState, Kind
from .activations import Activation
from .charts import (
    RESERVED,
    NotAllowed,
    Taken,
    begin,
    begin_async,
    capture,
    is_final,
    leaves,
    runs_async,
    take,
    take_async,
)
from .handlers import HandlerCall, HandlerListener, event_hooks
from .messages import Begin, Commit, CommitFailed, Deliver, EventFailed, Leave, RollBack, Wake
from .outcomes import recorded_outcome, refusal, unwelcome
from .position import Position
from .rehydration import check_version, past_position, previous_sequence, read_position, rehydrate
from .runtime import PooledActor, PooledFuture
from .services import Services
from .stepping import CREATED, ROLLBACK, Done, error_json, follow, unborn
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
        self._workflow: type[Workflow]
        self._chart: Workflow | None = None
        self._position: Position | None = None
        self._hooks: list[Any] = []
        self._calls: list[HandlerCall] = []
        self._life = 0
        self._latest: Commit | None = None
        # Put in here, taken out by the persistence actor's thread; each is one operation.
        self._keys_in_flight: dict[str, Commit] = {}

    # --- messages ---

    def on_receive(self, message: Any) -> Awaitable[None] | None:
        reply: Reply = self.take_reply()
        work: Any = None
        waits = False
        try:
            match message:
                case Deliver():
                    waits = self._ready()
                    work = self._deliver(message, reply)
                case Begin():
                    self._must_not_exist()
                    waits = self._embody(message.workflow, message.context)
                    work = self._begin(message, reply)
                case RollBack():
                    self._ready()
                    self._roll_back(message, reply)
                case Wake():
                    self._ready()
                    self._submit(Commit([] if reply is None else [reply]))
                case CommitFailed():
                    self._go_back(message)
                case Leave():
                    self._leave(message)
                case _:
                    raise TypeError(f"A workflow can't take a {type(message).__name__}.")
            if waits:
                return self._guarded(work, reply)
            if work is not None:
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
            self._chart = None
            self._depart()
        elif not isinstance(error, RepertoryError):
            self._chart = None  # nothing is known of the chart any more

    # --- beginning ---

    def _must_not_exist(self) -> None:
        if self._position is not None:
            raise WorkflowExists(f"There is a workflow {self._id!r} already.", workflow_id=self._id)

    def _embody(
        self, workflow: type[Workflow], context: Any, stands: ChartState | None = None
    ) -> bool:
        """Make the chart; tell whether it must be awaited."""
        handlers = self._services.handlers(self._id, workflow)
        self._calls = []
        self._hooks = event_hooks(handlers)
        listeners = [HandlerListener(handler, self._calls) for handler in handlers]
        chart = workflow.dormant(context, self._id, listeners)
        if stands is not None:
            rehydrate(chart, stands, self._id)
        self._workflow = workflow
        self._chart = chart
        return self._waits(chart)

    def _waits(self, chart: Workflow) -> bool:
        return runs_async(chart) or any(map(iscoroutinefunction, self._hooks))

    async def _begin(self, message: Begin, reply: Reply) -> None:
        chart = self._chart
        assert chart is not None
        clock = self._services.runtime.clock
        at, started = clock.now_us(), perf_counter_ns()
        try:
            taken = await begin_async(chart) if runs_async(chart) else begin(chart)
        except Exception as error:
            raise self._broken(CREATED, error) from error
        self._position = unborn(
            message.number, self._id, self._workflow.workflow_name, self._workflow.version
        )
        self._write(self._done(Kind.CREATED, CREATED, at, started, chart, taken), reply)

    def _ready(self) -> bool:
        """See to it that the chart is there; tell whether it must be awaited."""
        if self._chart is not None:
            return self._waits(self._chart)
        position = self._position
        if position is None:
            stored = self._services.store.load(self._id)
            if stored is None:
                raise WorkflowNotFound(f"There is no workflow {self._id!r}.", workflow_id=self._id)
            position = read_position(stored)
        workflow = self._services.workflow_class(position.record.type)
        check_version(position.record, workflow)
        waits = self._embody(workflow, workflow.codec.load(position.context), position.chart)
        if self._position is None:
            self._position = self._activation.durable = position
        return waits

    # --- events ---

    async def _deliver(self, message: Deliver, reply: Reply) -> None:
        chart, position = self._chart, self._position
        assert chart is not None and position is not None
        if message.key is not None and self._repeated(message.key, reply):
            return
        clock = self._services.runtime.clock
        at, started = clock.now_us(), perf_counter_ns()
        data = self._encode_data(message)
        error = unwelcome(message, position, self._workflow)
        if error is None:
            try:
                for hook in self._hooks:
                    told = hook("+".join(self._leaves(position)), message.event)
                    if isawaitable(told):
                        await told
                if runs_async(chart):
                    taken = await take_async(chart, message.event, message.data)
                else:
                    taken = take(chart, message.event, message.data)
                done = self._done(
                    Kind.STEP, message.event, at, started, chart, taken, data, message.key
                )
            except NotAllowed:
                error = refusal(message, position)
                if chart.codec.plain(chart.context) != position.context:
                    self._chart = None  # a guard changed what it should only have read
            except Exception as raised:
                self._chart = None
                failure = self._broken(message.event, raised)
                done = self._undone(Kind.FAILED, message, at, started, data, failure, raised)
                self._write(done, reply, failure=failure)
                return
        if error is None:
            self._write(done, reply, value=decode_json(done.result) if done.result else None)
        elif message.keep_refused:
            done = self._undone(Kind.REFUSED, message, at, started, data, error, error)
            self._write(done, reply, failure=error)
        else:
            self._fail(error, reply)

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

    def _encode_data(self, message: Deliver) -> bytes | None:
        if not message.data:
            return None
        if taken := RESERVED.intersection(message.data):
            raise SerializationFailed(
                f"The data of event {message.event!r} for workflow {self._id!r} has a field "
                f"{min(taken)!r}, a name that callbacks get from the chart; call it otherwise.",
                workflow_id=self._id,
            )
        try:
            return encode_json(message.data)
        except CodecError as error:
            raise SerializationFailed(
                f"The data of event {message.event!r} for workflow {self._id!r} can't be kept "
                f"as JSON: {error}",
                workflow_id=self._id,
            ) from error

    # --- steps ---

    def _done(
        self,
        kind: Kind,
        event: str,
        at: int,
        started: int,
        chart: Workflow,
        taken: Taken,
        data: bytes | None = None,
        key: str | None = None,
    ) -> Done:
        try:
            context = chart.codec.plain(chart.context)
            result = None if taken.result is None else encode_json(taken.result)
        except CodecError as error:
            raise SerializationFailed(
                f"After event {event!r} workflow {self._id!r} can't be kept as JSON: {error}",
                workflow_id=self._id,
            ) from error
        stands = capture(chart)
        return Done(
            kind=kind,
            event=event,
            at=at,
            duration=(perf_counter_ns() - started) // 1000,
            chart=stands,
            finished=is_final(self._workflow, stands.configuration),
            context=context,
            data=data,
            key=key,
            result=result,
            microsteps=taken.microsteps,
            calls=self._take_calls(),
        )

    def _undone(
        self,
        kind: Kind,
        message: Deliver,
        at: int,
        started: int,
        data: bytes | None,
        error: Exception,
        raised: Exception,
    ) -> Done:
        """A step that changes nothing, but says so in the history."""
        position = self._position
        assert position is not None
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
            error=error_json(type(raised).__name__, str(error)),
            calls=self._take_calls(),
        )

    def _take_calls(self) -> list[HandlerCall]:
        calls = self._calls.copy()
        self._calls.clear()
        return calls

    def _broken(self, event: str, raised: Exception) -> Exception:
        if isinstance(raised, SerializationFailed):
            return raised
        failure = HandlerFailed(
            f"Event {event!r} of workflow {self._id!r} was undone: "
            f"{type(raised).__name__}: {raised}",
            workflow_id=self._id,
            event=event,
            error_type=type(raised).__name__,
        )
        failure.__cause__ = raised
        return failure

    def _write(
        self, done: Done, reply: Reply, value: Any = None, failure: Exception | None = None
    ) -> None:
        assert self._position is not None
        step, after = follow(self._position, done, self._workflow.checkpoint_every)
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

    def _leaves(self, position: Position) -> tuple[str, ...]:
        return leaves(self._workflow, position.chart.configuration)

    # --- going back ---

    def _go_back(self, message: CommitFailed) -> None:
        if message.life != self._life:
            return  # a later step of those that have failed together
        # What the store has is the truth, and it may be gone: the next message reads it again.
        self._life += 1
        self._chart = self._position = self._activation.durable = None
        self._depart()

    def _roll_back(self, message: RollBack, reply: Reply) -> None:
        self._settle()
        if message.key is not None and self._repeated(message.key, reply):
            return
        clock = self._services.runtime.clock
        at, started = clock.now_us(), perf_counter_ns()
        position = self._position
        assert position is not None
        store, record = self._services.store, position.record
        to = previous_sequence(store, record) if message.to is None else message.to
        past = past_position(store, record, to, self._workflow)
        self._embody(self._workflow, self._workflow.codec.load(past.context), past.chart)
        done = Done(
            kind=Kind.ROLLBACK,
            event=ROLLBACK,
            at=at,
            duration=(perf_counter_ns() - started) // 1000,
            chart=past.chart,
            finished=past.record.finished,
            context=past.context,
            data=encode_json({"to": to}),
            key=message.key,
        )
        self._write(done, reply)

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
