"""The system: what an app opens, and where it starts, finds and stops workflows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from ..persistence.codec import CodecError
from ..persistence.errors import (
    ContextInvalid,
    StoreError,
)
from ..persistence.records import WorkflowRecord
from .absent import not_found
from .answer import ask
from .filters import check_class, check_event, check_states, stored_name
from .handlers import check_handlers
from .names import Name, event_name, new_id, state_names, text
from .notifications import Committed, Interest
from .recovering import SystemRecovery
from .ref import WorkflowRef
from .runtime import EventStream, PooledFuture
from .runtime.waiting import check_may_wait
from .subscribing import forget, open_subscription
from .supervisor import Remove, Start, Stop
from .waiting import Deadline, ask_and_wait, wait
from .workflow import Workflow


class ActorSystem(SystemRecovery):
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

    # --- workflows ---

    @overload
    def start(
        self,
        workflow: type[Workflow],
        *,
        id: str | None = ...,
        context: Any = ...,
        handlers: Sequence[object] = ...,
        timeout: float | None = ...,
        block: Literal[True] = ...,
    ) -> WorkflowRef: ...

    @overload
    def start(
        self,
        workflow: type[Workflow],
        *,
        id: str | None = ...,
        context: Any = ...,
        handlers: Sequence[object] = ...,
        timeout: float | None = ...,
        block: Literal[False],
    ) -> PooledFuture[WorkflowRef]: ...

    def start(
        self,
        workflow: type[Workflow],
        *,
        id: str | None = None,
        context: Any = None,
        handlers: Sequence[object] = (),
        timeout: float | None = None,
        block: bool = True,
    ) -> WorkflowRef | PooledFuture[WorkflowRef]:
        """Start a workflow, and wait until its creation is durable.

        Arguments:
            workflow: its class.
            id: its id; by default a new random one.
            context: the fields of its context as a mapping, or a ready `Context`.
            handlers: handlers of its own, for as long as this system is open; see `Handler`.
            timeout: seconds to wait.
            block: False gives a future at once; send nothing before it has its value.

        Returns:
            the handle of the workflow, or a future for it.

        Raises:
            WorkflowExists: the id is taken.
            ContextInvalid: the context does not fit its type.
            HandlerFailed: an entry action raised; there is no such workflow then.
            StoreError: it could not be written; there is no such workflow then.
            MailboxFull: too much waits for the disk, and did so until the time was up.
        """
        if block:
            check_may_wait()
        deadline = Deadline(timeout)
        ref, message = self._to_start(workflow, id, context, handlers)
        self._services.reception.admit(ref.id, deadline, may_wait=block)
        future = ask(self._services.supervisor, message)
        if not block:
            return future.map(lambda _: ref)
        wait(future, deadline.left(), f"workflow {ref.id!r} to start")
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
        ref, message = self._to_start(workflow, id, context, handlers)
        await self._services.reception.admit_async(ref.id)
        await ask(self._services.supervisor, message)
        return ref

    def _to_start(
        self, workflow: type[Workflow], id: str | None, context: Any, handlers: Sequence[object]
    ) -> tuple[WorkflowRef, Start]:
        self._check_writable()
        self._claim_name(workflow)
        check_handlers(handlers)
        workflow_id = new_id(id)
        try:
            ready = workflow.make_context(context)
        except CodecError as error:
            raise ContextInvalid(
                f"The context for workflow {workflow_id!r} does not fit "
                f"{workflow.workflow_name}: {error}",
                workflow_id=workflow_id,
            ) from error
        return WorkflowRef(self, workflow_id), Start(workflow, workflow_id, ready, tuple(handlers))

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
        record = self._services.store.find(text(id, "A workflow's id"))
        if record is None:
            raise not_found(id)
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
            state: only those in which this state is active, at any depth; or all of several, with
                "+" between them, as `WorkflowRef.state` has them.
            finished: only those that have, or have not, reached their end.
            after: for the next page, the `number` of the last one of the page before.
            limit: how many at the most.

        Raises:
            UnknownWorkflow: no class of this name is imported or in the store.
            UnknownState: the class has no such state; or, without a class, none has that is known.
        """
        wanted = () if state is None else state_names(state)
        found = self._services.store.list(
            type=stored_name(workflow), states=wanted, finished=finished, after=after, limit=limit
        )
        if not found:
            check_class(self._services, workflow)
            check_states(self._services, workflow, wanted)
        return found

    def stop(self, id: str, *, timeout: float | None = None) -> None:
        """Have a workflow finish what it was sent and leave memory. It stays in the store.

        Its next event brings it back.

        Raises:
            WorkflowNotFound: there is none of this id.
        """
        ask_and_wait(self._services.supervisor, Stop(id), timeout, f"{id!r} to stop")

    def remove(self, id: str, *, timeout: float | None = None) -> None:
        """Delete a workflow and all its history, once it has finished what it was sent.

        Raises:
            WorkflowNotFound: there is none of this id.
        """
        ask_and_wait(self._services.supervisor, Remove(id), timeout, f"{id!r} to go")

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
            state: only to those in which this state is active, or all of several, as in `list`.
            fields: the event's data.

        Returns:
            how many were told. Those whose state does not allow it refuse it, as after `tell`.

        Raises:
            UnknownWorkflow: no class of this name is imported or in the store.
            UnknownEvent: the class has no such event; or, without a class, none has that is known.
            UnknownState: likewise of a state.
        """
        check_class(self._services, workflow)
        check_event(self._services, workflow, event_name(event), sent=True)
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
        durable: str | None = None,
        from_start: bool = False,
    ) -> Callable[[], None]:
        """Have `callback` called with each step once it is durable, in their order.

        A slow callback, plain or `async`, holds up only itself; one that raises is called again for
        the next step.

        A durable subscription has a name, under which the store keeps how far it has come. It
        misses nothing: also what was committed while it was not open is told, in the order of the
        commits, at least once. A step counts as told when the callback has returned; one that
        raises is called again for the same step, after 0.1 s and then ever longer up to a minute,
        with a `SubscriptionFailed` on the event stream each time. After a crash, up to 256 steps
        may be told again. If steps are gone before it has seen them, by retention or because their
        workflow was removed, a `SubscriptionGap` on the event stream says which.

        Arguments:
            callback: gets a `Committed`.
            id: only steps of this workflow.
            workflow: only steps of this class.
            state: only steps that lead into this state, or all of several, as in `list`.
            event: only steps that this event caused.
            durable: the name of a durable subscription; open once at a time.
            from_start: a durable one that is new begins with the oldest step that is kept, and
                not with the next one.

        Returns:
            what ends the subscription when it is called; a durable one, until it is opened again.

        Raises:
            UnknownWorkflow: no class of this name is imported or in the store.
            UnknownState: the class has no such state; or, without a class, none has that is known.
            UnknownEvent: likewise of an event.
            RepertoryError: a durable subscription of this name is open.
            StoreError: it could not be written, or the system is read-only.
        """
        if self._read_only:
            raise StoreError(
                f"{self.path} was opened read-only, and whoever writes to it does not tell of its "
                f"steps here; use wait_for, or look at the history.",
                path=self.path,
            )
        check_class(self._services, workflow)
        interest = Interest(
            workflow_id=id,
            type=stored_name(workflow),
            states=() if state is None else state_names(state),
            event=None if event is None else event_name(event),
        )
        check_states(self._services, workflow, interest.states)
        if interest.event is not None:
            check_event(self._services, workflow, interest.event, sent=False)
        if durable is not None:
            return open_subscription(self._services, durable, interest, callback, from_start)
        return self._services.notifications.subscribe(interest, callback)

    def subscriptions(self) -> dict[str, int]:
        """Return the durable subscriptions, each with the id of the last entry it has handled."""
        return self._services.store.cursors()

    def forget_subscription(self, name: str) -> bool:
        """Remove a durable subscription for good, and tell whether there was one.

        Raises:
            RepertoryError: it is open; end it first.
        """
        return forget(self._services, name)

    @property
    def events(self) -> EventStream:
        """What happens to actors and messages: `EventFailed`, dead letters, starts and stops."""
        return self._services.runtime.events
