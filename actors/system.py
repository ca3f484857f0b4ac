"""The system: what an app opens, and where it starts, finds and stops workflows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from uuid import uuid4

import msgspec
from pykka import ActorDeadError

from ..persistence.codec import CodecError
from ..persistence.errors import (
    ContextInvalid,
    RepertoryError,
    StoreError,
    SystemStopped,
    UnknownWorkflow,
    WorkflowError,
    WorkflowNotFound,
)
from ..persistence.exchange import export_workflow, import_workflow
from ..persistence.memory import MemoryStore
from ..persistence.records import Problem, Retention, WorkflowRecord
from ..persistence.sqlite import SqliteStore
from ..persistence.store import Store
from ..persistence.verification import verify
from .activations import Activation, Activations
from .messages import Leave, Trim, Wake, Write
from .notifications import Committed, Interest, Notifications
from .persistence_actor import PersistenceActor
from .ref import Name, WorkflowRef, _name, _state_name, wait
from .runtime import Clock, EventStream, PooledFuture, Runtime
from .services import Services
from .statistics import Statistics
from .supervisor import Remove, Start, Stop, Supervisor
from .workflow import Workflow, workflow_class
from .workflow_actor import WorkflowActor


class ActorSystem:
    """A company of workflow actors over one store.

    Use it as a context manager, `with` or `async with`; leaving it has every workflow finish what
    it was sent, and closes the store. Several systems in one process don't see each other; one
    file can be held by one system at a time.

    Example:
        >>> with ActorSystem() as system:                       # in memory
        ...     job = system.start(Lifecycle, id="job-1")
        ...     job.ask(Lifecycle.start)
        ...     job.state
        'running'
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        name: str = "repertory",
        workers: int | None = None,
        clock: Clock | None = None,
        handlers: Sequence[object] = (),
        retention: Retention | None = None,
        trim_every: float = 60.0,
        synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL",
        read_only: bool = False,
        store: Store | None = None,
    ) -> None:
        """Describe a system; `open`, or entering it, brings it to life.

        Arguments:
            path: the SQLite file to keep workflows in, made if need be; None keeps them in memory.
            name: what its threads are called.
            workers: threads that run actors; by default a few more than there are processors.
                Workers that block are replaced, so this bounds computing, not waiting.
            clock: where times come from; tests turn one by hand.
            handlers: handlers of every workflow; see `Handler`.
            retention: how much history is kept; by default 1,000 steps a workflow and 90 days.
            trim_every: seconds between two looks for history that is past retention.
            synchronous: SQLite's setting: "FULL" survives a power cut, "NORMAL" may lose the last
                acknowledged steps in one, "OFF" may lose the store. `kill -9` loses nothing with
                any of them.
            read_only: look at a file, even while another system runs on it; whatever would write
                raises `StoreError`.
            store: another store to use instead of one at `path`.
        """
        self.path = None if path is None else Path(path)
        self.retention = retention if retention is not None else Retention()
        self._name = name
        self._workers = workers
        self._clock = clock
        self._handlers = tuple(handlers)
        self._trim_every = trim_every
        self._synchronous = synchronous
        self._read_only = read_only
        self._given_store = store
        self._classes: dict[str, type[Workflow]] = {}
        self._running: Services | None = None

    # --- life ---

    def open(self) -> Self:
        """Open the store and start the actors. Recovers nothing yet: workflows wake on demand.

        Raises:
            StoreError: the store can't be opened; its subclasses say why.
        """
        if self._running is not None:
            raise RepertoryError(f"The system {self._name!r} is open already.")
        store = self._given_store or self._open_store()
        try:
            runtime = Runtime(self._name, workers=self._workers, clock=self._clock)
        except BaseException:
            store.close()
            raise
        notifications = Notifications(runtime)
        services = Services(
            store=store,
            runtime=runtime,
            activations=Activations(self._activate),
            notifications=notifications,
            workflow_class=self._class_of,
            system_handlers=self._handlers,
        )
        services.persistence = runtime.start(
            PersistenceActor, store, notifications, runtime.clock, services.statistics
        )
        services.supervisor = runtime.start(Supervisor, services)
        self._running = services
        self._trim_later(services)
        return self

    def _open_store(self) -> Store:
        if self.path is None:
            return MemoryStore()
        return SqliteStore(self.path, synchronous=self._synchronous, read_only=self._read_only)

    def close(self, timeout: float | None = None) -> None:
        """Let every workflow finish what it was sent, then stop. May be repeated.

        Arguments:
            timeout: seconds to wait for workflows; what they have not done by then is not done,
                and its senders get `SystemStopped`.
        """
        services, self._running = self._running, None
        if services is None:
            return
        left: list[PooledFuture[None]] = []
        for workflow_id in services.activations.ids():
            activation = services.activations.find(workflow_id)
            if activation is not None:
                future: PooledFuture[None] = PooledFuture()
                with suppress(ActorDeadError):  # it has just left by itself
                    activation.ref.tell(Leave(future))
                    left.append(future)
        deadline = Deadline(services.runtime.clock, timeout)
        for future in left:
            try:
                future.get(timeout=deadline.left())
            except Exception:  # it could not be written, or took too long: its senders know
                continue
        services.runtime.shutdown(timeout=deadline.left())
        services.store.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.open)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    @property
    def _services(self) -> Services:
        services = self._running
        if services is None:
            raise SystemStopped(
                f"The system {self._name!r} is not open; enter it with `with`, or call open()."
            )
        return services

    def _activate(self, workflow_id: str, activation: Activation) -> Any:
        services = self._services
        return services.runtime.start(WorkflowActor, services, workflow_id, activation)

    def _class_of(self, name: str) -> type[Workflow]:
        return self._classes.get(name) or workflow_class(name)

    def _claim_name(self, workflow: type[Workflow]) -> None:
        name = workflow.workflow_name
        if self._classes.setdefault(name, workflow) is not workflow:
            other = self._classes[name]
            raise UnknownWorkflow(
                f"{workflow.__module__}.{workflow.__qualname__} and {other.__module__}."
                f"{other.__qualname__} are both stored as {name!r}; give one of them another "
                f"workflow_name.",
                name=name,
            )

    def _trim_later(self, services: Services) -> None:
        def trim() -> None:
            if self._running is services:
                services.persistence.tell(Trim(self.retention))
                self._trim_later(services)

        kept_for_ever = self.retention.count is None and self.retention.days is None
        if not kept_for_ever and not self._read_only:
            services.runtime.clock.call_later(self._trim_every, trim)

    # --- workflows ---

    def start(
        self,
        workflow: type[Workflow],
        *,
        id: str | None = None,
        context: Any = None,
        handlers: Sequence[object] = (),
        timeout: float | None = None,
    ) -> WorkflowRef:
        """Start a workflow, and wait until its creation is durable.

        Arguments:
            workflow: its class.
            id: its id; by default a new random one.
            context: the fields of its context as a mapping, or a ready `Context`.
            handlers: handlers of its own, for as long as this system is open; see `Handler`.
            timeout: seconds to wait.

        Returns:
            the handle of the workflow.

        Raises:
            WorkflowExists: the id is taken.
            ContextInvalid: the context does not fit its type.
            HandlerFailed: an entry action raised; there is no such workflow then.
            StoreError: it could not be written; there is no such workflow then.
        """
        ref, future = self._start(workflow, id, context, handlers)
        wait(future, timeout, f"workflow {ref.id!r} to start")
        return ref

    async def start_async(
        self,
        workflow: type[Workflow],
        *,
        id: str | None = None,
        context: Any = None,
        handlers: Sequence[object] = (),
    ) -> WorkflowRef:
        """Do what `start` does, from asyncio, without blocking its loop."""
        ref, future = self._start(workflow, id, context, handlers)
        await future
        return ref

    def _start(
        self, workflow: type[Workflow], id: str | None, context: Any, handlers: Sequence[object]
    ) -> tuple[WorkflowRef, PooledFuture[Any]]:
        services = self._services
        self._claim_name(workflow)
        workflow_id = id if id is not None else uuid4().hex
        if not workflow_id:
            raise ContextInvalid("A workflow's id can't be empty.", workflow_id=workflow_id)
        try:
            ready = workflow.make_context(context)
        except CodecError as error:
            raise ContextInvalid(
                f"The context for workflow {workflow_id!r} does not fit "
                f"{workflow.workflow_name}: {error}",
                workflow_id=workflow_id,
            ) from error
        message = Start(workflow, workflow_id, ready, tuple(handlers))
        return WorkflowRef(self, workflow_id), services.supervisor.ask(message, block=False)

    def get(self, id: str) -> WorkflowRef:
        """Return the handle of a workflow that exists, in memory or not.

        Raises:
            WorkflowNotFound: there is none.
        """
        self.metadata(id)
        return WorkflowRef(self, id)

    def metadata(self, id: str) -> WorkflowRecord:
        """Return what can be said of a workflow without reading its history.

        Raises:
            WorkflowNotFound: there is none of this id.
        """
        record = self._services.store.find(id)
        if record is None:
            raise WorkflowNotFound(f"There is no workflow {id!r}.", workflow_id=id)
        return record

    def list(
        self,
        workflow: type[Workflow] | str | None = None,
        *,
        state: Name | None = None,
        finished: bool | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[WorkflowRecord]:
        """Return a page of workflows, in the order of their creation.

        Arguments:
            workflow: only those of this class, or of the class stored under this name.
            state: only those in which this state is active, at any depth.
            finished: only those that have, or have not, reached their end.
            after: for the next page, the `number` of the last one of the page before.
            limit: how many at the most.
        """
        return self._services.store.list(
            type=workflow
            if workflow is None or isinstance(workflow, str)
            else workflow.workflow_name,
            state=None if state is None else _state_name(state),
            finished=finished,
            after=after,
            limit=limit,
        )

    def stop(self, id: str, *, timeout: float | None = None) -> None:
        """Have a workflow finish what it was sent and leave memory. It stays in the store.

        Its next event brings it back.

        Raises:
            WorkflowNotFound: there is none of this id.
        """
        wait(self._services.supervisor.ask(Stop(id), block=False), timeout, f"{id!r} to stop")

    def remove(self, id: str, *, timeout: float | None = None) -> None:
        """Delete a workflow and all its history, once it has finished what it was sent.

        Raises:
            WorkflowNotFound: there is none of this id.
        """
        wait(self._services.supervisor.ask(Remove(id), block=False), timeout, f"{id!r} to go")

    def broadcast(
        self,
        event: Name,
        *,
        workflow: type[Workflow] | str | None = None,
        state: Name | None = None,
        **fields: Any,
    ) -> int:
        """Tell an event to every workflow that has not finished.

        Arguments:
            event: the event.
            workflow: only to those of this class.
            state: only to those in which this state is active.
            fields: the event's data.

        Returns:
            how many were told. Those whose state does not allow it refuse it, as after `tell`.
        """
        told = after = 0
        while page := self.list(workflow, state=state, finished=False, after=after, limit=1000):
            for record in page:
                WorkflowRef(self, record.id).tell(event, fields)
            told += len(page)
            after = page[-1].number
        return told

    def subscribe(
        self,
        callback: Callable[[Committed], Any],
        *,
        id: str | None = None,
        workflow: type[Workflow] | str | None = None,
        state: Name | None = None,
        event: Name | None = None,
    ) -> Callable[[], None]:
        """Have `callback` called with each step once it is durable, in their order.

        A slow callback, plain or `async`, holds up only itself; one that raises is called again for
        the next step.

        Arguments:
            callback: gets a `Committed`.
            id: only steps of this workflow.
            workflow: only steps of this class.
            state: only steps that lead into this state.
            event: only steps that this event caused.

        Returns:
            what ends the subscription when it is called.
        """
        interest = Interest(
            workflow_id=id,
            type=workflow
            if workflow is None or isinstance(workflow, str)
            else workflow.workflow_name,
            state=None if state is None else _state_name(state),
            event=None if event is None else _name(event),
        )
        return self._services.notifications.subscribe(interest, callback)

    @property
    def events(self) -> EventStream:
        """What happens to actors and messages: `EventFailed`, dead letters, starts and stops."""
        return self._services.runtime.events

    def settle(self, timeout: float | None = None) -> None:
        """Wait until all that was accepted so far is durable, or was answered otherwise.

        Arguments:
            timeout: seconds to wait.

        Raises:
            Timeout: it took longer.
        """
        services = self._services
        deadline = Deadline(services.runtime.clock, timeout)
        pending = [WorkflowRef(self, id)._send(Wake()) for id in services.activations.ids()]
        for future in pending:
            with suppress(WorkflowError, StoreError):  # those who sent something have heard of it
                wait(future, deadline.left(), "the system to settle")
        wait(services.supervisor.ask(Wake(), block=False), deadline.left(), "the supervisor")

    def recover(self) -> dict[str, Exception | None]:
        """Bring every unfinished workflow into memory now, instead of on demand.

        Returns:
            for each of them None, or why it could not be brought back. Such a one is left as it is
            in the store, and tried again at its next event.
        """
        pending = {
            record.id: WorkflowRef(self, record.id)._send(Wake())
            for record in self._services.store.all()
            if not record.finished
        }
        return {workflow_id: _error_of(future) for workflow_id, future in pending.items()}

    # --- the store as a whole ---

    @property
    def statistics(self) -> Statistics:
        """What has been written since the system was opened, and what that took."""
        return msgspec.structs.replace(self._services.statistics)

    def verify(self, id: str | None = None) -> list[Problem]:
        """Check the store, or one workflow in it, and return what is wrong; [] is well."""
        return list(verify(self._services.store, id))

    def export(self, id: str) -> bytes:
        """Return a workflow with all its history as a JSON document.

        Raises:
            WorkflowNotFound: there is none of this id.
        """
        return export_workflow(self._services.store, id)

    def import_(self, document: bytes) -> WorkflowRef:
        """Put a workflow that was exported into this store, as it was.

        Raises:
            BadDocument: it is damaged, or not one of ours.
            WorkflowExists: its id is taken.
        """
        store = self._services.store
        write = Write(lambda: import_workflow(store, document))
        record: WorkflowRecord = self._services.persistence.ask(write)
        return WorkflowRef(self, record.id)


def _error_of(future: PooledFuture[Any]) -> Exception | None:
    try:
        future.get()
    except Exception as error:
        return error
    return None


class Deadline:
    """What is left of a time that was given."""

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock.monotonic() + seconds

    def left(self) -> float | None:
        """Return the seconds that are left, or None when there is no limit."""
        return None if self._end is None else max(0.0, self._end - self._clock.monotonic())
