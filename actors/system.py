"""The system: what an app opens, and where it starts, finds and stops workflows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload
from uuid import uuid4

from ..persistence.codec import CodecError
from ..persistence.errors import (
    ContextInvalid,
    RepertoryError,
    SystemStopped,
    UnknownWorkflow,
    WorkflowNotFound,
)
from ..persistence.exchange import export_workflow, import_workflow
from ..persistence.memory import MemoryStore
from ..persistence.records import Problem, Retention, WorkflowRecord
from ..persistence.sqlite import SqliteStore
from ..persistence.store import Store
from ..persistence.verification import verify
from .activations import Activation, Activations
from .messages import Leave, Trim, Write
from .notifications import Committed, Interest, Notifications
from .persistence_actor import PersistenceActor
from .ref import Name, WorkflowRef, _name, _state_name, wait
from .runtime import Clock, Envelope, PooledFuture, Runtime
from .services import Services
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
            PersistenceActor, store, notifications, runtime.clock
        )
        services.supervisor = runtime.start(Supervisor, services)
        self._running = services
        self._trim_later(services)
        return self

    def _open_store(self) -> Store:
        if self.path is None:
            return MemoryStore()
        return SqliteStore(self.path, synchronous=self._synchronous)

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
                services.activations.deliver(
                    workflow_id, lambda ref, future=future: ref.tell(Leave(future))
                )
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
