"""The handle of one workflow: what an app sends to and reads from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from ..persistence.errors import WorkflowNotFound
from .activities.handle import HasActivities
from .answer import Answer, brought_by
from .comparison import Difference, compare
from .conditions import when
from .history import HistoryEntry, read_history
from .messages import Commit, Deliver, RollBack, Wake
from .names import Name, checked_key, event_fields, event_name, new_id, text
from .position import Position
from .rehydration import past_position, read_position
from .runtime import Envelope, PooledFuture, PooledRef
from .snapshot import Snapshot, snapshot
from .stepping import follow, forked, unborn
from .versions import to_present
from .waiting import check_may_wait, in_vain, wait

if TYPE_CHECKING:
    from .life import SystemLife


class WorkflowRef(HasActivities):
    """One workflow, by its id.

    It stays good when the workflow leaves memory and comes back, and when the system is opened
    anew. Get one from `ActorSystem.start` or `ActorSystem.get`.

    Attributes:
        id: the workflow's id.
    """

    __slots__ = ("_system", "id")
    _system: SystemLife

    def __init__(self, system: SystemLife, workflow_id: str) -> None:
        self._system = system
        self.id = text(workflow_id, "A workflow's id")

    def __repr__(self) -> str:
        return f"<WorkflowRef {self.id!r}>"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, WorkflowRef) and self.id == other.id and self._system is other._system
        )

    def __hash__(self) -> int:
        return hash(self.id)

    # --- sending ---

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
            Timeout: no answer in time.
            BlockedLoopError: an async action waited instead of awaiting; nothing was sent.

        Example:
            >>> order.ask(Order.pay, amount=30, key="pay-7")    # doctest: +SKIP
        """
        message = Deliver(
            event_name(event), event_fields(data, fields), checked_key(key), keep_refused
        )
        if block:
            check_may_wait()
        # A thread that waits anyway runs an idle workflow itself, and wakes no other for it.
        future = self._send(message, run=block and timeout is None)
        return wait(future, timeout, f"workflow {self.id!r}") if block else future

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
        return await self.ask(
            event, data, key=key, keep_refused=keep_refused, block=False, **fields
        )

    def tell(
        self,
        event: Name,
        data: Mapping[str, Any] | None = None,
        /,
        *,
        key: str | None = None,
        **fields: Any,
    ) -> None:
        """Send an event and don't wait: it is accepted, not yet processed, nor durable.

        What goes wrong with it is logged, and published as `EventFailed` on the event stream.
        """
        self._system._check_writable()
        message = Deliver(event_name(event), event_fields(data, fields), checked_key(key))
        self._system._services.activations.deliver(self.id, lambda ref: ref.tell(message))

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
        wait(self._send(RollBack(to, checked_key(key))), timeout, f"workflow {self.id!r}")

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
        self._system._check_writable()
        check_may_wait()
        services = self._system._services
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
        step, position = follow(before, done, checkpoint_every=1)
        made: Answer[Any] = Answer()
        services.submit(Commit([made], step=step, position=position))
        wait(made, timeout, f"workflow {workflow_id!r} to be made")
        return WorkflowRef(self._system, workflow_id)

    def _send(self, message: Deliver | RollBack | Wake, *, run: bool = False) -> PooledFuture[Any]:
        if not isinstance(message, Wake):
            self._system._check_writable()
        future: Answer[Any] = Answer()

        def put(ref: PooledRef[Any]) -> None:
            brought_by(ref, future)
            envelope = Envelope(message, reply_to=future)
            if run:
                ref.actor_inbox.put_and_run(envelope, future)
            else:
                ref.actor_inbox.put(envelope)

        self._system._services.activations.deliver(self.id, put)
        return future

    # --- reading: what is durable ---

    def snapshot(self) -> Snapshot:
        """Return the workflow as it durably is now.

        Raises:
            VersionMismatch: what is stored does not fit its class, or its migration failed.
        """
        position = self._position()
        services = self._system._services
        return snapshot(position, services.workflow_class(position.record.type))

    @property
    def state(self) -> str:
        """The id of the active state; of several regions, theirs joined by "+"."""
        return self.snapshot().state

    @property
    def context(self) -> Any:
        """A copy of the workflow's context."""
        return self.snapshot().context

    def history(self, last: int | None = None, *, at: int | None = None) -> list[HistoryEntry]:
        """Return what has happened, oldest first.

        Arguments:
            last: only the last so many steps.
            at: only the step of this sequence.
        """
        store = self._system._services.store
        return read_history(store, self._position().record, last=last, at=at)

    def diff(self, before: int, after: int) -> Difference:
        """Return what differs between the workflow after one of its steps and after another.

        Arguments:
            before: the sequence of the one step.
            after: that of the other.

        Raises:
            RollbackFailed: there is no such step.
            HistoryTrimmed: retention has removed one of them.
        """
        (one,), (other,) = self.history(at=before), self.history(at=after)
        return compare(one, other)

    def wait_for(
        self, what: Name | Callable[[Snapshot], bool], timeout: float | None = None
    ) -> Snapshot:
        """Wait until a state is active, or a condition on the snapshot holds.

        Arguments:
            what: the state, or the condition. It is asked of what is durable: now, and then
                after each step.
            timeout: seconds to wait.

        Returns:
            the snapshot that it held for first.

        Raises:
            Timeout: it did not hold in time.
        """
        check_may_wait()
        met, done = when(self._system._services, self.id, what, self.snapshot)
        try:
            return cast(Snapshot, wait(met, timeout, f"workflow {self.id!r} to be as asked"))
        finally:
            done()

    async def wait_for_async(
        self, what: Name | Callable[[Snapshot], bool], timeout: float | None = None
    ) -> Snapshot:
        """Do what `wait_for` does, from asyncio, without blocking its loop."""
        met, done = when(self._system._services, self.id, what, self.snapshot)
        try:
            async with asyncio.timeout(timeout):
                return await met
        except TimeoutError as error:
            raise in_vain(timeout, f"workflow {self.id!r} to be as asked") from error
        finally:
            done()

    def _position(self) -> Position:
        services = self._system._services
        activation = services.activations.find(self.id)
        durable = activation.durable if activation is not None else None
        if durable is not None:
            return durable
        stored = services.store.load(self.id)
        if stored is None:
            raise WorkflowNotFound(f"There is no workflow {self.id!r}.", workflow_id=self.id)
        return read_position(stored)
