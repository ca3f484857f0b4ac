"""The eventsourcing library: one aggregate for each workflow, saved after each event.

The aggregates stay in memory, which is the best case: reading one back for each event costs more.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.durable.pace import pace

DISTRIBUTIONS = ("eventsourcing",)


class Toggle(Aggregate):
    @event("Created")
    def __init__(self) -> None:
        self.state = "off"
        self.count = 0

    @event("Flipped")
    def flip(self, amount: int) -> None:
        self.state = "on" if self.state == "off" else "off"
        self.count += amount


def many(folder: Path, workflows: int, events: int) -> dict[str, float]:
    application, toggles = _open(folder, workflows)
    began = perf_counter()
    for _ in range(events):
        for toggle in toggles:
            toggle.flip(1)
            application.save(toggle)
    seconds = perf_counter() - began
    application.close()
    return {"rate": workflows * events / seconds}


def one(folder: Path, events: int) -> dict[str, float]:
    application, (toggle,) = _open(folder, 1)

    def send() -> None:
        toggle.flip(1)
        application.save(toggle)

    figures = pace(send, events)
    application.close()
    return figures


def _open(folder: Path, workflows: int) -> tuple[Application[Any], list[Toggle]]:
    application: Application[Any] = Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(folder / "eventsourcing.db"),
        }
    )
    toggles = [Toggle() for _ in range(workflows)]
    application.save(*toggles)
    return application, toggles
