"""A workflow that kills its own process in the middle of a step, when it is told to."""

from __future__ import annotations

import os
import signal
from itertools import count

from repertory.actors import Event, State, Workflow

STEPS = count(1)
KILL_AT = int(os.environ.get("KILL_AT", "0"))


class Parcel(Workflow):
    """A parcel: scanned any number of times, loaded and unloaded, delivered at the end."""

    workflow_name = "deadly-parcel"

    depot = State(initial=True)
    van = State()
    delivered = State(final=True)
    load = Event(depot.to(van), name="Load")
    unload = Event(van.to(depot), name="Unload")
    scan = Event(depot.to(depot) | van.to(van), name="Scan")
    deliver = Event(van.to(delivered), name="Deliver")

    class Context:
        scans: int = 0
        rows: tuple[str, ...] = ()

    def on_scan(self) -> None:
        self.context.scans += 1

    def on_transition(self, mark: str | None = None) -> None:
        if mark is not None:
            self.context.rows = (*self.context.rows, mark)
        if next(STEPS) == KILL_AT:
            os.kill(os.getpid(), signal.SIGKILL)
