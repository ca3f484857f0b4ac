"""Which runtimes there are, and what each can do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.rate import Rate


@dataclass(frozen=True)
class Runtime:
    """A runtime that may be measured.

    Attributes:
        name: what `--runtime` takes.
        what: how its actors run, for the table's legend.
        place: the module and class of its stage.
        distribution: what has to be installed; a program if it begins with `$`.
        fraction: how much of a benchmark's work it gets, so that a run ends.
        most_actors: how many actors it can have at once.
        unit: what an actor costs it, for saying why that is too many.
        rounds: how often it is measured at most.
        asks: whether an actor can wait for an answer within a handler.
    """

    name: str
    what: str
    place: tuple[str, str]
    distribution: str
    fraction: float = 1.0
    most_actors: int = 10_000_000
    unit: str = ""
    rounds: int = 5
    asks: bool = True

    @property
    def version(self) -> str | None:
        """The version that is installed, `None` if none is."""
        if self.distribution.startswith("$"):
            return "" if shutil.which(self.distribution[1:]) else None
        try:
            return version(self.distribution) if self.distribution else ""
        except PackageNotFoundError:
            return None

    def refuses(self, case: Case | Rate, sizes: dict[str, int]) -> str | None:
        """Say why it can't run a case of that size; `None` if it can."""
        if self.version is None:
            return "not installed"
        if case.asks and not self.asks:
            return "no ask in a handler"
        if case.actors(**sizes) > self.most_actors:
            return f"needs {case.actors(**sizes):,} {self.unit}"
        return None

    def stage(self) -> Any:
        """Make a stage: a running instance of the runtime."""
        module, name = self.place
        return getattr(import_module(f"benchmarks.savina.stages.{module}"), name)()


OURS = "repertory"

RUNTIMES: dict[str, Runtime] = {
    runtime.name: runtime
    for runtime in (
        Runtime(OURS, "actors on a pool of threads", ("pykka_api", "Ours"), "repertory"),
        Runtime("asyncio", "a task with a queue each", ("asyncio_tasks", "AsyncioTasks"), ""),
        Runtime(
            "pykka",
            "a thread each",
            ("pykka_api", "Pykka"),
            "pykka",
            most_actors=20_000,
            unit="threads",
        ),
        Runtime(
            "thespian",
            "its simpleSystemBase: all in the calling thread",
            ("thespian_system", "ThespianSystem"),
            "thespian",
            fraction=0.1,
            asks=False,
        ),
        Runtime(
            "xoscar",
            "a pool of one process; a task for each message",
            ("xoscar_pool", "XoscarPool"),
            "xoscar",
            fraction=0.2,
        ),
        Runtime(
            "ray",
            "a process each",
            ("ray_cluster", "RayCluster"),
            "ray",
            fraction=0.01,
            rounds=1,
            most_actors=25,
            unit="processes",
        ),
        Runtime(
            "erlang",
            "its own machine, on every processor",
            ("erlang", "Erlang"),
            "$erl",
        ),
    )
}
