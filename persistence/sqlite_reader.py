"""The reads of the SQLite store, on connections that never wait for the writer's."""

from __future__ import annotations

import builtins
import logging
import sqlite3
from collections.abc import Callable, Collection, Iterator
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from . import damage, damage_statements, statements
from .errors import StoreDamaged, StoreError
from .lock import lock_of
from .reach import lost, reached
from .records import Checkpoint, Entry, Message, MessageKind, Stored, WorkflowRecord
from .rows import Row, checkpoint_of, entry_of, message_of, record_of, states_of
from .sqlite_connections import Borrowed, Connections, Held

logger = logging.getLogger("repertory.persistence")

_LAST = 2**63 - 1
_WIDTH = len(WorkflowRecord.__struct_fields__)


class Reader:
    """Reads from one state of the database at a time; any thread may call any method."""

    def __init__(
        self, path: Path, connect: Callable[[], sqlite3.Connection], busy_timeout: float
    ) -> None:
        self._path = path
        self._connections = Connections(path, connect, busy_timeout)

    def close(self) -> None:
        """Close every connection; those in use are closed when they are given back."""
        self._connections.close()

    def connection(self) -> Borrowed:
        """Lend a connection: the one that this thread's `reading` holds, or any."""
        return Borrowed(self._connections)

    def reading(self) -> Held:
        """Hold one state of the database for this thread."""
        return Held(self._connections)

    def find(self, workflow_id: str) -> WorkflowRecord | None:
        row = self._row(statements.FIND, workflow_id)
        return None if row is None else record_of(row)

    def _row(self, statement: str, *values: Any) -> Row | None:
        """Return a statement's first row, if there is one."""
        try:
            with self.connection() as connection:
                row: Row | None = connection.execute(statement, values).fetchone()
        except StoreError as error:
            # An id or a key that can't be written as UTF-8 can't be in the store.
            if isinstance(error.__cause__, UnicodeEncodeError):
                return None
            raise
        return row

    def load(self, workflow_id: str) -> Stored | None:
        stored, whole = self._load(workflow_id)
        if not whole:
            with self.reading():
                stored, _ = self._load(workflow_id)
                if stored is not None:
                    stored = replace(stored, pending=self.pending(workflow_id))
        return stored

    def _load(self, workflow_id: str) -> tuple[Stored | None, bool]:
        """Return what there is but for what is pending, and whether that is all, and of one time.

        What one statement reads is of one time. A transaction around it is needed for more than
        that alone, such as history that is trimmed, or goes on, while it is read.
        """
        row = self._row(statements.LOAD, workflow_id)
        if row is None:
            return None, True
        record, reached, pending = record_of(row[:_WIDTH]), row[_WIDTH:-1], row[-1]
        if reached[0] is None:
            raise StoreDamaged(
                f"Workflow {workflow_id!r} in {self._path} has no checkpoint.",
                path=self._path,
                workflow_id=workflow_id,
                number=record.number,
            )
        checkpoint = checkpoint_of(reached, record.number)
        if checkpoint.sequence == record.sequence:
            return Stored(record, checkpoint, []), not pending
        entries = self.entries(record.number, after=checkpoint.sequence)
        awaited = range(checkpoint.sequence + 1, record.sequence + 1)
        whole = not pending and [entry.sequence for entry in entries] == [*awaited]
        return Stored(record, checkpoint, entries), whole

    def find_key(self, number: int, key: str) -> Entry | None:
        row = self._row(statements.BY_KEY, number, key)
        return None if row is None else entry_of(row, number)

    def list(
        self,
        *,
        type: str | None,
        states: Collection[str],
        finished: bool | None,
        after: int,
        limit: int,
    ) -> list[WorkflowRecord]:
        after, limit = min(after, _LAST), min(max(limit, 0), _LAST)
        with self.reading(), self.connection() as connection:
            if type is None and not states and finished is None:
                return [*map(record_of, connection.execute(statements.PAGE, (after, limit)))]
            found = [
                (
                    number
                    for (number,) in connection.execute(statements.IN_STATE, (*where, after, limit))
                )
                for where in _states(connection)
                if (type is None or where[0] == type)
                and (finished is None or bool(where[2]) == finished)
                and set(states).issubset(_configured(where[1]))
            ]
            rows = (
                connection.execute(statements.BY_NUMBER, (number,)).fetchone()
                for number in islice(merge(*found), limit)
            )
            return [*map(record_of, rows)]

    def tally(self) -> dict[tuple[str, tuple[str, ...]], int]:
        with self.connection() as connection:
            rows = connection.execute(statements.TALLY)
            return {(type, states_of(states)): count for type, states, count in rows}

    def entries(
        self,
        number: int,
        *,
        after: int = 0,
        upto: int | None = None,
        last: int | None = None,
        first: int | None = None,
    ) -> builtins.list[Entry]:
        statement, limit = statements.ENTRIES, first
        if last is not None:
            statement, limit = statements.LAST_ENTRIES, last
        bounds = (
            number,
            min(after, _LAST),
            _LAST if upto is None else min(upto, _LAST),
            _LAST if limit is None else min(max(limit, 0), _LAST),
        )
        with self.connection() as connection:
            rows = connection.execute(statement, bounds).fetchall()
        if last is not None:
            rows.reverse()
        return [entry_of(row, number) for row in rows]

    def checkpoints(self, number: int) -> builtins.list[Checkpoint]:
        with self.connection() as connection:
            rows = connection.execute(statements.CHECKPOINTS, (number,)).fetchall()
        return [checkpoint_of(row, number) for row in rows]

    def checkpoint(self, number: int, upto: int | None) -> Checkpoint | None:
        with self.connection() as connection:
            bounds = (number, _LAST if upto is None else min(upto, _LAST))
            row = connection.execute(statements.CHECKPOINT, bounds).fetchone()
        return None if row is None else checkpoint_of(row, number)

    def definitions(self) -> dict[tuple[str, int], bytes]:
        with self.connection() as connection:
            rows = connection.execute(statements.DEFINITIONS).fetchall()
        return {(type, version): definition for type, version, definition in rows}

    def committed(self, after: int, first: int) -> builtins.list[tuple[WorkflowRecord, Entry]]:
        bounds = (min(after, _LAST), min(max(first, 0), _LAST))
        with self.connection() as connection:
            rows = connection.execute(statements.COMMITTED, bounds).fetchall()
        width = len(Entry.__struct_fields__)
        return [(record_of(row[width:]), entry_of(row[:width], row[width])) for row in rows]

    def entry_range(self) -> tuple[int, int]:
        with self.reading(), self.connection() as connection:
            (first,) = connection.execute(statements.FIRST_ENTRY).fetchone()
            (last,) = connection.execute(statements.LAST_ENTRY).fetchone()
            _, given = connection.execute(statements.LAST_GIVEN).fetchone() or (0, 0)
        last = max(last or 0, given)
        return first or last + 1, last

    def cursors(self) -> dict[str, int]:
        with self.connection() as connection:
            return dict(connection.execute(statements.CURSORS).fetchall())

    def messages(
        self,
        receiver: str | None,
        dead: bool,
        kind: MessageKind | None,
        by: int | None,
        after: int,
        limit: int,
    ) -> builtins.list[Message]:
        statement = statements.DEAD_MESSAGES if dead else statements.MESSAGES
        last = _LAST if by is None else by
        bounds: tuple[object, ...] = (kind and kind.value, last, after, limit)
        if receiver is not None:
            statement = statements.DEAD_MESSAGES_FOR if dead else statements.MESSAGES_FOR
            bounds = (receiver, *bounds)
        return self._messages(statement, bounds)

    def due(self, by: int, after: tuple[int, int], limit: int) -> builtins.list[Message]:
        return self._messages(statements.DUE, (*after, by, limit))

    def _messages(self, statement: str, bounds: tuple[object, ...]) -> builtins.list[Message]:
        """Return a page of messages. A damaged one stays where it is, and holds up no other."""
        try:
            with self.connection() as connection:
                return [*map(message_of, connection.execute(statement, bounds).fetchall())]
        except StoreDamaged:
            return self._sound_messages(statement, bounds)

    def _sound_messages(self, statement: str, bounds: tuple[object, ...]) -> builtins.list[Message]:
        *where, limit = bounds
        found: builtins.list[Message] = []
        with self.connection() as connection:
            ids = connection.execute(f"SELECT id FROM ({statement})", (*where, -1)).fetchall()
        for (id,) in ids:
            try:
                with self.connection() as connection:
                    row = connection.execute(statements.MESSAGE, (id,)).fetchone()
                    if row is not None:
                        found.append(message_of(row))
            except StoreDamaged as error:
                logger.error("A message is left where it is: %s", error)
            if len(found) == limit:
                break
        return found

    def pending(self, workflow_id: str) -> builtins.list[Message]:
        with self.connection() as connection:
            rows = connection.execute(statements.PENDING, (workflow_id,)).fetchall()
            return [*map(message_of, rows)]

    def damage(self) -> Iterator[str]:
        """Yield what SQLite's own checks find, and which rows are not what was written."""
        lock = lock_of(self._path)
        left = reached(lock)  # before the rest: somebody may be writing
        try:
            with self.reading(), self.connection() as connection:
                _, last = self.entry_range()
                ahead = connection.execute(damage_statements.AHEAD, (last,)).fetchall()
        except StoreError as error:
            yield f"How far the store has got can't be told: {error}"
        else:
            if last < left:
                yield lost(self._path, last, left, lock)
            for (name,) in ahead:
                yield f"Subscription {name!r} has come further than there are entries"
        with self.connection() as connection:
            found = [*damage.of_store(connection)]
        yield from found

    def damage_of(self, workflow_id: str) -> builtins.list[str]:
        """Return which rows of a workflow, besides its history, are not what was written."""
        with self.connection() as connection:
            return [*damage.of_workflow(connection, workflow_id)]


def _configured(states: str | bytes) -> tuple[str, ...]:
    """Return the states of a configuration; damage may have made other bytes of the text."""
    return states_of(states.encode() if isinstance(states, str) else states)


def _states(connection: sqlite3.Connection) -> Iterator[tuple[str, str, int]]:
    """Yield each combination of type, configuration and finished that occurs, by its index."""
    row: tuple[str, str, int] | None = ("", "", -1)
    while row is not None:
        here = row
        for statement, columns in (
            (statements.NEXT_FINISHED, 3),
            (statements.NEXT_CONFIGURATION, 2),
            (statements.NEXT_TYPE, 1),
        ):
            row = connection.execute(statement, here[:columns]).fetchone()
            if row is not None:
                yield row
                break
