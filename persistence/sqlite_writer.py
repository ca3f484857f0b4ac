"""The writes of the SQLite store, each a transaction, on the one connection that writes."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from . import statements
from .admission import judge
from .errors import RepertoryError, StoreError, WorkflowExists
from .marks import mark_of
from .records import Checkpoint, Entry, Message, Postponed, Step, WorkflowRecord
from .rows import (
    Row,
    changed_row,
    checkpoint_row,
    entry_insert,
    message_insert,
    message_of,
    new_workflow_row,
)
from .sqlite_errors import told
from .transaction import Transaction


class Writer:
    """Writes; one caller at a time, from whichever thread."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        epoch: int,
        path: Path,
        busy_timeout: float,
        note: Callable[[int], None] | None = None,
    ) -> None:
        """Begin to write.

        Arguments:
            connection: the one that writes.
            epoch: the one in which it may.
            path: the database.
            busy_timeout: seconds to wait for another program's lock.
            note: told the number of the last entry, each time that it is on the disk.
        """
        self._note = note
        self._connection = connection
        self._path = path
        self._busy_timeout = busy_timeout
        self._transaction = Transaction(connection, epoch, path, busy_timeout)
        with told(path, busy_timeout):
            connection.create_function("mark_of", -1, mark_of, deterministic=True)
            number, entry = connection.execute(statements.LAST_GIVEN).fetchone()
            (number_there,) = connection.execute(statements.LAST_NUMBER).fetchone()
            (entry_there,) = connection.execute(statements.LAST_ENTRY).fetchone()
            (message_there,) = connection.execute(statements.LAST_MESSAGE).fetchone()
            (self._synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
        self._numbers: Iterator[int] = itertools.count(max(number, number_there or 0) + 1)
        self.last_entry: int = max(entry, entry_there or 0)
        """The number of the last entry that there is, or was."""
        self._messages: Iterator[int] = itertools.count((message_there or 0) + 1)

    def close(self) -> None:
        self._transaction.close()
        self._connection.close()

    def allocate(self) -> int:
        return next(self._numbers)

    def allocate_message(self) -> int:
        return next(self._messages)

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return what to write in: all that is written within, or nothing, is kept."""
        return self._transaction.whole()

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        if not steps:
            return []
        try:
            if len(steps) == 1 and self._commit_one(steps[0]):
                return [None]
            with self.transaction() as connection:
                last = self._write(connection, steps)
            self._tell(last)
            return [None] * len(steps)
        except _Refused:
            pass
        except StoreError as error:
            # These may be the fault of some steps alone.
            if not isinstance(
                error.__cause__, sqlite3.IntegrityError | UnicodeError | OverflowError
            ):
                raise
        with self.transaction() as connection:
            verdicts = self._judge(connection, steps)
            accepted = [step for step, no in zip(steps, verdicts, strict=True) if no is None]
            if not accepted:
                return verdicts
            try:
                last = self._write(connection, accepted)
            except _Refused as refused:
                raise StoreError(
                    f"{self._path} did not take steps that fit; verify the store.", path=self._path
                ) from refused
        self._tell(last)
        return verdicts

    def _commit_one(self, step: Step) -> bool:
        """Write a step that is nothing but a change; tell whether it is one, and has fitted.

        Its sender waits for it. So this is `_write` with no statement more than need be: the
        epoch is looked at where the workflow's row is changed.
        """
        entry, number = step.entry, step.record.number
        if entry.sequence == 1 or step.checkpoint or step.sends or step.cancels:
            return False
        if step.receives is not None:
            return False
        transaction = self._transaction
        transaction.check_process()
        with transaction.one:
            try:
                transaction.begin()
                cursor, id = transaction.cursor, self.last_entry + 1
                change = (*changed_row(step.record, number, entry.sequence - 1), transaction.epoch)
                if cursor.execute(statements.UPDATE_WORKFLOW_IN_EPOCH, change).rowcount != 1:
                    raise _Refused
                cursor.execute(*entry_insert(id, number, entry))
                self.last_entry = id
                transaction.commit()
            except BaseException as error:
                transaction.give_up(error)
                if isinstance(error, _Refused):
                    return False
                raise
        if self._note is not None:
            self._note(id)
        return True

    def _tell(self, last: int) -> None:
        if self._note is not None:
            self._note(last)

    def _write(self, connection: sqlite3.Connection, steps: Sequence[Step]) -> int:
        """Write steps that are supposed to fit; return the number of the last entry."""
        latest: dict[int, Step] = {}
        first: dict[int, Entry] = {}
        inserts: dict[str, list[Row]] = {}
        checkpoints: list[Row] = []
        sent: list[Message] = []
        received: list[Row] = []
        cancelled: set[int] = set()
        id: int = self.last_entry
        for step in steps:
            entry, number = step.entry, step.record.number
            before = latest.get(number)
            if before is None:
                first[number] = entry
            elif entry.sequence != before.entry.sequence + 1:
                raise _Refused
            latest[number] = step
            id += 1
            insert, row = entry_insert(id, number, entry)
            inserts.setdefault(insert, []).append(row)
            if step.checkpoint is not None:
                checkpoints.append(checkpoint_row(number, step.checkpoint))
            elif entry.sequence == 1:
                raise _Refused
            if step.sends:
                sent.extend(step.sends)
            if step.receives is not None:
                if step.receives in cancelled:
                    raise _Refused
                received.append((step.receives,))
            if step.cancels:
                cancelled.update(step.cancels)
        created: list[Row] = []
        changed: list[Row] = []
        for number, step in latest.items():
            record, base = step.record, first[number].sequence - 1
            if base == 0:
                created.append(new_workflow_row(record, number, first[number].at))
            else:
                changed.append(changed_row(record, number, base))
        if created:
            connection.executemany(statements.INSERT_WORKFLOW, created)
        if changed:
            written = connection.executemany(statements.UPDATE_WORKFLOW, changed).rowcount
            if written != len(changed):
                raise _Refused
        for insert, rows in inserts.items():
            connection.executemany(insert, rows)
        if checkpoints:
            connection.executemany(statements.INSERT_CHECKPOINT, checkpoints)
        if received:
            taken = connection.executemany(statements.TAKE_MESSAGE, received).rowcount
            if taken != len(received):
                raise _Refused
        if cancelled:
            connection.executemany(statements.CANCEL_MESSAGE, ((id,) for id in cancelled))
            sent = [message for message in sent if message.id not in cancelled]
        for message in sent:
            connection.execute(*message_insert(message))
        # Within the transaction, since another thread may write next. Should this one fail, its
        # numbers are left out.
        self.last_entry = id
        return id

    @staticmethod
    def _judge(
        connection: sqlite3.Connection, steps: Sequence[Step]
    ) -> list[RepertoryError | None]:
        def head(number: int) -> int | None:
            row = connection.execute(statements.BY_NUMBER, (number,)).fetchone()
            return None if row is None else int(row[4])

        def taken(id: str) -> bool:
            return connection.execute(statements.FIND, (id,)).fetchone() is not None

        def used(number: int, key: str) -> bool:
            return connection.execute(statements.KEY_USED, (number, key)).fetchone() is not None

        def waits(message: int) -> bool:
            return connection.execute(statements.MESSAGE_WAITS, (message,)).fetchone() is not None

        return judge(steps, head, taken, used, waits)

    def bury(self, message: int, why: str) -> None:
        with self.transaction() as connection:
            connection.execute(statements.BURY_MESSAGE, (why, message))
            connection.execute(statements.MARK_MESSAGE, (message,))

    def discard(self, message: int) -> None:
        with self.transaction() as connection:
            connection.execute(statements.CANCEL_MESSAGE, (message,))

    def drop(self, message: int) -> bool:
        with self.transaction() as connection:
            return connection.execute(statements.DROP_MESSAGE, (message,)).rowcount > 0

    def postpone(self, message: int, due: int, attempt: int, options: bytes | None) -> bool:
        with self.transaction() as connection:
            row = (due, attempt, options, message)
            there = connection.execute(statements.POSTPONE_MESSAGE, row).rowcount > 0
            connection.execute(statements.MARK_MESSAGE, (message,))
        return there

    def postpone_all(self, rows: Sequence[Postponed], flush: bool) -> None:
        with nullcontext() if flush else self._unflushed(), self.transaction() as connection:
            connection.executemany(
                statements.POSTPONE_MESSAGE, [(*changed, message) for message, *changed in rows]
            )
            connection.executemany(statements.MARK_MESSAGE, [row[:1] for row in rows])

    @contextmanager
    def _unflushed(self) -> Iterator[None]:
        """Have what is written within outlive the process, but not a power cut.

        The next transaction that is flushed takes it to the disk.
        """
        self._flush_as(min(self._synchronous, 1))
        try:
            yield
        finally:
            self._flush_as(self._synchronous)

    def _flush_as(self, synchronous: int) -> None:
        with told(self._path, self._busy_timeout):
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")

    def revive(self, message: int, now: int) -> Message | None:
        with self.transaction() as connection:
            connection.execute(statements.REVIVE_MESSAGE, (now, message))
            connection.execute(statements.MARK_MESSAGE, (message,))
            row = connection.execute(statements.MESSAGE, (message,)).fetchone()
        return None if row is None else message_of(row)

    def remove(self, workflow_id: str) -> bool:
        with self.transaction() as connection:
            row = connection.execute(statements.FIND, (workflow_id,)).fetchone()
            if row is None:
                return False
            connection.execute(statements.KEEP_LAST_GIVEN, (row[0], self.last_entry))
            connection.execute(statements.DELETE_PENDING, (workflow_id,))
            connection.execute(statements.DELETE_WORKFLOW, (workflow_id,))
        return True

    def define(self, type: str, version: int, definition: bytes) -> None:
        with self.transaction() as connection:
            row = (type, version, definition)
            connection.execute(statements.DEFINE, (*row, mark_of(*row)))

    def move_cursor(self, name: str, entry: int) -> None:
        with self.transaction() as connection:
            connection.execute(statements.MOVE_CURSOR, (name, entry, mark_of(name, entry)))

    def remove_cursor(self, name: str) -> bool:
        with self.transaction() as connection:
            return connection.execute(statements.REMOVE_CURSOR, (name,)).rowcount > 0

    def insert(
        self,
        record: WorkflowRecord,
        checkpoints: Sequence[Checkpoint],
        entries: Sequence[Entry],
        pending: Sequence[Message],
    ) -> None:
        number = self.allocate()
        first_at = entries[0].at if entries else record.updated_at
        with self.transaction() as connection:
            if connection.execute(statements.FIND, (record.id,)).fetchone() is not None:
                raise WorkflowExists(
                    f"A workflow with the id {record.id!r} exists already in {self._path}; "
                    "remove it first.",
                    workflow_id=record.id,
                )
            connection.execute(
                statements.INSERT_WORKFLOW, new_workflow_row(record, number, first_at)
            )
            first_id = self.last_entry + 1
            for id, entry in enumerate(entries, first_id):
                connection.execute(*entry_insert(id, number, entry))
            connection.executemany(
                statements.INSERT_CHECKPOINT, [checkpoint_row(number, c) for c in checkpoints]
            )
            for message in pending:
                connection.execute(*message_insert(message))
            last = self.last_entry = self.last_entry + len(entries)
        if entries:
            self._tell(last)


class _Refused(Exception):
    """Some step does not fit; which one is found out by looking at each."""
