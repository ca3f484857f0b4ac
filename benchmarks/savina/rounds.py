"""Runs every runtime in turn, round after round, each measurement in a fresh process."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .case import Case
from .rate import Rate
from .stages.catalogue import OURS, Runtime

ROOT = Path(__file__).parents[2]
TIMEOUT = 180
PATIENCE = 45
"""Seconds after which a runtime gets no further round of a benchmark."""


class Failed(Exception):
    """A runtime could not be measured; says why."""


@dataclass
class Outcome:
    """What the rounds of one benchmark gave.

    Attributes:
        case: the benchmark.
        sizes: each runtime's.
        figures: all figures of each runtime, one dict a round.
        missing: why some runtimes were not measured.
    """

    case: Case | Rate
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    figures: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def figure(self) -> str:
        """Which figure counts."""
        return self.case.figure if isinstance(self.case, Rate) else "us"

    def values(self, name: str, figure: str | None = None) -> list[float]:
        key = figure or self.figure
        return [figures[key] for figures in self.figures.get(name, ()) if key in figures]

    def median(self, name: str, figure: str | None = None) -> float:
        return statistics.median(self.values(name, figure))

    def behind(self, name: str, figure: str | None = None) -> float | None:
        """Return how many times our figure a runtime's is: the median of the rounds' own ratios.

        What disturbs the machine in one round disturbs both in it.
        """
        pairs = zip(self.values(name, figure), self.values(OURS, figure), strict=False)
        ratios = [theirs / ours for theirs, ours in pairs if ours]
        return statistics.median(ratios) if ratios else None


def run(
    cases: Iterable[Case | Rate],
    runtimes: list[Runtime],
    rounds: int,
    scale: float,
    tell: Callable[[str], None],
) -> list[Outcome]:
    """Measure every benchmark on every runtime that can run it."""
    return [_run_case(case, runtimes, rounds, scale, tell) for case in cases]


def _run_case(
    case: Case | Rate,
    runtimes: list[Runtime],
    rounds: int,
    scale: float,
    tell: Callable[[str], None],
) -> Outcome:
    outcome = Outcome(case)
    spent: dict[str, float] = {}
    for runtime in runtimes:
        sizes = outcome.sizes[runtime.name] = case.sized(scale * runtime.fraction)
        why = runtime.refuses(case, sizes)
        if why is not None:
            outcome.missing[runtime.name] = why
    if isinstance(case, Rate):
        rounds = min(rounds, case.rounds)
    for number in range(rounds):
        # Another one begins each time, so that none always follows the same.
        turn = number % len(runtimes)
        for runtime in (*runtimes[turn:], *runtimes[:turn]):
            name = runtime.name
            over = number >= runtime.rounds or spent.get(name, 0.0) > PATIENCE
            if name in outcome.missing or over:
                continue
            tell(f"{case.name}: round {number + 1} of {rounds}, {name}")
            began = time.monotonic()
            try:
                figures = _child(runtime, case, outcome.sizes[name])
                outcome.figures.setdefault(name, []).append(figures)
            except Failed as failure:
                outcome.missing[name] = str(failure)
            spent[name] = spent.get(name, 0.0) + time.monotonic() - began
    return outcome


def _child(runtime: Runtime, case: Case | Rate, sizes: dict[str, int]) -> dict[str, float]:
    order = json.dumps([runtime.name, case.name, sizes])
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.savina.child", order],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = child.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        # With whatever processes it has started.
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        raise Failed(f"took longer than {TIMEOUT} s") from None
    try:
        # Libraries may say something, too, when the process ends.
        said_by_us = [line for line in out.splitlines() if line.startswith("{")]
        figures: dict[str, float] = json.loads(said_by_us[-1])
    except (IndexError, ValueError):
        said = err.strip().splitlines()
        why = said[-1] if said else f"ended with {child.returncode}"
        raise Failed(why.removeprefix("NotImplementedError: ")) from None
    operations = case.operations(**sizes)
    figures["us"] = figures["seconds"] / operations * 1e6
    if "cpu_seconds" in figures:
        figures["cpu_us"] = figures["cpu_seconds"] / operations * 1e6
    return figures
