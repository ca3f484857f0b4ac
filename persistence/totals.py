"""How many rows a table has and what their marks add up to: so that a missing row shows.

A mark (see `marks`) tells that a row was changed, not that it is gone. So each transaction brings
the totals of the tables that it changes up to date. It does so by triggers that are not part of
the schema: the connection that writes makes them for itself, and nobody else who deletes a row,
or puts one in, changes the totals with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

MASK = 2**32 - 1
"""Of a damaged value, too, no more than this counts: a sum must not overflow."""

COUNTED = {
    "workflows": "number",
    "workflow_checkpoints": "mark",
    "messages": "mark",
    "workflow_definitions": "mark",
    "subscriptions": "mark",
}
"""The tables, and which column of each is added up. The history has its chain, and each step
changes the mark of a workflow's row, but never its number."""


_THERE = " UNION ALL ".join(
    f"SELECT '{table}' AS name, count(*) AS rows, coalesce(sum({column} & {MASK}), 0) AS marks "
    f"FROM {table}"
    for table, column in COUNTED.items()
)


def count(connection: sqlite3.Connection) -> None:
    """Write down the totals of the tables as they are; in a transaction of the caller's."""
    connection.execute("DELETE FROM totals")
    connection.execute(f"INSERT INTO totals {_THERE}")


def keep_count(connection: sqlite3.Connection) -> None:
    """Have what this connection writes from now on change the totals too."""
    # Else a row that another one replaces would go unnoticed.
    connection.execute("PRAGMA recursive_triggers = ON")
    for table, column in COUNTED.items():
        for event, rows, marks in (
            ("INSERT", "+ 1", f"+ NEW.{column}"),
            ("DELETE", "- 1", f"- OLD.{column}"),
            (f"UPDATE OF {column}", "", f"- OLD.{column} + NEW.{column}"),
        ):
            connection.execute(
                f'CREATE TEMP TRIGGER "{table} {event}" AFTER {event} ON main.{table} BEGIN '
                f"UPDATE totals SET rows = rows {rows}, marks = marks {marks} "
                f"WHERE name = '{table}'; END"
            )


def wrong_totals(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield which tables have other rows than were written."""
    # In one statement, which sees one state of the store.
    for table, rows, marks, written, written_marks in connection.execute(
        f"SELECT there.*, t.rows, t.marks FROM ({_THERE}) there LEFT JOIN totals t USING (name)"
    ):
        if type(written) is not int or type(written_marks) is not int:
            yield f"How many rows the table {table} must have is not told"
        elif rows < written:
            yield f"{written - rows} of the {written} rows of the table {table} are missing"
        elif rows > written:
            yield f"The table {table} has {rows - written} more than the {written} rows written"
        elif marks != written_marks:
            yield f"The table {table} has as many rows as were written, but not the same"
    for (name,) in connection.execute("SELECT name FROM totals"):
        if name not in COUNTED:
            yield f"There is a total of {name!r}, which is none of the tables"
