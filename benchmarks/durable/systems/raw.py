"""The limit: sqlite3 alone, writing the very rows that Repertory wrote in the same run.

The rows are read from a store that Repertory has made; workflows and their creation are written
beforehand, untimed; then each transaction inserts its entries and checkpoints and brings the rows
of the workflows in it up to date, as the store does. Nothing is computed: the values are ready.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from repertory.persistence import statements

from benchmarks.durable.pace import pace

DISTRIBUTIONS = ()

_ENTRY = "INSERT INTO state_transitions VALUES ({})"
_CHECKPOINT = "INSERT INTO workflow_checkpoints VALUES ({})"
_WORKFLOW = "UPDATE workflows SET sequence=?, configuration=?, updated_at=? WHERE number=?"

Row = tuple[Any, ...]


def many(folder: Path, reference: str, batch: int = 100) -> dict[str, float]:
    """Write the rows of the store `reference` in transactions of `batch` entries."""
    connection, write, batches = _open(folder, reference, batch)
    began = perf_counter()
    for part in batches:
        write(*part)
    seconds = perf_counter() - began
    connection.close()
    return {"rate": sum(len(entries) for entries, *_ in batches) / seconds}


def one(folder: Path, reference: str) -> dict[str, float]:
    """Write them in a transaction each."""
    connection, write, batches = _open(folder, reference, 1)
    waiting = iter(batches)
    figures = pace(lambda: write(*next(waiting)), len(batches))
    connection.close()
    return figures


def _open(
    folder: Path, reference: str, batch: int
) -> tuple[sqlite3.Connection, Any, list[tuple[list[Row], list[Row], list[Row]]]]:
    connection = connect(folder / "raw.db")
    first, later, checkpoints = _rows(connection, Path(reference))
    write = _writer(connection)
    write(first, [row for row in checkpoints if row[2] == 1], [])
    due = {(row[1], row[2]): row for row in checkpoints}
    return connection, write, [_transaction(part, due) for part in _parts(later, batch)]


def connect(path: Path) -> sqlite3.Connection:
    """Open a database with the store's pragmas."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _rows(connection: sqlite3.Connection, path: Path) -> tuple[list[Row], list[Row], list[Row]]:
    """Make the tables, put the workflows in, and return the entries and the checkpoints."""
    for statement in statements.schema():
        connection.execute(statement)
    connection.execute("ATTACH ? AS reference", (str(path),))
    connection.execute("INSERT INTO main.workflows SELECT * FROM reference.workflows")
    # In turn, as the events were sent. Which of them shared a transaction is no part of the work.
    entries = connection.execute(
        "SELECT * FROM reference.state_transitions ORDER BY sequence, workflow"
    ).fetchall()
    checkpoints = connection.execute("SELECT * FROM reference.workflow_checkpoints").fetchall()
    connection.execute("DETACH reference")
    return (
        [row for row in entries if row[2] == 1],
        [row for row in entries if row[2] > 1],
        checkpoints,
    )


def _writer(connection: sqlite3.Connection) -> Any:
    columns = {
        table: len(connection.execute(f"PRAGMA table_info({table})").fetchall())
        for table in ("state_transitions", "workflow_checkpoints")
    }
    entry = _ENTRY.format(",".join("?" * columns["state_transitions"]))
    checkpoint = _CHECKPOINT.format(",".join("?" * columns["workflow_checkpoints"]))

    def write(entries: Sequence[Row], checkpoints: Sequence[Row], workflows: Sequence[Row]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(entry, entries)
        connection.executemany(checkpoint, checkpoints)
        connection.executemany(_WORKFLOW, workflows)
        connection.execute("COMMIT")

    return write


def _parts(rows: list[Row], size: int) -> Iterator[list[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _transaction(
    entries: list[Row], due: dict[tuple[int, int], Row]
) -> tuple[list[Row], list[Row], list[Row]]:
    # By the columns of state_transitions: workflow, sequence, at, target.
    latest = {row[1]: (row[2], row[9], row[4], row[1]) for row in entries}
    checkpoints = [due[key] for row in entries if (key := (row[1], row[2])) in due]
    return entries, checkpoints, list(latest.values())


def message(folder: Path, rounds: int) -> dict[str, float]:
    """Time three small transactions one after the other: the event's, and each message's."""
    connection = connect(folder / "raw.db")
    connection.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, data TEXT)")
    taken = []
    for _ in range(rounds):
        began = perf_counter()
        for _ in range(3):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO entries(data) VALUES (?)", ("x" * 200,))
            connection.execute("COMMIT")
        taken.append(perf_counter() - began)
    connection.close()
    return {"milliseconds": sorted(taken)[len(taken) // 2] * 1000}
