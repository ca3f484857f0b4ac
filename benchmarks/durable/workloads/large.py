"""A store with very many workflows: open it, list it, send to any one; with how much memory."""

from __future__ import annotations

import random
import resource
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from repertory.actors import ActorSystem

from benchmarks.durable.systems.ours import FILE, Toggle
from benchmarks.durable.systems.raw import connect

from .filling import fill

SENDS = 21


def prepare(folder: Path, workflows: int) -> dict[str, float]:
    fill(folder / FILE, workflows)
    return {"megabytes": (folder / FILE).stat().st_size / 1e6}


def ours(folder: Path, stored: str, workflows: int) -> dict[str, float]:
    began = perf_counter()
    company = ActorSystem(stored).open()
    opened = perf_counter()
    assert len(company.list(limit=100)) == 100
    listed = perf_counter()
    assert len(company.list(Toggle, state="on", after=workflows // 2, limit=100)) == 100
    filtered = perf_counter()
    sent = _median(workflows, lambda n: company.get(f"w{n}").ask(Toggle.flip, amount=1))
    company.close()
    return {
        "open": (opened - began) * 1000,
        "list": (listed - opened) * 1000,
        "list_by_state": (filtered - listed) * 1000,
        "first_event": sent * 1000,
        "peak": _peak(),
    }


def raw(folder: Path, stored: str, workflows: int) -> dict[str, float]:
    began = perf_counter()
    connection = connect(Path(stored))
    connection.execute("UPDATE store SET epoch = epoch + 1")
    opened = perf_counter()
    page = "SELECT * FROM workflows WHERE number > ? ORDER BY number LIMIT 100"
    connection.execute(page, (0,)).fetchall()
    listed = perf_counter()
    connection.execute(
        "SELECT * FROM workflows WHERE number IN (SELECT number FROM workflows WHERE type = ? AND "
        "configuration = ? AND finished = 0 AND number > ? ORDER BY number LIMIT 100)",
        ("Toggle", '["on"]', workflows // 2),
    ).fetchall()
    filtered = perf_counter()

    def send(n: int) -> None:
        row = connection.execute("SELECT * FROM workflows WHERE id = ?", (f"w{n}",)).fetchone()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO state_transitions(workflow, sequence, kind, at, event, source, target, "
            "duration, context, checksum) VALUES (?, ?, 'step', ?, 'flip', ?, ?, 1, '{}', x'00')",
            (row[0], row[4] + 1, row[9], row[6], row[6]),
        )
        connection.execute(
            "UPDATE workflows SET sequence = sequence + 1 WHERE number = ?", (row[0],)
        )
        connection.execute("COMMIT")

    sent = _median(workflows, send)
    connection.close()
    return {
        "open": (opened - began) * 1000,
        "list": (listed - opened) * 1000,
        "list_by_state": (filtered - listed) * 1000,
        "first_event": sent * 1000,
        "peak": _peak(),
    }


def _median(workflows: int, send: Callable[[int], Any]) -> float:
    taken = []
    for n in random.sample(range(workflows), SENDS):
        began = perf_counter()
        send(n)
        taken.append(perf_counter() - began)
    return statistics.median(taken)


def _peak() -> float:
    """Return the most memory that this process has had, in MB."""
    try:
        # Unlike getrusage's, it does not begin with what the parent had when it forked.
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1.024e-3
