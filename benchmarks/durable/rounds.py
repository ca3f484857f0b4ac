"""Runs the entrants of a case in turn, round after round, each in a fresh process."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .plan import OURS, PREPARED, REFERENCE, Case, Entrant

ROOT = Path(__file__).parents[2]
TIMEOUT = 600


class Failed(Exception):
    """An entrant could not be measured; says why."""


@dataclass
class Outcome:
    """What the rounds of one case gave.

    Attributes:
        case: the case.
        figures: for each entrant all its figures, one dict a round.
        missing: why some entrants were not measured.
    """

    case: Case
    figures: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def values(self, label: str) -> list[float]:
        return [figures[self.case.figure[0]] for figures in self.figures.get(label, ())]

    def median(self, label: str) -> float:
        return statistics.median(self.values(label))

    def ratio(self, label: str, to: str) -> float | None:
        """Return how many times `to`'s figure it is: the median of the rounds' own ratios.

        What disturbs the machine in one round disturbs both in it.
        """
        pairs = zip(self.values(label), self.values(to), strict=False)
        ratios = [mine / other for mine, other in pairs if other]
        return statistics.median(ratios) if ratios else None


Figures = dict[str, float]
Measure = Callable[[str, str, Path, dict[str, Any]], Figures]
"""Runs a function of a module here, with a folder and its arguments."""


def run(
    cases: list[Case],
    folder: Path,
    rounds: int,
    tell: Callable[[str], None],
    measure: Measure,
) -> list[Outcome]:
    """Measure every case in so many rounds.

    Cases that share their entrants (the figures of the large store) are run together.

    Arguments:
        cases: what is measured.
        folder: where the stores are made.
        rounds: how often.
        tell: is told what is being done.
        measure: how one of them is measured, such as `in_a_child`.
    """
    outcomes: list[Outcome] = []
    done: dict[tuple[Entrant, ...] | str, Outcome] = {}
    for case in cases:
        shared = done.get(repr(case.entrants))
        if shared is not None:
            outcomes.append(Outcome(case, shared.figures, shared.missing))
            continue
        outcome = _run_case(case, folder, rounds, tell, measure)
        done[repr(case.entrants)] = outcome
        outcomes.append(outcome)
    return outcomes


def _run_case(
    case: Case, folder: Path, rounds: int, tell: Callable[[str], None], measure: Measure
) -> Outcome:
    outcome = Outcome(case)
    kept, places = Path(tempfile.mkdtemp(dir=folder)), Path(tempfile.mkdtemp(dir=folder))
    store = kept / "repertory.db"
    try:
        entrants = _present(case, outcome)
        if case.prepared is not None:
            tell(f"{case.title}: preparing")
            _take(measure, case.prepared, kept, store)
        elif any(REFERENCE in entrant.arguments.values() for entrant in entrants):
            tell(f"{case.title}: warming up")
            _take(measure, case.entrants[0], kept, store)
        for number in range(rounds):
            # Another one begins each time, so that none always follows the same.
            turn = number % len(entrants)
            for entrant in (*entrants[turn:], *entrants[:turn]):
                if entrant.label in outcome.missing:
                    continue
                tell(f"{case.title}: round {number + 1} of {rounds}, {entrant.label}")
                place = Path(tempfile.mkdtemp(dir=places))
                # What the one before has left to be written is not this one's to wait for.
                os.sync()
                try:
                    figures = _take(measure, entrant, place, store)
                    outcome.figures.setdefault(entrant.label, []).append(figures)
                except Failed as failure:
                    outcome.missing[entrant.label] = str(failure)
    except Failed as failure:
        outcome.missing[OURS] = str(failure)
    finally:
        shutil.rmtree(kept)
        shutil.rmtree(places)
    return outcome


def _present(case: Case, outcome: Outcome) -> list[Entrant]:
    present = []
    for entrant in case.entrants:
        try:
            for name in entrant.distributions:
                version(name)
        except PackageNotFoundError:
            outcome.missing[entrant.label] = "not installed"
        else:
            present.append(entrant)
    return present


def _take(measure: Measure, entrant: Entrant, folder: Path, store: Path) -> Figures:
    arguments: dict[str, Any] = {
        name: str(store) if value in (REFERENCE, PREPARED) else value
        for name, value in entrant.arguments.items()
    }
    return measure(entrant.module, entrant.function, folder, arguments)


def in_a_child(module: str, function: str, folder: Path, arguments: dict[str, Any]) -> Figures:
    order = json.dumps([module, function, str(folder), arguments])
    command = [sys.executable, "-m", "benchmarks.durable.child", order]
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Failed(f"took longer than {TIMEOUT} s") from None
    try:
        figures: Figures = json.loads(ended.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = ended.stderr.strip().splitlines()
        why = said[-1] if said else f"ended with {ended.returncode}"
        raise Failed(why.removeprefix("NotImplementedError: ")) from None
    return figures
