"""Retention in the SQLite store: who has history past it, and its removal."""

from __future__ import annotations

import sqlite3

from . import statements
from .errors import StoreDamaged
from .models import LONG
from .records import Retention
from .recovery import fold
from .retention import cut, oldest_allowed
from .rows import checkpoint_of, checkpoint_row, entry_of, record_of
from .sqlite_writer import Writer


class Trimmer:
    """Removes history past retention, through the writer."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        # Damaged workflows stay as they are, and must not stop the others' being trimmed.
        self._damaged: set[int] = set()

    def trim(self, retention: Retention, now: int, limit: int) -> int:
        since = oldest_allowed(retention, now)
        trimmed = 0
        with self._writer.transaction() as connection:
            while numbers := self._candidates(connection, since, retention.count, limit - trimmed):
                for number in numbers:
                    try:
                        _trim(connection, number, since, retention.count)
                        trimmed += 1
                    except StoreDamaged:
                        self._damaged.add(number)
        return trimmed

    def _candidates(
        self, connection: sqlite3.Connection, since: int | None, count: int | None, limit: int
    ) -> list[int]:
        most = limit + len(self._damaged)
        numbers: dict[int, None] = {}
        if since is not None:
            numbers.update(dict.fromkeys(_first(connection, statements.PAST_AGE, since, most)))
        if count is not None:
            # One entry stays in any case, and so does not make a candidate.
            more = max(count, 1)
            statement = statements.PAST_COUNT if more >= LONG else statements.PAST_SMALL_COUNT
            numbers.update(dict.fromkeys(_first(connection, statement, more, most)))
        return [number for number in numbers if number not in self._damaged][:limit]


def _first(connection: sqlite3.Connection, statement: str, bound: int, limit: int) -> list[int]:
    return [number for (number,) in connection.execute(statement, (bound, limit))]


def _trim(
    connection: sqlite3.Connection, number: int, since: int | None, count: int | None
) -> None:
    record = record_of(connection.execute(statements.BY_NUMBER, (number,)).fetchone())
    times = connection.execute(statements.TIMES, (number,))
    upto = cut(record.first_sequence, record.sequence, times, since, count)
    times.close()
    row = connection.execute(statements.CHECKPOINT, (number, upto)).fetchone()
    if row is None:
        raise StoreDamaged(f"Workflow {record.id!r} has no checkpoint up to {upto}.")
    checkpoint = checkpoint_of(row, number)
    bounds = (number, checkpoint.sequence, upto, -1)
    rows = connection.execute(statements.ENTRIES, bounds).fetchall()
    reached = fold(checkpoint, (entry_of(row, number) for row in rows))
    following = connection.execute(statements.ENTRIES, (number, upto, upto + 1, 1)).fetchone()
    if not record.first_sequence <= upto == reached.sequence or following is None:
        raise StoreDamaged(f"Workflow {record.id!r} lacks entries up to {upto + 1}.")
    connection.execute(statements.DELETE_CHECKPOINTS, (number, upto))
    if reached is not checkpoint:
        connection.execute(statements.INSERT_CHECKPOINT, checkpoint_row(number, reached))
    connection.execute(statements.DELETE_ENTRIES, (number, upto))
    connection.execute(statements.SET_FIRST, (upto + 1, following[2], number))
