"""DBOS on SQLite: one workflow with a step for each event.

A step's result is written before the next one begins. That is less than an event sent from
outside costs there (`send` and `recv` are several transactions): the best case for it. The
database is put into WAL mode beforehand; sqlite3's own default is synchronous=FULL.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from time import perf_counter
from typing import Any

from dbos import DBOS, DBOSConfig

from benchmarks.durable.pace import pace

DISTRIBUTIONS = ("dbos",)


@DBOS.step()
def flip(state: str, count: int, amount: int) -> tuple[str, int]:
    return ("off" if state == "on" else "on"), count + amount


@DBOS.workflow()
def toggle(events: int) -> int:
    state, count = "off", 0
    for _ in range(events):
        state, count = flip(state, count, 1)
    return count


@DBOS.workflow()
def paced(events: int) -> dict[str, float]:
    return pace(lambda: flip("off", 0, 1), events)


@DBOS.workflow()
def ping(to: str, rounds: int) -> list[float]:
    taken = []
    for _ in range(rounds):
        began = perf_counter()
        DBOS.send(to, DBOS.workflow_id)
        DBOS.recv(timeout_seconds=30)
        taken.append(perf_counter() - began)
    return taken


@DBOS.workflow()
def pong(rounds: int) -> None:
    for _ in range(rounds):
        sender = DBOS.recv(timeout_seconds=30)
        DBOS.send(sender, "pong")


def _launch(folder: Path, **options: Any) -> None:
    path = folder / "dbos.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    config: DBOSConfig = {
        "name": "benchmark",
        "system_database_url": f"sqlite:///{path}",
        "log_level": "ERROR",
        **options,  # type: ignore[typeddict-item]  # names of the same TypedDict
    }
    DBOS(config=config)
    DBOS.launch()


def many(folder: Path, workflows: int, events: int) -> dict[str, float]:
    _launch(folder)
    DBOS.start_workflow(toggle, 1).get_result()
    began = perf_counter()
    handles = [DBOS.start_workflow(toggle, events) for _ in range(workflows)]
    for handle in handles:
        handle.get_result()
    seconds = perf_counter() - began
    DBOS.destroy()
    return {"rate": workflows * events / seconds}


def one(folder: Path, events: int) -> dict[str, float]:
    _launch(folder)
    figures = DBOS.start_workflow(paced, events).get_result()
    DBOS.destroy()
    return figures


def message(folder: Path, rounds: int, interval: float | None = None) -> dict[str, float]:
    """Time a message to another workflow and its answer.

    Arguments:
        interval: seconds between two looks for messages; None is DBOS's default.
    """
    tuned = {} if interval is None else {"notification_listener_polling_interval_sec": interval}
    _launch(folder, **tuned)
    other = DBOS.start_workflow(pong, rounds)
    taken = DBOS.start_workflow(ping, other.workflow_id, rounds).get_result()
    DBOS.destroy()
    return {"milliseconds": sorted(taken)[len(taken) // 2] * 1000}
