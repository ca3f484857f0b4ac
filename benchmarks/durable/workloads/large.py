"""A store with very many workflows: open it, list it, send to any one; with how much memory."""

from __future__ import annotations

import os
import random
import resource
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from repertory.actors import ActorSystem

from benchmarks.durable.systems.ours import FILE, Toggle
from benchmarks.durable.systems.raw import connect

from .filling import fill

RAW_FILE = "raw.db"
SENDS = 21
PAGE = 100


def prepare(folder: Path, workflows: int) -> dict[str, float]:
    fill(folder / FILE, workflows)
    shutil.copy(folder / FILE, folder / RAW_FILE)  # to write to what only looks like history
    return {"megabytes": (folder / FILE).stat().st_size / 1e6}


def ours(folder: Path, stored: str, workflows: int) -> dict[str, float]:
    cold = _ours(stored, workflows, cold=True)
    return {**_ours(stored, workflows), **_cold(cold), "peak": _peak()}


def _ours(stored: str, workflows: int, *, cold: bool = False) -> dict[str, float]:
    if cold:
        _forget(stored)
    began = perf_counter()
    company = ActorSystem(stored).open()
    opened = perf_counter()
    assert len(company.list(limit=PAGE)) == min(PAGE, workflows)
    listed = perf_counter()
    company.list(Toggle, state="on", after=workflows // 2, limit=PAGE)
    filtered = perf_counter()
    sent = _sent(workflows, lambda n: company.get(f"w{n}").ask(Toggle.flip, amount=1))
    company.close()
    return {**_between(began, opened, listed, filtered), **sent}


def raw(folder: Path, stored: str, workflows: int) -> dict[str, float]:
    mine = str(Path(stored).with_name(RAW_FILE))
    cold = _raw(mine, workflows, cold=True)
    return {**_raw(mine, workflows), **_cold(cold), "peak": _peak()}


def _raw(stored: str, workflows: int, *, cold: bool = False) -> dict[str, float]:
    if cold:
        _forget(stored)
    began = perf_counter()
    connection = connect(Path(stored))
    connection.execute("UPDATE store SET epoch = epoch + 1")
    opened = perf_counter()
    page = "SELECT * FROM workflows WHERE number > ? ORDER BY number LIMIT ?"
    connection.execute(page, (0, PAGE)).fetchall()
    listed = perf_counter()
    connection.execute(
        "SELECT * FROM workflows WHERE number IN (SELECT number FROM workflows WHERE type = ? AND "
        "configuration = ? AND finished = 0 AND number > ? ORDER BY number LIMIT ?)",
        ("Toggle", '["on"]', workflows // 2, PAGE),
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

    sent = _sent(workflows, send)
    connection.close()
    return {**_between(began, opened, listed, filtered), **sent}


def _forget(stored: str) -> None:
    """Have the operating system drop what it holds of a file in memory, where it can be told."""
    if not hasattr(os, "posix_fadvise"):
        return
    file = os.open(stored, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def _between(began: float, opened: float, listed: float, filtered: float) -> dict[str, float]:
    return {
        "open": (opened - began) * 1000,
        "list": (listed - opened) * 1000,
        "list_by_state": (filtered - listed) * 1000,
    }


def _cold(figures: dict[str, float]) -> dict[str, float]:
    names = {"open": "cold_open", "list": "cold_list", "slowest_event": "cold_event"}
    return {cold: figures[name] for name, cold in names.items()}


def _sent(workflows: int, send: Callable[[int], Any]) -> dict[str, float]:
    taken = []
    for n in random.sample(range(workflows), SENDS):
        began = perf_counter()
        send(n)
        taken.append((perf_counter() - began) * 1000)
    return {"first_event": statistics.median(taken), "slowest_event": max(taken)}


def _peak() -> float:
    """Return the most memory that this process has had, in MB."""
    try:
        # Unlike getrusage's, it does not begin with what the parent had when it forked.
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1.024e-3
