"""What can be seen of one workflow: what is durable, in memory or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from .absent import not_found
from .comparison import Difference, compare
from .conditions import when
from .history import HistoryEntry, read_history
from .names import Name, text
from .position import Position
from .rehydration import read_position
from .runtime import PooledFuture
from .runtime.waiting import check_may_wait
from .snapshot import Snapshot, snapshot
from .timers import Timer, timers_among
from .waiting import in_vain, wait

if TYPE_CHECKING:
    from .life import SystemLife

_LOOK_AGAIN = 0.1
"""Seconds between two looks at a store in which another process writes."""


class WorkflowView:
    """One workflow to look at, by its id: the half of `WorkflowRef` that changes nothing."""

    __slots__ = ("_system", "id")

    def __init__(self, system: SystemLife, workflow_id: str) -> None:
        self._system = system
        self.id = text(workflow_id, "A workflow's id")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id!r}>"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, WorkflowView)
            and self.id == other.id
            and self._system is other._system
        )

    def __hash__(self) -> int:
        return hash(self.id)

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

    def timers(self) -> list[Timer]:
        """Return its timers and timeouts that are still to fire, the next one first."""
        return timers_among(self._position().pending)

    def wait_for(
        self, what: Name | Callable[[Snapshot], bool], timeout: float | None = None
    ) -> Snapshot:
        """Wait until a state is active, or a condition on the snapshot holds.

        Arguments:
            what: the state, several with "+" between them as in `state`, or the condition. It is
                asked of what is durable: now, and then after each step; with `read_only=True` of
                what is there each 0.1 s.
            timeout: seconds to wait.

        Returns:
            the snapshot that it held for first.

        Raises:
            Timeout: it did not hold in time.
        """
        check_may_wait()
        met, done = self._when(what)
        try:
            return cast(Snapshot, wait(met, timeout, f"workflow {self.id!r} to be as asked"))
        finally:
            done()

    async def wait_for_async(
        self, what: Name | Callable[[Snapshot], bool], timeout: float | None = None
    ) -> Snapshot:
        """Do what `wait_for` does, from asyncio, without blocking its loop."""
        met, done = self._when(what)
        try:
            async with asyncio.timeout(timeout):
                return await met
        except TimeoutError as error:
            raise in_vain(timeout, f"workflow {self.id!r} to be as asked") from error
        finally:
            done()

    def _when(
        self, what: Name | Callable[[Snapshot], bool]
    ) -> tuple[PooledFuture[Snapshot], Callable[[], None]]:
        every = _LOOK_AGAIN if self._system._read_only else None
        return when(self._system._services, self.id, what, self.snapshot, every)

    def _position(self) -> Position:
        services = self._system._services
        activation = services.activations.find(self.id)
        durable = activation.durable if activation is not None else None
        if durable is not None:
            return durable
        stored = services.store.load(self.id)
        if stored is None:
            raise not_found(self.id)
        return read_position(stored)
