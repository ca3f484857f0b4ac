"""The outcomes as tables for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .rounds import Outcome
from .stages.catalogue import OURS, Runtime


def surroundings(runtimes: list[Runtime], machine: dict[str, Any]) -> dict[str, Any]:
    """Return what the figures depend on besides the code."""
    return {
        "python": platform.python_version(),
        "versions": {r.name: r.version for r in runtimes if r.version},
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "may_use": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        **machine,
    }


def print_tables(
    outcomes: list[Outcome], runtimes: list[Runtime], about: dict[str, Any], console: Console
) -> None:
    """Print what passed on the clock, and what the processors did meanwhile."""
    console.print(_table("Time, µs for one operation", outcomes, runtimes, None))
    console.print(_table("Processor time, µs for one operation", outcomes, runtimes, "cpu_us"))
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    console.print(
        f"Python {about['python']}, {versions}; {about['machine']}, {about['processors']} "
        f"processors, of which {about['may_use']} may be used; load {about['load_before']:.1f} "
        f"before and {about['load_after']:.1f} after. Medians of {about['rounds']} interleaved "
        f"rounds, lowest - highest; in brackets how many times ours, the median of each round's."
    )


def _table(
    title: str, outcomes: list[Outcome], runtimes: list[Runtime], figure: str | None
) -> Table:
    table = Table(title=title, show_lines=True)
    table.add_column("benchmark")
    for runtime in runtimes:
        table.add_column(runtime.name, justify="right")
    for outcome in outcomes:
        unit = outcome.case.unit
        if figure is None and outcome.figure == "bytes":
            unit = f"bytes an {unit}"
        table.add_row(
            f"[bold]{outcome.case.name}[/]\n{unit}",
            *(_cell(outcome, runtime.name, figure) for runtime in runtimes),
        )
    return table


def _cell(outcome: Outcome, name: str, figure: str | None) -> str:
    if name in outcome.missing:
        return f"[dim]{outcome.missing[name]}[/]"
    values = outcome.values(name, figure)
    if not values:
        return ""
    ratio = None if name == OURS else outcome.behind(name, figure)
    median = number(outcome.median(name, figure)) + (f" ({number(ratio)}x)" if ratio else "")
    return f"{median}\n[dim]{number(min(values))} - {number(max(values))}[/]"


def number(value: float) -> str:
    """Return a figure with as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def markdown(outcomes: list[Outcome], runtimes: list[Runtime]) -> str:
    """Return the first table in Markdown."""
    names = [runtime.name for runtime in runtimes]
    lines = [f"| | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    for outcome in outcomes:
        cells = []
        for name in names:
            if name in outcome.missing:
                cells.append(outcome.missing[name])
            else:
                cells.append(number(outcome.median(name)) if outcome.values(name) else "")
        unit = "bytes" if outcome.figure == "bytes" else f"µs a {outcome.case.unit}"
        lines.append(f"| {outcome.case.name}, {unit} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_json(outcomes: list[Outcome], about: dict[str, Any], path: Path) -> None:
    """Write every figure of every round."""
    document = {
        "about": about,
        "benchmarks": [
            {
                "name": outcome.case.name,
                "measures": outcome.case.measures,
                "unit": outcome.case.unit,
                "savina": outcome.case.savina,
                "target": getattr(outcome.case, "target", "ahead of every Python runtime"),
                "sizes": {name: outcome.sizes[name] for name in outcome.figures},
                "rounds": outcome.figures,
                "medians": {name: outcome.median(name) for name in outcome.figures},
                "times_ours": {name: outcome.behind(name) for name in outcome.figures},
                "missing": outcome.missing,
            }
            for outcome in outcomes
        ],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
