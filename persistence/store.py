"""The contract of a store: what the system asks of whatever keeps its workflows.

There are two: `MemoryStore` and `SqliteStore`; one suite of tests runs over both. Writes come from
one thread at a time, the persistence actor's; reads come from any thread and never wait for
a write.
"""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

from .errors import RepertoryError
from .records import (
    Checkpoint,
    Entry,
    Message,
    MessageKind,
    Postponed,
    Retention,
    Step,
    Stored,
    WorkflowRecord,
)


class Store(ABC):
    """Keeps workflows, their history and their checkpoints."""

    # --- life ---

    @abstractmethod
    def close(self) -> None:
        """Give back files, connections and the claim to be the one writer. May be repeated."""

    # --- writing: one caller at a time ---

    @abstractmethod
    def allocate(self) -> int:
        """Return a number for a new workflow; each one is given out once. Any thread may ask."""

    @abstractmethod
    def allocate_message(self) -> int:
        """Return the id for a new message, greater than all before. Any thread may ask."""

    @abstractmethod
    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        """Write steps of many workflows as one transaction.

        Steps of one workflow are given in their order. A step that can't be taken is left out,
        and so is every later one of its workflow that builds on it; the others are
        written: `WorkflowExists` for a creation whose id is taken, `StaleStep` for a step that
        doesn't follow the last one in the store, whose idempotency key was used before, or whose
        message was taken or cancelled before.

        Returns:
            for each step None, or why it was not written. They are durable on return.

        Raises:
            StoreError: nothing of all this was written.
        """

    @abstractmethod
    def bury(self, message: int, why: str) -> None:
        """Note that a message can't be delivered; it is kept, but no longer on its way."""

    @abstractmethod
    def drop(self, message: int) -> bool:
        """Delete a message that could not be delivered; tell whether it was one."""

    @abstractmethod
    def discard(self, message: int) -> None:
        """Delete a message, whatever has become of it; one that is gone does no harm."""

    @abstractmethod
    def postpone(
        self, message: int, *, due: int, attempt: int, options: bytes | None = None
    ) -> bool:
        """Have a message wait for another attempt; tell whether it is still on its way.

        Arguments:
            message: its id.
            due: not before this; UTC, in microseconds since 1970.
            attempt: how often it was tried by now.
            options: its options from now on.
        """

    @abstractmethod
    def postpone_all(self, rows: Sequence[Postponed], *, flush: bool = True) -> None:
        """Do what `postpone` does for many messages: id, due, attempt and options of each.

        Arguments:
            rows: those.
            flush: whether it must outlive a power cut, and not only the process.
        """

    @abstractmethod
    def revive(self, message: int, now: int) -> Message | None:
        """Have a message begin anew, at once, also one that can't be delivered; return it.

        Arguments:
            message: its id.
            now: when it counts as sent from now on; UTC, in microseconds since 1970.

        Returns:
            the message as it is now, or None if it is gone.
        """

    @abstractmethod
    def remove(self, workflow_id: str) -> bool:
        """Delete a workflow with all that belongs to it; tell whether it was there.

        Its timers and whatever else it has named go with it. Messages to others go their way.
        """

    @abstractmethod
    def insert(
        self,
        record: WorkflowRecord,
        checkpoints: Sequence[Checkpoint],
        entries: Sequence[Entry],
        pending: Sequence[Message] = (),
    ) -> None:
        """Write a whole workflow as it is, under a new number; used by import.

        Arguments:
            record: its row.
            checkpoints: its checkpoints, oldest first.
            entries: its history, oldest first.
            pending: what it has named and is still to come, with ids of this store.

        Raises:
            WorkflowExists: the id is taken.
        """

    @abstractmethod
    def trim(self, retention: Retention, now: int, *, limit: int = 100) -> int:
        """Remove history that is past retention, of at most `limit` workflows.

        Before the entries up to some sequence go, a checkpoint is put at that sequence, so
        what is left can be folded, verified and rehydrated as before. One transaction.

        Arguments:
            retention: what is to be kept.
            now: UTC, in microseconds since 1970.

        Returns:
            how many workflows were trimmed; fewer than `limit` means that none is left to trim.
        """

    @abstractmethod
    def define(self, type: str, version: int, definition: bytes) -> None:
        """Keep what a version of a class is, as JSON, in the place of what it was."""

    @abstractmethod
    def move_cursor(self, name: str, entry: int) -> None:
        """Keep how far a subscription has come: the id of the last entry that it is done with."""

    @abstractmethod
    def remove_cursor(self, name: str) -> bool:
        """Forget a subscription; tell whether there was one."""

    # --- reading: from any thread ---

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """Let this thread's reads within see one state of the store, whatever is committed.

        Example:
            >>> with store.reading():
            ...     record = store.find("order-7")
            ...     entries = store.entries(record.number)
        """

    @abstractmethod
    def find(self, workflow_id: str) -> WorkflowRecord | None:
        """Return a workflow's row, or None."""

    @abstractmethod
    def load(self, workflow_id: str) -> Stored | None:
        """Return what rehydrating needs, read from one state of the store, or None."""

    @abstractmethod
    def find_key(self, number: int, key: str) -> Entry | None:
        """Return the entry that this idempotency key left in the workflow, or None."""

    @abstractmethod
    def list(
        self,
        *,
        type: str | None = None,
        states: Collection[str] = (),
        finished: bool | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[WorkflowRecord]:
        """Return a page of workflows in the order of their creation.

        Arguments:
            type: only those of this class.
            states: only those in which all of these states are active, at any depth.
            finished: only those that have, or have not, reached their end.
            after: only those with a greater number than this; the last one's of the page before.
            limit: how many at the most.
        """

    @abstractmethod
    def tally(self) -> dict[tuple[str, tuple[str, ...]], int]:
        """Return how many workflows of each class stand in each configuration."""

    @abstractmethod
    def entries(
        self,
        number: int,
        *,
        after: int = 0,
        upto: int | None = None,
        last: int | None = None,
        first: int | None = None,
    ) -> builtins.list[Entry]:
        """Return history entries of a workflow by sequence, oldest first.

        Arguments:
            number: the workflow's number.
            after: only those with a greater sequence.
            upto: only those with this sequence or a smaller one.
            last: only the last so many of these.
            first: only the first so many of these; not together with `last`.
        """

    @abstractmethod
    def checkpoints(self, number: int) -> builtins.list[Checkpoint]:
        """Return all checkpoints of a workflow, oldest first."""

    @abstractmethod
    def checkpoint(self, number: int, upto: int | None = None) -> Checkpoint | None:
        """Return the last checkpoint, or the last one at `upto` or before it."""

    @abstractmethod
    def definitions(self) -> dict[tuple[str, int], bytes]:
        """Return what is known of each class and version."""

    @abstractmethod
    def committed(self, *, after: int, first: int) -> builtins.list[tuple[WorkflowRecord, Entry]]:
        """Return entries of all workflows in the order of their commits, each with its workflow.

        Arguments:
            after: only those with a greater id.
            first: only the first so many of these.
        """

    @abstractmethod
    def entry_range(self) -> tuple[int, int]:
        """Return the id of the oldest entry that is kept, and the last id that was given.

        When no entry is kept, the first is one more than the last.
        """

    @abstractmethod
    def cursors(self) -> dict[str, int]:
        """Return how far each subscription has come."""

    @abstractmethod
    def messages(
        self,
        *,
        receiver: str | None = None,
        dead: bool = False,
        kind: MessageKind | None = None,
        by: int | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> builtins.list[Message]:
        """Return messages that are on their way, or that can't be delivered, by id.

        Arguments:
            receiver: only those for this workflow.
            dead: those that can't be delivered instead.
            kind: only those of this kind.
            by: only those that are due by this time; UTC, in microseconds since 1970.
            after: only those with a greater id.
            limit: how many at the most.
        """

    @abstractmethod
    def due(
        self, *, by: int, after: tuple[int, int] = (0, 0), limit: int = 1000
    ) -> builtins.list[Message]:
        """Return messages on their way in the order in which they are due, those of a time by id.

        Arguments:
            by: only those that are due by this time; UTC, in microseconds since 1970. With 0, only
                those that are due at once.
            after: only those after this `due` and `id`.
            limit: how many at the most.
        """

    @abstractmethod
    def pending(self, workflow_id: str) -> builtins.list[Message]:
        """Return what a workflow has named and is still to come, by id."""

    @abstractmethod
    def damage(self, workflow_id: str | None = None) -> Iterable[str]:
        """Yield what is wrong with the store as such: its pages, rows that point nowhere.

        Arguments:
            workflow_id: only what is wrong with the rows of this workflow, besides its history.
        """

    def all(self) -> Iterator[WorkflowRecord]:
        """Yield every workflow in the order of creation, a page at a time."""
        after = 0
        while page := self.list(after=after, limit=1000):
            yield from page
            after = page[-1].number
