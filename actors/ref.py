"""The handle of one workflow: what an app sends to and reads from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, overload

from pykka import ActorDeadError

from .activities.handle import HasActivities
from .answer import Answer
from .children.handle import HasChildren
from .messages import Commit, Deliver, RollBack, Wake
from .names import Name, checked_key, event_fields, event_name, new_id
from .reception import put
from .rehydration import past_position
from .runtime import Envelope, PooledFuture
from .runtime.context import here
from .runtime.waiting import check_may_wait
from .stepping import follow, unborn
from .to_come import leave_elsewhere
from .uneventful import forked
from .versions import to_present
from .view import WorkflowView
from .waiting import Deadline, wait


class WorkflowRef(WorkflowView, HasActivities, HasChildren):
    """One workflow, by its id.

    It stays good when the workflow leaves memory and comes back, and when the system is opened
    anew. Get one from `ActorSystem.start` or `ActorSystem.get`.

    Attributes:
        id: the workflow's id.
    """

    __slots__ = ()

    @overload
    def ask(
        self,
        event: Name,
        data: Mapping[str, Any] | None = ...,
        /,
        *,
        key: str | None = ...,
        timeout: float | None = ...,
        block: Literal[True] = ...,
        keep_refused: bool = ...,
        **fields: Any,
    ) -> Any: ...

    @overload
    def ask(
        self,
        event: Name,
        data: Mapping[str, Any] | None = ...,
        /,
        *,
        key: str | None = ...,
        timeout: float | None = ...,
        block: Literal[False],
        keep_refused: bool = ...,
        **fields: Any,
    ) -> PooledFuture[Any]: ...

    def ask(
        self,
        event: Name,
        data: Mapping[str, Any] | None = None,
        /,
        *,
        key: str | None = None,
        timeout: float | None = None,
        block: bool = True,
        keep_refused: bool = False,
        **fields: Any,
    ) -> Any:
        """Send an event and wait until what it did is durable.

        Arguments:
            event: the event: `Order.pay`, "pay", or an enum member.
            data: its data, for names that can't be keywords here; `fields` go on top.
            key: an idempotency key. If this workflow has handled it before, the recorded outcome
                is the answer and nothing runs.
            timeout: seconds to wait for the answer; the event may still take effect later.
            block: False gives a future at once, which can be awaited or asked with `get()`.
            keep_refused: write it to the history too when the state does not allow it.
            fields: the event's data; actions get it by parameter name.

        Returns:
            what the transition's actions returned, or a future for it.

        Raises:
            InvalidTransition: the workflow's state does not allow the event; nothing changed.
            UnknownEvent: its class has no such event.
            HandlerFailed: an action raised; the step was undone.
            WorkflowNotFound: there is no such workflow.
            StoreError: it could not be written; nothing changed.
            MailboxFull: there was no room for it in time; it was not sent.
            Timeout: no answer in time.
            BlockedLoopError: an async action waited instead of awaiting; nothing was sent.

        Example:
            >>> order.ask(Order.pay, amount=30, key="pay-7")    # doctest: +SKIP
        """
        message = Deliver(
            event_name(event),
            event_fields(data, fields),
            None if key is None else checked_key(key),
            keep_refused,
        )
        if not block:
            return self._send(message, timeout, may_wait=False)
        if here.serves_loop:
            check_may_wait()
        if timeout is not None:
            deadline = Deadline(timeout)
            future = self._send(message, timeout)
            return wait(future, deadline.left(), f"workflow {self.id!r}")
        # A thread that waits anyway runs an idle workflow itself, and wakes no other for it.
        answer: Answer[Any] = Answer()
        self._system._writing.reception.accept(self.id, Envelope(message, answer), None, run=True)
        return answer.get()

    async def ask_async(
        self,
        event: Name,
        data: Mapping[str, Any] | None = None,
        /,
        *,
        key: str | None = None,
        keep_refused: bool = False,
        **fields: Any,
    ) -> Any:
        """Do what `ask` does, from asyncio, without blocking its loop."""
        services = self._system._writing
        message = Deliver(
            event_name(event), event_fields(data, fields), checked_key(key), keep_refused
        )
        future: Answer[Any] = Answer()
        await services.reception.accept_async(self.id, Envelope(message, future))
        return await future

    def tell(
        self,
        event: Name,
        data: Mapping[str, Any] | None = None,
        /,
        *,
        key: str | None = None,
        timeout: float | None = None,
        **fields: Any,
    ) -> None:
        """Send an event and don't wait for what it does: it is accepted, not yet durable.

        What goes wrong with it is logged, and published as `EventFailed` on the event stream.

        Arguments:
            event: the event, as with `ask`.
            data: its data, for names that can't be keywords here.
            key: an idempotency key.
            timeout: seconds to wait for room, if too much waits for this workflow or the disk.
            fields: the event's data.

        Raises:
            MailboxFull: there was no room for it in time; it was not accepted.
        """
        services = self._system._writing
        message = Deliver(event_name(event), event_fields(data, fields), checked_key(key))
        services.reception.accept(self.id, Envelope(message), timeout, may_wait=False)

    async def tell_async(
        self,
        event: Name,
        data: Mapping[str, Any] | None = None,
        /,
        *,
        key: str | None = None,
        **fields: Any,
    ) -> None:
        """Do what `tell` does, from asyncio: it may have to wait for room."""
        services = self._system._writing
        message = Deliver(event_name(event), event_fields(data, fields), checked_key(key))
        await services.reception.accept_async(self.id, Envelope(message))

    def rollback(
        self, to: int | None = None, *, key: str | None = None, timeout: float | None = None
    ) -> None:
        """Go back to where the workflow stood, as a step of its own.

        No action is run, and what earlier steps did outside is not undone. What was stored under
        an older version of the class is migrated.

        Arguments:
            to: the sequence after which it stood there; by default, before the last step that
                changed something, so that several rollbacks go on backwards.
            key: an idempotency key, as with `ask`.
            timeout: seconds to wait.

        Raises:
            RollbackFailed: there is no such step.
            HistoryTrimmed: retention has removed it.
            VersionMismatch: the class has no place for it any more.
        """
        check_may_wait()
        deadline = Deadline(timeout)
        future = self._send(RollBack(to, checked_key(key)), timeout)
        wait(future, deadline.left(), f"workflow {self.id!r}")

    def fork(
        self, *, at: int | None = None, id: str | None = None, timeout: float | None = None
    ) -> WorkflowRef:
        """Start a new workflow where this one stood. It runs no action.

        It is of the present version of its class: where it stood under an older one is migrated.

        Arguments:
            at: the sequence after which it stood there; by default its last step.
            id: the new workflow's id; by default a new random one.
            timeout: seconds to wait.

        Returns:
            the new workflow.

        Raises:
            WorkflowExists: the id is taken.
            RollbackFailed: there is no such step.
            HistoryTrimmed: retention has removed it.
            VersionMismatch: the class has no place for it any more.
        """
        services = self._system._writing
        check_may_wait()
        workflow_id = new_id(id)
        origin = self._position()
        workflow = services.workflow_class(origin.record.type)
        if at is None:
            origin = to_present(origin, workflow)
        else:
            origin = past_position(services.store, origin.record, at, workflow)
        record = origin.record
        before = unborn(services.store.allocate(), workflow_id, record.type, record.version)
        done = forked(origin, services.runtime.clock.now_us())
        done = leave_elsewhere(done, before, workflow, services.store.allocate_message)
        step, position = follow(before, done, checkpoint_every=1)
        made: Answer[Any] = Answer()
        services.submit(Commit(made, step, position))
        wait(made, timeout, f"workflow {workflow_id!r} to be made")
        return WorkflowRef(self._system, workflow_id)

    def _send(
        self,
        message: Deliver | RollBack,
        timeout: float | None,
        *,
        may_wait: bool = True,
    ) -> PooledFuture[Any]:
        future: Answer[Any] = Answer()
        envelope = Envelope(message, future)
        self._system._writing.reception.accept(self.id, envelope, timeout, may_wait=may_wait)
        return future

    def _wake(self, *, run: bool = False) -> PooledFuture[Any]:
        """Bring the workflow into memory; answered when all that it got before is done.

        Arguments:
            run: whether this thread waits for that and may do it.
        """
        future: Answer[Any] = Answer()
        envelope = Envelope(Wake(), future)
        self._system._services.activations.deliver(self.id, lambda ref: put(ref, envelope, run))
        return future

    def _at_rest(self) -> PooledFuture[Any] | None:
        """Return what is answered when all that it got before is done; None: it is not in memory.

        This counts as no use: who waits for a system keeps nobody in memory.
        """
        activation = self._system._services.activations.find(self.id)
        if activation is None:
            return None
        future = Answer[Any]()
        try:
            put(activation.ref, Envelope(Wake(), future))
        except ActorDeadError:  # it has left, or has been followed by another one
            return self._wake()
        return future
