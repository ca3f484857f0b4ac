"""Bringing stored workflows into memory. The limit reads the rows of each and does no more."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from time import perf_counter

from benchmarks.durable.systems import ours as repertory

from .filling import fill

_READS = (
    "SELECT * FROM workflows WHERE id = ?",
    "SELECT * FROM workflow_checkpoints WHERE workflow = ? ORDER BY sequence DESC LIMIT 1",
    "SELECT * FROM state_transitions WHERE workflow = ? AND sequence > ? ORDER BY sequence",
)


def ours(folder: Path, workflows: int) -> dict[str, float]:
    fill(folder / repertory.FILE, workflows)
    with repertory.system(folder) as company:
        company.get("w0").ask(repertory.Toggle.flip, amount=1)
        began = perf_counter()
        brought = company.recover()
        seconds = perf_counter() - began
    if any(brought.values()):
        raise RuntimeError(f"{sum(map(bool, brought.values()))} workflows did not come back.")
    return {"rate": len(brought) / seconds}


def raw(folder: Path, workflows: int) -> dict[str, float]:
    fill(folder / "raw.db", workflows)
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    began = perf_counter()
    for n in range(workflows):
        connection.execute("BEGIN")
        row = connection.execute(_READS[0], (f"w{n}",)).fetchone()
        checkpoint = connection.execute(_READS[1], (row[0],)).fetchone()
        connection.execute(_READS[2], (row[0], checkpoint[2])).fetchall()
        connection.execute("ROLLBACK")
    return {"rate": workflows / (perf_counter() - began)}
