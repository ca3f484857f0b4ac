"""Bytes in the file for a transition that changes one field of a large context."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from repertory.actors import ActorSystem, State, Workflow
from repertory.persistence import Retention

from benchmarks.durable.systems.ours import FILE
from benchmarks.durable.systems.raw import connect

FIELDS = 20


class Case(Workflow):
    """A context of many fields, one of which changes."""

    off = State(initial=True)
    on = State()
    flip = off.to(on) | on.to(off)

    def on_flip(self, amount: int) -> None:
        self.context["count"] += amount


def _context(size: int) -> dict[str, object]:
    return {"count": 0, **{f"field_{n}": "x" * (size // FIELDS) for n in range(FIELDS)}}


def ours(folder: Path, transitions: int, size: int) -> dict[str, float]:
    retention = Retention(count=None, days=None)
    with ActorSystem(folder / FILE, retention=retention) as company:
        ref = company.start(Case, id="case", context=_context(size))
        company.start(Case, id="other", context=_context(size))
    before = (folder / FILE).stat().st_size
    with ActorSystem(folder / FILE, retention=retention) as company:
        ref = company.get("case")
        answers = [ref.ask(Case.flip, amount=1, block=False) for _ in range(transitions)]
        for answer in answers:
            answer.get()
    return {"bytes": ((folder / FILE).stat().st_size - before) / transitions}


def snapshots(folder: Path, reference: str, size: int) -> dict[str, float]:
    """Write the same rows, but for a full context in each and no checkpoints."""
    source = sqlite3.connect(reference)
    rows = source.execute(
        "SELECT t.* FROM state_transitions t JOIN workflows w ON w.number = t.workflow "
        "WHERE w.id = 'case' AND t.sequence > 1"
    ).fetchall()
    (schema,) = source.execute(
        "SELECT sql FROM sqlite_master WHERE name = 'state_transitions'"
    ).fetchone()
    names = [row[1] for row in source.execute("PRAGMA table_info(state_transitions)")]
    (context,) = source.execute(
        "SELECT c.context FROM workflow_checkpoints c ORDER BY c.id LIMIT 1"
    ).fetchone()
    source.close()
    path = folder / "raw.db"
    connection = connect(path)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(schema)
    connection.execute("CREATE UNIQUE INDEX of_workflow ON state_transitions(workflow, sequence)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size
    place = names.index("context")
    full = [(*row[:place], context, *row[place + 1 :]) for row in rows]
    connection.execute("BEGIN")
    connection.executemany(
        f"INSERT INTO state_transitions VALUES ({','.join('?' * len(names))})", full
    )
    connection.execute("COMMIT")
    connection.close()
    return {"bytes": (path.stat().st_size - before) / len(rows)}
