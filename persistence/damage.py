"""What is wrong with a database but for the histories in it, which are for `verification`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from . import statements
from .damage_statements import (
    MARKED,
    MARKED_OF,
    NUMBERS,
    ORPHANS,
    TYPES,
    TYPES_OF,
    WRONG_FIRST_AT,
    Marked,
    Typed,
)
from .marks import CHECKSUM, numbered, wrong
from .totals import wrong_totals


def of_store(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong with a store, but for the histories in it."""
    checks: tuple[Callable[[sqlite3.Connection], Iterator[str]], ...] = (
        _pages,
        _schema,
        _dangling,
        lambda connection: _types(connection, TYPES),
        _wrong_dates,
        _orphans,
        lambda connection: _changed(connection, MARKED),
        _numbers,
        wrong_totals,
        _own_row,
    )
    for check in checks:
        yield from _as_far_as_it_goes(check(connection))


def of_workflow(connection: sqlite3.Connection, workflow_id: str) -> Iterator[str]:
    """Yield what is wrong with the rows of a workflow, but for its history."""
    yield from _as_far_as_it_goes(_types(connection, TYPES_OF, workflow_id))
    yield from _as_far_as_it_goes(_changed(connection, MARKED_OF, workflow_id))


def _as_far_as_it_goes(found: Iterator[str]) -> Iterator[str]:
    """Yield what a check finds; what it breaks off at is damage, too, and stops no other one."""
    try:
        yield from found
    except (sqlite3.Error, TypeError, ValueError) as error:
        yield f"A check could not be done to its end: {error}"


def _pages(connection: sqlite3.Connection) -> Iterator[str]:
    for (what,) in connection.execute("PRAGMA integrity_check(1000)"):
        if what != "ok":
            yield f"SQLite's integrity check: {what}"


def _schema(connection: sqlite3.Connection) -> Iterator[str]:
    """Compare the names of tables, indexes and whatever else there is with what is made anew."""
    named = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
    with closing(sqlite3.connect(":memory:")) as fresh:
        for statement in statements.schema():
            fresh.execute(statement)
        expected = {*fresh.execute(named)}
    there = {*connection.execute(named)}
    for kind, name in sorted(expected - there):
        yield f"The {kind} {name!r} is missing"
    for kind, name in sorted(there - expected):
        yield f"The {kind} {name!r} was put in by somebody else"


def _dangling(connection: sqlite3.Connection) -> Iterator[str]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"Row {row} of {table} points to a row of {parent} that is not there"


def _types(connection: sqlite3.Connection, typed: Typed, *values: Any) -> Iterator[str]:
    """Find values of another type than their column's: SQLite keeps whatever it is given."""
    for table, (statement, names, allowed) in typed.items():
        for row, *types in connection.execute(statement, values):
            for name, type, may in zip(names, types, allowed, strict=True):
                if type not in may:
                    yield f"The {name} in row {row} of {table} is of the type {type}, not {may[0]}"


def _wrong_dates(connection: sqlite3.Connection) -> Iterator[str]:
    for (id,) in connection.execute(WRONG_FIRST_AT):
        yield f"The row of workflow {id!r} has another first_at than its oldest entry"


def _orphans(connection: sqlite3.Connection) -> Iterator[str]:
    for message, kind, sender in connection.execute(ORPHANS):
        kind, sender = (_shown(value) for value in (kind, sender))
        yield f"Message {message}, a {kind}, is of workflow {sender!r}, which is not there"


def _numbers(connection: sqlite3.Connection) -> Iterator[str]:
    """Find entries that are at another place in the order of commits than they were given."""
    for id, checksum in connection.execute(NUMBERS):
        if numbered(id, checksum[:CHECKSUM]) != checksum:
            yield f"Entry number {id} in the order of commits does not fit its mark"


def _changed(connection: sqlite3.Connection, marked: Marked, *values: Any) -> Iterator[str]:
    """Yield which rows do not fit their marks."""
    for what, (statement, texts) in marked.items():
        for name in wrong(connection.execute(statement, values), texts):
            yield f"The {what} {name} does not fit its mark: it was changed"


def _shown(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _own_row(connection: sqlite3.Connection) -> Iterator[str]:
    if connection.execute(statements.LAST_GIVEN).fetchone() is None:
        yield "The row about the store itself is missing"
