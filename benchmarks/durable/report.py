"""The outcomes as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .plan import OURS, Case
from .rounds import Outcome

LIBRARIES = (
    "repertory",
    "pykka",
    "python-statemachine",
    "peewee",
    "dbos",
    "langgraph",
    "langgraph-checkpoint-sqlite",
    "eventsourcing",
)


def surroundings(machine: dict[str, Any]) -> dict[str, Any]:
    """Return what the figures depend on besides the code."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "versions": versions,
        **machine,
    }


def print_table(outcomes: list[Outcome], about: dict[str, Any], console: Console) -> None:
    """Print each case with its entrants, medians, spreads and ratios."""
    table = Table(title="The durable step")
    table.add_column("measured, and by whom")
    for heading in ("median", "lowest - highest", "of the limit", "ours is"):
        table.add_column(heading, justify="right")
    for outcome in outcomes:
        case = outcome.case
        reach = f"\nto reach: {case.target}" if case.target else ""
        table.add_row(f"[bold]{case.title}[/]{reach}")
        for label in (entrant.label for entrant in case.entrants):
            table.add_row(*_row(outcome, label))
        table.add_section()
    console.print(table)
    console.print(
        f"Python {about['python']}, SQLite {about['sqlite']}, {about['processors']} processors, "
        f"{about['file_system']}; a flush takes {about['flush_us']:,.0f} µs; load "
        f"{about['load_before']:.1f} before and {about['load_after']:.1f} after. "
        f"WAL, synchronous=FULL; medians of {about['rounds']} interleaved rounds; "
        f"ratios are medians of each round's own."
    )


def _row(outcome: Outcome, label: str) -> tuple[str, ...]:
    if label in outcome.missing:
        return f"  {label}", f"[dim]{outcome.missing[label]}[/]"
    case, values = outcome.case, outcome.values(label)
    of_limit = outcome.ratio(label, case.limit)
    return (
        f"  [bold]{label}[/]" if label == OURS else f"  {label}",
        f"{_number(outcome.median(label))} {case.figure[1]}",
        f"{_number(min(values))} - {_number(max(values))}",
        "the limit" if label == case.limit else f"{of_limit:.2f} x" if of_limit else "",
        "" if label == OURS else _ahead(outcome, case, label),
    )


def _ahead(outcome: Outcome, case: Case, label: str) -> str:
    """Say how many times better ours is than another."""
    ratio = outcome.ratio(label, OURS) if case.less_is_better else outcome.ratio(OURS, label)
    return f"{ratio:.2f} x as good" if ratio else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_json(outcomes: list[Outcome], about: dict[str, Any], path: Path) -> None:
    """Write every figure of every round."""
    document = {
        "about": about,
        "cases": [
            {
                "name": outcome.case.name,
                "title": outcome.case.title,
                "figure": outcome.case.figure[0],
                "unit": outcome.case.figure[1],
                "limit": outcome.case.limit,
                "target": outcome.case.target,
                "rounds": outcome.figures,
                "medians": {label: outcome.median(label) for label in outcome.figures},
                "of_the_limit": {
                    label: outcome.ratio(label, outcome.case.limit) for label in outcome.figures
                },
                "missing": outcome.missing,
            }
            for outcome in outcomes
        ],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
