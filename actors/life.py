"""The life of a system: opening its store, starting its actors, and stopping in order."""

from __future__ import annotations

import asyncio
import os
import weakref
from contextlib import suppress
from threading import RLock, Thread, current_thread
from types import TracebackType
from typing import Any, Self

from ..persistence.errors import (
    RepertoryError,
    StoreError,
    StoreFenced,
    SystemStopped,
    UnknownWorkflow,
)
from ..persistence.memory import MemoryStore
from ..persistence.sqlite import SqliteStore
from ..persistence.store import Store
from .activations import Activation, Activations
from .activities.lifetime import run_activities
from .children.carrier import care_for_children
from .closing import is_within, let_finish, patience
from .definition_check import DefinitionCheck
from .inspection import Rates, let_look_in
from .known import workflow_class
from .messages import DeliverAll, Trim
from .notifications import Notifications
from .passivation import Passivation
from .persistence_actor import PersistenceActor
from .reception import Reception
from .runtime import PooledRef, Runtime, RuntimeClosedError
from .services import Services
from .settings import SystemSettings
from .supervisor import Supervisor
from .waiting import Deadline
from .workflow import Workflow
from .workflow_actor import WorkflowActor


class SystemLife(SystemSettings):
    """What a system is before anything is sent: closed, open, and closed again."""

    # --- life ---

    def open(self) -> Self:
        """Open the store and start the actors. Recovers nothing yet: workflows wake on demand.

        Leaving it by Ctrl-C, or in a task that is cancelled, waits for workflows for 5 s at most.

        Raises:
            RepertoryError: it is open already.
            StoreError: the store can't be opened; its subclasses say why.
            DefinitionChanged: a class that is imported has changed without a new version, and
                that is to be an error.
        """
        with self._changing:
            if self._running is not None:
                raise RepertoryError(f"The system {self._name!r} is open already.")
            return self._open()

    def _open(self) -> Self:
        self._lost = self._closing = self._parents = None
        store = self._given_store or self._open_store()
        try:
            runtime = Runtime(
                self._name, workers=self._workers, clock=self._clock, slow_after=self._slow_after
            )
        except BaseException:
            store.close()
            raise
        notifications = Notifications(runtime)

        def activate(workflow_id: str, activation: Activation) -> PooledRef[Any]:
            try:
                return services.workflows.start(WorkflowActor, services, workflow_id, activation)
            except RuntimeClosedError as error:
                raise SystemStopped(f"The system {self._name!r} is being closed.") from error

        services = Services(
            store=store,
            runtime=runtime,
            activations=Activations(activate),
            notifications=notifications,
            workflow_class=self._class_of,
            system_handlers=self._handlers,
            limits=self._limits,
            stops_on=StoreError if self._on_store_error == "stop" else StoreFenced,
            stop=lambda error: self._stop_for(services, error),
        )
        services.passivation = Passivation(
            runtime, services.activations, self._limits, WorkflowActor.may_leave
        )
        services.persistence = runtime.start(PersistenceActor, services)
        services.supervisor = runtime.start(Supervisor, services)
        run_activities(services)
        care_for_children(services)
        services.reception = Reception(
            services.activations,
            self._limits,
            services.persistence.actor_inbox,
            services.supervisor.actor_inbox,
        )
        services.rates = Rates(runtime.clock.monotonic())
        self._running = services
        _opened.add(self)
        try:
            if self._inspectable:
                services.inspection_server = let_look_in(
                    services, self._name, None if self._read_only else self.path
                )
            self._check_definitions(services)
        except BaseException:
            self.close()
            raise
        if not self._read_only:
            # Before anybody can send: what is on its way goes first.
            services.persistence.tell(DeliverAll())
        self._trim_later(services)
        services.passivation.begin()
        if follow := getattr(self._clock, "follow", None):
            follow(self)  # a clock for tests, which waits for what it brings about
        return self

    def _check_definitions(self, services: Services) -> None:
        """Compare the classes that are imported already; the others when they are used."""
        services.definitions = DefinitionCheck(
            services.store,
            services.runtime.events,
            None if self._read_only else services.persistence,
            self._on_changed_definition,
        )
        for name, version in services.definitions.known():
            with suppress(UnknownWorkflow):
                workflow = workflow_class(name)
                if workflow.version == version:
                    services.definitions.check(workflow)

    def _open_store(self) -> Store:
        if self.path is None:
            return MemoryStore()
        return SqliteStore(self.path, synchronous=self._synchronous, read_only=self._read_only)

    @property
    def is_open(self) -> bool:
        """Whether it was opened, and not closed since."""
        return self._running is not None

    def close(self, timeout: float | None = None) -> None:
        """Let every workflow finish what it was sent, then stop. May be repeated.

        Arguments:
            timeout: seconds to wait for workflows; what they have not done by then is not done,
                and its senders get `SystemStopped`.
        """
        services = self._running
        if services is None:
            self._wait_for_end(timeout)
            return
        if is_within(services):
            raise RepertoryError(
                f"The system {self._name!r} can't be closed from an action, an activity, a handler "
                "or a callback, which would have to end first; close it from outside."
            )
        with self._changing:
            if self._running is not services:
                self._wait_for_end(timeout)  # another thread was quicker
                return
            self._running = None
        deadline = Deadline(timeout)
        try:
            let_finish(services, deadline)
        except BaseException:  # Ctrl-C, once more: nothing is waited for any longer
            deadline = Deadline(0)
            raise
        finally:
            services.reception.close()
            services.runtime.shutdown(timeout=deadline.left())
            if services.inspection_server is not None:
                services.inspection_server.close()
            services.places.close()
            services.store.close()

    def _stop_for(self, services: Services, error: StoreError) -> None:
        """Take nothing more, and close: in a thread of its own, since this one is the system's."""
        self._lost = error
        services.activations.close()
        services.reception.close()
        closing = Thread(target=self.close, name=f"{self._name}-closing")
        closing.start()
        self._closing = closing

    def _wait_for_end(self, timeout: float | None) -> None:
        closing = self._closing
        if closing is not None and closing is not current_thread():
            closing.join(timeout)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(patience(kind))

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.open)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close, patience(kind))

    def _check_writable(self) -> None:
        """Raise StoreError when the system only looks, or has lost its store; nothing runs."""
        if self._lost is not None:
            raise StoreError(
                f"The system {self._name!r} has stopped, since its store failed: {self._lost}",
                path=self.path,
            ) from self._lost
        if self._read_only:
            raise StoreError(
                f"{self.path} was opened read-only; open it without read_only to change it.",
                path=self.path,
            )

    @property
    def _writing(self) -> Services:
        """The services of a system that may be told to do something."""
        if self._lost is not None or self._read_only:
            self._check_writable()
        return self._running or self._services

    def _stay_behind(self) -> None:
        """Be closed, in a forked child: none of the threads has come along to answer anybody."""
        # Kept, so that nothing of the parent's is closed here.
        self._parents, self._running = self._running, None
        self._changing = RLock()

    @property
    def _services(self) -> Services:
        services = self._running
        if services is None and self._parents is not None:
            raise SystemStopped(
                f"The system {self._name!r} was opened by the process from which this one was "
                "forked, and is of no use here; open one in the process that uses it."
            )
        if services is None:
            raise SystemStopped(
                f"The system {self._name!r} is not open; enter it with `with`, or call open()."
            )
        return services

    def _class_of(self, name: str) -> type[Workflow]:
        workflow = self._classes.get(name) or workflow_class(name)
        self._services.definitions.check(workflow)
        return workflow

    def _claim_name(self, workflow: type[Workflow]) -> None:
        if not (isinstance(workflow, type) and issubclass(workflow, Workflow)):
            raise TypeError(f"{workflow!r} is no class of workflows; give the class itself.")
        name = workflow.workflow_name
        if self._classes.setdefault(name, workflow) is not workflow:
            other = self._classes[name]
            raise UnknownWorkflow(
                f"{workflow.__module__}.{workflow.__qualname__} and {other.__module__}."
                f"{other.__qualname__} are both stored as {name!r}; give one of them another "
                f"workflow_name.",
                name=name,
            )
        self._services.definitions.check(workflow)

    def _trim_later(self, services: Services) -> None:
        def trim() -> None:
            if self._running is services:
                services.persistence.tell(Trim(self.retention))
                self._trim_later(services)

        kept_for_ever = self.retention.count is None and self.retention.days is None
        if not kept_for_ever and not self._read_only:
            services.runtime.clock.call_later(self._trim_every, trim)


_opened: weakref.WeakSet[SystemLife] = weakref.WeakSet()


def _leave_parents_systems() -> None:
    for system in list(_opened):
        system._stay_behind()
    _opened.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_parents_systems)
